//! Rows of all tenants that come to one shared table.

use super::sql::{
    block, columns, equal, look_up, number_on, refuse, refuse_difference, refuse_rows,
};
use crate::model::PlacementKind;
use crate::name::quote_identifier;
use crate::structure::Move;
use crate::structure::op::family::At;
use crate::structure::slots::qualified;

/// The statements that move a tenant's rows to the shared table.
pub(super) fn up(rows: &Move, at: &At) -> Vec<String> {
    let (own, shared) = (&at.table, qualified(PlacementKind::Shared, &at.name));
    let name = at.name.as_str();
    // A tenant without rows, as a new one, needs nothing of anybody else.
    let mut text = vec![format!(
        "    IF NOT EXISTS (SELECT FROM {own}) THEN\n        RETURN;\n    END IF;\n{}    \
         IF moving.owner IS NULL THEN\n        {}\n    END IF;\n",
        look_up(""),
        refuse(
            name,
            &format!("migrations write rows into `{name}`, which belong to no tenant yet"),
            false,
            "write them into the shared table, in a migration after this one"
        )
    )];
    for unique in collisions(rows) {
        let mut condition = equal(
            ("o", "s"),
            unique.iter().filter(|it| rows.columns.contains(it)),
        );
        for column in unique.iter().filter(|it| !rows.columns.contains(it)) {
            // The tenant's own rows of before, if somebody has written any.
            condition.extend([" AND s.", &quote_identifier(column), " = moving.owner"]);
        }
        text.push(refuse_rows(
            (name, &rows.key),
            ("o", &format!("FROM {own} AS o JOIN {shared} AS s ON {condition}")),
            &format!(
                "rows of `{name}` have the same {} as rows of other tenants that are moved already; their keys: ",
                unique.join(", ")
            ),
            "change these rows of the tenant, and migrate again; or roll back, and have the model tell tenants apart",
        ));
    }
    let (whose, owner) = rows.whose.as_ref().map_or_else(Default::default, |whose| {
        (format!(", {}", quote_identifier(whose)), ", moving.owner")
    });
    text.push(format!(
        "    INSERT INTO {shared} ({}{whose}) SELECT {}{owner} FROM {own} AS o;\n",
        columns("", &rows.columns),
        columns("o", &rows.columns),
    ));
    let moved = format!(
        "EXISTS (SELECT FROM {own} AS o WHERE {})",
        equal(("o", "a"), &rows.key)
    );
    text.push(refuse_difference(
        rows,
        name,
        [
            &format!("FROM {own} AS a"),
            &format!("FROM {shared} AS a WHERE {moved}{}", owned(rows, "a")),
        ],
    ));
    text.push(number_on(&shared, &rows.numbered));
    vec![
        format!("LOCK TABLE {own} IN SHARE ROW EXCLUSIVE MODE"),
        block(&text.concat()),
    ]
}

/// The statements that bring a tenant's rows back, as they are by now.
pub(super) fn down(rows: &Move, at: &At) -> Vec<String> {
    let (own, shared) = (&at.table, qualified(PlacementKind::Shared, &at.name));
    let name = at.name.as_str();
    let columns_of = |alias| columns(alias, &rows.columns);
    // Rows that say nothing of their tenant are known by the keys that the kept table has.
    let is_own = match &rows.whose {
        Some(whose) => format!("s.{} = moving.owner", quote_identifier(whose)),
        None => format!(
            "EXISTS (SELECT FROM {own} AS o WHERE {})",
            equal(("o", "s"), &rows.key)
        ),
    };
    let mut text = vec![format!(
        "{entry}    IF moving.owner IS NULL THEN\n        RETURN;\n    END IF;\n\
         \x20   DELETE FROM {own} AS o WHERE NOT EXISTS (SELECT FROM {shared} AS s WHERE {key}{owned});\n",
        entry = look_up(""),
        key = equal(("s", "o"), &rows.key),
        owned = owned(rows, "s"),
    )];
    let others: Vec<&String> = rows
        .columns
        .iter()
        .filter(|it| !rows.key.contains(it))
        .collect();
    if !others.is_empty() {
        text.push(format!(
            "    UPDATE {own} AS o SET ({}) = ROW({}) FROM {shared} AS s WHERE {}{} AND ROW({})::text IS DISTINCT FROM ROW({})::text;\n",
            columns("", others.iter().copied()),
            columns("s", others.iter().copied()),
            equal(("s", "o"), &rows.key),
            owned(rows, "s"),
            columns("o", others.iter().copied()),
            columns("s", others.iter().copied()),
        ));
    }
    if rows.whose.is_some() {
        text.push(format!(
            "    INSERT INTO {own} ({}) SELECT {} FROM {shared} AS s WHERE {is_own} \
             AND NOT EXISTS (SELECT FROM {own} AS o WHERE {});\n",
            columns_of(""),
            columns_of("s"),
            equal(("s", "o"), &rows.key),
        ));
    }
    text.push(refuse_difference(
        rows,
        name,
        [
            &format!("FROM {own} AS a"),
            &format!("FROM {shared} AS a WHERE {}", is_own.replace("s.", "a.")),
        ],
    ));
    text.push(format!("    DELETE FROM {shared} AS s WHERE {is_own};\n"));
    text.push(number_on(own, &rows.numbered_before));
    vec![block(&text.concat())]
}

/// The keys that rows of different tenants may share.
fn collisions(rows: &Move) -> impl Iterator<Item = &Vec<String>> {
    rows.uniques
        .iter()
        .filter(|unique| unique.iter().any(|it| rows.columns.contains(it)))
}

/// The condition that a row of the shared table is the tenant's.
fn owned(rows: &Move, alias: &str) -> String {
    rows.whose.as_ref().map_or_else(String::new, |whose| {
        format!(" AND {alias}.{} = moving.owner", quote_identifier(whose))
    })
}
