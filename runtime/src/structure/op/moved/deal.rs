//! Rows of a shared table that each tenant gets: those that are its own, or all.

use super::sql::{
    NOT_IN_SCRATCH, TRIGGER, block, columns, equal, kept_name, look_up, number_on,
    refuse_difference, refuse_rows,
};
use crate::model::PlacementKind;
use crate::name::{quote_identifier, quote_literal};
use crate::structure::op::family::At;
use crate::structure::slots::qualified;
use crate::structure::{Move, MoveKind};

/// The statements that give a tenant its rows.
///
/// A tenant that is new gets none, whether it is made by the baseline or step by step: it had none before either.
pub(super) fn up(rows: &Move, at: &At) -> Vec<String> {
    let (own, shared) = (&at.table, qualified(PlacementKind::Shared, &at.name));
    let of = |alias: &str| {
        rows.whose.as_ref().map_or_else(String::new, |whose| {
            format!(" WHERE {}", noted(at, alias, whose))
        })
    };
    let mut text = vec![format!(
        "{NOT_IN_SCRATCH}{entry}    IF moving.owner IS NULL OR NOT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgname = '{TRIGGER}' \
         AND tgrelid = pg_catalog.to_regclass({})) THEN\n        RETURN;\n    END IF;\n",
        quote_literal(&shared),
        entry = look_up(" AND t.created_at < pg_catalog.now()"),
    )];
    text.push(format!(
        "    INSERT INTO {own} ({}) SELECT {} FROM {shared} AS s{};\n",
        columns("", &rows.columns),
        columns("s", &rows.columns),
        of("s"),
    ));
    text.push(refuse_difference(
        [&rows.columns, &rows.columns],
        &at.name,
        [
            &format!("FROM {own} AS a"),
            &format!("FROM {shared} AS a{}", of("a")),
        ],
    ));
    text.push(number_on(own, &rows.numbered));
    vec![block(&text.concat())]
}

/// The statements that bring a tenant's rows back, as they are by now, or refuse if copies have changed.
pub(super) fn down(rows: &Move, at: &At) -> Vec<String> {
    let (own, shared) = (&at.table, qualified(PlacementKind::Shared, &at.name));
    let name = at.name.as_str();
    let compared = columns("", &rows.columns);
    if rows.how == MoveKind::Copy {
        let text = refuse_rows(
            (name, &rows.key),
            (
                "o",
                &format!(
                    "FROM {own} AS o WHERE NOT EXISTS (SELECT FROM {shared} AS s \
                     WHERE ROW({})::text = ROW({})::text)",
                    columns("s", &rows.columns),
                    columns("o", &rows.columns),
                ),
            ),
            &format!(
                "the tenant has changed rows of `{name}` since it got them, and one shared table can't have the rows of each; \
                 their keys: "
            ),
            "make the shared table have what is needed of them, or change them back, and roll back again",
        );
        return vec![block(&text)];
    }
    let Some(whose) = &rows.whose else {
        return Vec::new();
    };
    let quoted = quote_identifier(whose);
    let (owner_column, owner) = if rows.columns.contains(whose) {
        (String::new(), "")
    } else {
        (format!(", {quoted}"), ", moving.owner")
    };
    let mut text = vec![format!(
        "{entry}    IF moving.owner IS NULL THEN\n        RETURN;\n    END IF;\n\
         \x20   ALTER TABLE {shared} DISABLE TRIGGER {TRIGGER};\n\
         \x20   DELETE FROM {shared} AS s WHERE {noted};\n",
        entry = look_up(""),
        noted = noted(at, "s", whose),
    )];
    for unique in &rows.uniques {
        text.push(refuse_rows(
            (name, &rows.key),
            (
                "o",
                &format!(
                    "FROM {own} AS o JOIN {shared} AS s ON {}",
                    equal(("s", "o"), unique)
                ),
            ),
            &format!(
                "rows of `{name}` have the same {} as rows of other tenants; their keys: ",
                unique.join(", ")
            ),
            "change these rows of the tenant, and roll back again",
        ));
    }
    text.push(format!(
        "    INSERT INTO {shared} ({compared}{owner_column}) SELECT {}{owner} FROM {own} AS o;\n",
        columns("o", &rows.columns),
    ));
    text.push(refuse_difference(
        [&rows.columns, &rows.columns],
        name,
        [
            &format!("FROM {own} AS a"),
            &format!(
                "FROM {shared} AS a WHERE EXISTS (SELECT FROM {own} AS o WHERE {})",
                equal(("o", "a"), &rows.key)
            ),
        ],
    ));
    text.push(number_on(&shared, &rows.numbered_before));
    text.push(format!(
        "    ALTER TABLE {shared} ENABLE TRIGGER {TRIGGER};\n"
    ));
    vec![block(&text.concat())]
}

/// The condition that a row of the shared table is the tenant's, by the key that it had when the table was frozen.
fn noted(at: &At, alias: &str, whose: &str) -> String {
    format!(
        "{alias}.{} IN (SELECT k.owner FROM {} AS k WHERE k.tenant = moving.entry)",
        quote_identifier(whose),
        qualified(PlacementKind::Shared, &kept_name(&at.name))
    )
}
