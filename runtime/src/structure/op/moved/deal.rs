//! Rows of a shared table that each tenant gets: those that are its own, or all.

use super::sql::{
    NOT_IN_SCRATCH, TRIGGER, block, columns, look_up, number_on, refuse_difference, refuse_rows,
};
use crate::model::PlacementKind;
use crate::name::{quote_identifier, quote_literal};
use crate::structure::op::family::At;
use crate::structure::slots::qualified;
use crate::structure::{Move, MoveKind};

/// The beginning of a block that gives a tenant its rows, by which it is known not to make a difference for a new one.
pub(crate) const DEALING: &str = "$tenantry_deal$";

/// The statements that give a tenant its rows.
///
/// A tenant that is new gets none, whether it is made by the baseline or step by step: it had none before either.
pub(super) fn up(rows: &Move, at: &At) -> Vec<String> {
    let (own, shared) = (&at.table, qualified(PlacementKind::Shared, &at.name));
    let of = |alias: &str| {
        rows.whose.as_ref().map_or_else(String::new, |whose| {
            format!(" WHERE {alias}.{} = moving.owner", quote_identifier(whose))
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
        rows,
        &at.name,
        [
            &format!("FROM {own} AS a"),
            &format!("FROM {shared} AS a{}", of("a")),
        ],
    ));
    text.push(number_on(own, &rows.numbered));
    vec![block(&text.concat()).replace("$move$", DEALING)]
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
    let (whose, owned) = rows.whose.as_ref().map_or_else(Default::default, |whose| {
        let whose = quote_identifier(whose);
        (
            if rows.columns.iter().any(|it| quote_identifier(it) == whose) {
                String::new()
            } else {
                format!(", {whose}")
            },
            format!("{whose} = moving.owner"),
        )
    });
    let owner_too = if whose.is_empty() {
        ""
    } else {
        ", moving.owner"
    };
    let mut text = vec![format!(
        "{entry}    IF moving.owner IS NULL THEN\n        RETURN;\n    END IF;\n\
         \x20   ALTER TABLE {shared} DISABLE TRIGGER {TRIGGER};\n\
         \x20   DELETE FROM {shared} AS s WHERE s.{owned};\n",
        entry = look_up(""),
    )];
    for unique in &rows.uniques {
        text.push(refuse_rows(
            (name, &rows.key),
            (
                "o",
                &format!(
                    "FROM {own} AS o JOIN {shared} AS s ON {}",
                    super::sql::equal(("s", "o"), unique)
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
        "    INSERT INTO {shared} ({compared}{whose}) SELECT {}{owner_too} FROM {own} AS o;\n",
        columns("o", &rows.columns),
    ));
    text.push(refuse_difference(
        rows,
        name,
        [
            &format!("FROM {own} AS a"),
            &format!("FROM {shared} AS a WHERE a.{owned}"),
        ],
    ));
    text.push(number_on(&shared, &rows.numbered_before));
    text.push(format!(
        "    ALTER TABLE {shared} ENABLE TRIGGER {TRIGGER};\n"
    ));
    vec![block(&text.concat())]
}
