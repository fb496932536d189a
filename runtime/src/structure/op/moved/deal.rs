//! Rows of a shared table that each tenant gets: those that are its own, or all.

use super::sql::{
    NOT_IN_SCRATCH, TRIGGER, block, columns, equal, kept_name, lock, look_up, number_on, refuse,
    refuse_difference, refuse_rows, unlike,
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
        "{NOT_IN_SCRATCH}{entry}    IF moving.owner IS NULL OR pg_catalog.to_regclass({regclass}) IS NULL THEN\n        \
         RETURN;\n    END IF;\n    \
         IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgname = '{TRIGGER}' AND tgenabled IN ('O', 'A') \
         AND tgrelid = pg_catalog.to_regclass({regclass})) THEN\n        {}\n    END IF;\n",
        refuse(
            &at.name,
            &format!(
                "`{}` may have been written to since it was to be kept: its trigger `{TRIGGER}` is gone or disabled",
                at.name
            ),
            false,
            "enable the trigger, or create it again, once you know that nothing was written, and migrate again"
        ),
        regclass = quote_literal(&shared),
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
        return copies_down(rows, own, &shared, name);
    }
    let Some(whose) = &rows.whose else {
        return Vec::new();
    };
    let quoted = quote_identifier(whose);
    let is_written = rows.columns.contains(whose);
    let owner = if is_written {
        format!("o.{quoted}")
    } else {
        "moving.owner".to_owned()
    };
    let kept = qualified(PlacementKind::Shared, &kept_name(name));
    let (noted, same) = (noted(at, "s", whose), equal(("o", "s"), &rows.key));
    let mut text = vec![format!(
        "{entry}    IF moving.owner IS NULL THEN\n        RETURN;\n    END IF;\n{}\
         \x20   ALTER TABLE {shared} DISABLE TRIGGER {TRIGGER};\n",
        lock(own),
        entry = look_up(""),
    )];
    text.push(refuse_others(
        rows,
        own,
        (name, &kept),
        (&owner, is_written),
    ));
    for unique in &rows.uniques {
        text.push(refuse_rows(
            (name, &rows.key),
            (
                "o",
                &format!(
                    "FROM {own} AS o JOIN {shared} AS s ON {} AND ({noted}) IS NOT TRUE",
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
    // Rows that are there stay: columns that only the kept table has would lose their values.
    text.push(format!(
        "    DELETE FROM {shared} AS s WHERE {noted} AND NOT EXISTS (SELECT FROM {own} AS o WHERE {same});\n"
    ));
    let others = rows.columns.iter().filter(|it| !rows.key.contains(it));
    let others: Vec<&String> = others.collect();
    let mut set: Vec<String> = others.iter().map(|it| quote_identifier(it)).collect();
    let mut is: Vec<String> = set.iter().map(|it| format!("o.{it}")).collect();
    let mut differ: Vec<String> = Vec::new();
    if !others.is_empty() {
        differ.push(unlike(("s", "o"), others));
    }
    if !is_written {
        set.push(quoted.clone());
        is.push(owner.clone());
        differ.push(format!("s.{quoted} IS DISTINCT FROM {owner}"));
    }
    if !set.is_empty() {
        text.push(format!(
            "    UPDATE {shared} AS s SET ({}) = ROW({}) FROM {own} AS o WHERE {same} AND {noted} AND ({});\n",
            set.join(", "),
            is.join(", "),
            differ.join(" OR ")
        ));
    }
    let (owner_column, owner_value) = if is_written {
        Default::default()
    } else {
        (format!(", {quoted}"), format!(", {owner}"))
    };
    text.push(format!(
        "    INSERT INTO {shared} ({compared}{owner_column}) SELECT {}{owner_value} FROM {own} AS o \
         WHERE NOT EXISTS (SELECT FROM {shared} AS s WHERE {same});\n\
         \x20   INSERT INTO {kept} (owner, tenant) SELECT DISTINCT {owner}, moving.entry FROM {own} AS o \
         WHERE {owner} IS NOT NULL ON CONFLICT DO NOTHING;\n",
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

/// Refuses to forget copies that have changed.
fn copies_down(rows: &Move, own: &str, shared: &str, name: &str) -> Vec<String> {
    let refused = refuse_rows(
        (name, &rows.key),
        (
            "o",
            &format!(
                "FROM {own} AS o WHERE NOT EXISTS (SELECT FROM {shared} AS s \
                     WHERE {} AND NOT ({}))",
                equal(("s", "o"), &rows.key),
                unlike(("s", "o"), &rows.columns),
            ),
        ),
        &format!(
            "the tenant has changed rows of `{name}` since it got them, and one shared table can't have the rows of each; \
                 their keys: "
        ),
        "make the shared table have what is needed of them, or change them back, and roll back again",
    );
    vec![block(&format!("{}{refused}", lock(own)))]
}

/// Refuses rows that another tenant would take for its own: it is found by the same key of a tenant.
fn refuse_others(
    rows: &Move,
    own: &str,
    (name, kept): (&str, &str),
    (owner, is_written): (&str, bool),
) -> String {
    let noted = format!("SELECT FROM {kept} AS k WHERE k.owner = {owner} AND k.tenant");
    // A key that the tenant had before may be that of another by now.
    let of_registry = if is_written {
        format!(
            " OR NOT EXISTS ({noted} = moving.entry) AND EXISTS (SELECT FROM tenantry.tenant AS t \
             WHERE t.key = {owner} AND t.id <> moving.entry AND t.state <> 'standby')"
        )
    } else {
        String::new()
    };
    let condition = format!("EXISTS ({noted} <> moving.entry){of_registry}");
    refuse_rows(
        (name, &rows.key),
        ("o", &format!("FROM {own} AS o WHERE {condition}")),
        &format!(
            "rows of `{name}` would be another tenant's in the shared table, by the key of a tenant that they get there; \
             their keys: "
        ),
        "give these rows the key of the tenant that they are of, or move them to the other one, and roll back again",
    )
}

/// The condition that a row of the shared table is the tenant's, by the key that it had when the table was frozen.
fn noted(at: &At, alias: &str, whose: &str) -> String {
    format!(
        "{alias}.{} IN (SELECT k.owner FROM {} AS k WHERE k.tenant = moving.entry)",
        quote_identifier(whose),
        qualified(PlacementKind::Shared, &kept_name(&at.name))
    )
}
