//! Rows of all tenants that come to one shared table.

use super::sql::{
    block, columns, equal, lock, look_up, number_on, refuse, refuse_difference, refuse_rows, unlike,
};
use crate::model::PlacementKind;
use crate::name::{quote_identifier, quote_literal};
use crate::structure::op::family::At;
use crate::structure::slots::qualified;
use crate::structure::{Move, NewKeys};

/// The column of a kept table that has the new keys of its rows.
const NEW_KEY: &str = "tenantry_key";

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
    if let Some(new) = &rows.new_keys {
        text.push(give_new_keys(rows, new, (own, &shared)));
    }
    let collided = collisions(rows).map(|it| refuse_collisions(rows, it, (name, own, &shared)));
    let collided: String = collided.collect();
    text.push(collided.clone());
    let (whose, owner) = rows.whose.as_ref().map_or_else(Default::default, |whose| {
        (format!(", {}", quote_identifier(whose)), ", moving.owner")
    });
    let insert = format!(
        "    INSERT INTO {shared} ({}{whose}) SELECT {}{owner} FROM {own} AS o;\n",
        columns("", &rows.columns),
        columns("o", &sources(rows)),
    );
    // Rows of another tenant may have come since, whose move is committed only now. What is unique of some rows alone, or by
    // expressions, the server knows.
    text.push(format!(
        "    BEGIN\n{insert}    EXCEPTION WHEN unique_violation THEN\n{collided}        \
         GET STACKED DIAGNOSTICS moving.found = CONSTRAINT_NAME;\n        {}\n    END;\n",
        refuse(
            name,
            &format!("rows of `{name}` have what rows of other tenants have that are moved already, and that is unique by "),
            true,
            "look for these rows by what the index is of, change those of the tenant, and migrate again; or roll back, and have \
             the model tell tenants apart"
        )
    ));
    let moved = format!("EXISTS (SELECT FROM {own} AS o WHERE {})", same(rows, "a"));
    text.push(refuse_difference(
        [&sources(rows), &rows.columns],
        name,
        [
            &format!("FROM {own} AS a"),
            &format!("FROM {shared} AS a WHERE {moved}{}", owned(rows, "a")),
        ],
    ));
    text.push(number_on(&shared, numbered(rows, &rows.numbered)));
    let mut statements = vec![format!("LOCK TABLE {own} IN SHARE ROW EXCLUSIVE MODE")];
    if let Some(new) = &rows.new_keys {
        // Whoever writes a reference meanwhile would write the key of before.
        let tables = new
            .references
            .iter()
            .map(|it| qualified(PlacementKind::Tenant, &it.table));
        statements.extend(tables.map(|it| format!("LOCK TABLE {it} IN SHARE ROW EXCLUSIVE MODE")));
        statements.push(format!(
            "ALTER TABLE {own} ADD COLUMN {NEW_KEY} {}",
            new.sql_type
        ));
    }
    statements.push(block(&text.concat()));
    statements
}

/// The statements that bring a tenant's rows back, as they are by now.
pub(super) fn down(rows: &Move, at: &At) -> Vec<String> {
    let (own, shared) = (&at.table, qualified(PlacementKind::Shared, &at.name));
    let name = at.name.as_str();
    let (same, owned) = (same(rows, "s"), owned(rows, "s"));
    let mut text = vec![format!(
        "{}    IF moving.owner IS NULL THEN\n        RETURN;\n    END IF;\n{}\
         \x20   DELETE FROM {own} AS o WHERE NOT EXISTS (SELECT FROM {shared} AS s WHERE {same}{owned});\n",
        look_up(""),
        lock(&shared),
    )];
    let others = rows.columns.iter().filter(|it| !rows.key.contains(it));
    let others: Vec<&String> = others.collect();
    let columns_of = |alias| columns(alias, others.iter().copied());
    if !others.is_empty() {
        text.push(format!(
            "    UPDATE {own} AS o SET ({}) = ROW({from}) FROM {shared} AS s WHERE {same}{owned} \
             AND {};\n",
            columns_of(""),
            unlike(("o", "s"), others.iter().copied()),
            from = columns_of("s"),
        ));
    }
    if rows.whose.is_some() {
        text.push(format!(
            "    INSERT INTO {own} ({}) SELECT {} FROM {shared} AS s WHERE {} \
             AND NOT EXISTS (SELECT FROM {own} AS o WHERE {same});\n",
            columns("", &brought(rows)),
            columns("s", &taken(rows)),
            is_own(rows, own, "s"),
        ));
    }
    text.push(refuse_difference(
        [&sources(rows), &rows.columns],
        name,
        [
            &format!("FROM {own} AS a"),
            &format!("FROM {shared} AS a WHERE {}", is_own(rows, own, "a")),
        ],
    ));
    text.push(refuse_led_here(rows, (name, own, &shared)));
    text.push(format!(
        "    DELETE FROM {shared} AS s WHERE {};\n",
        is_own(rows, own, "s")
    ));
    if let Some(new) = &rows.new_keys {
        text.push(new_references(rows, new, own, [NEW_KEY, &rows.key[0]]));
    }
    text.push(number_on(own, numbered(rows, &rows.numbered_before)));
    let block = block(&text.concat());
    match &rows.new_keys {
        // A table that was dropped and made again does not have it.
        Some(new) => vec![
            format!(
                "ALTER TABLE {own} ADD COLUMN IF NOT EXISTS {NEW_KEY} {}",
                new.sql_type
            ),
            block,
            format!("ALTER TABLE {own} DROP COLUMN {NEW_KEY}"),
        ],
        None => vec![block],
    }
}

/// Numbers the rows as the shared table does, and has what references them follow.
fn give_new_keys(rows: &Move, new: &NewKeys, (own, shared): (&str, &str)) -> String {
    let key = if new.sql_type == "uuid" {
        "pg_catalog.gen_random_uuid()".to_owned()
    } else {
        format!(
            "pg_catalog.nextval(pg_catalog.pg_get_serial_sequence({}, {}))",
            quote_literal(shared),
            quote_literal(&rows.key[0])
        )
    };
    format!("    UPDATE {own} SET {NEW_KEY} = {key};\n")
        + &new_references(rows, new, own, [&rows.key[0], NEW_KEY])
}

/// Refuses to take rows away that rows of others reference: these would go with them, or lose their reference.
fn refuse_led_here(rows: &Move, (name, own, shared): (&str, &str, &str)) -> String {
    // The block's variables are not known in a statement that is made as it runs.
    let within = |text: &str| text.replace('%', "%%");
    let is_own = |alias: &str, own: &str| {
        if let Some(whose) = &rows.whose {
            return format!("{alias}.{} = $1", within(&quote_identifier(whose)));
        }
        let same = within(&same(rows, alias));
        format!("EXISTS (SELECT FROM {own} AS o WHERE {same})")
    };
    let found = format!(
        "SELECT pg_catalog.concat_ws('/', {}) || %1$L AS key FROM %4$s AS s JOIN %2$s AS r ON %3$s WHERE {}",
        within(&columns("s", &rows.key)),
        is_own("s", "%5$s"),
    );
    let of_others = format!(" AND ({}) IS NOT TRUE", is_own("r", "%1$s"));
    let [own, shared] = [own, shared].map(|it| format!("{}::regclass", quote_literal(it)));
    format!(
        "    SELECT pg_catalog.string_agg(pg_catalog.format({}, ' by ' || c.at, c.at, (\
         SELECT pg_catalog.string_agg(pg_catalog.format('r.%I = s.%I', ra.attname, sa.attname), ' AND ') \
         FROM unnest(f.conkey, f.confkey) AS u (r, s) \
         JOIN pg_catalog.pg_attribute AS ra ON ra.attrelid = f.conrelid AND ra.attnum = u.r \
         JOIN pg_catalog.pg_attribute AS sa ON sa.attrelid = f.confrelid AND sa.attnum = u.s), f.confrelid::regclass, {own}) \
         || CASE WHEN f.conrelid = f.confrelid THEN pg_catalog.format({}, {own}) ELSE '' END, ' UNION ALL ') INTO moving.found \
         FROM pg_catalog.pg_constraint AS f JOIN (SELECT c.oid, c.relnamespace, pg_catalog.format('%I.%I', n.nspname, c.relname) AS at \
         FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace) AS c ON c.oid = f.conrelid \
         WHERE f.contype = 'f' AND f.conparentid = 0 AND f.confrelid = {shared} \
         AND c.relnamespace <> '\"{{tenant}}\"'::regnamespace;\n    \
         IF moving.found IS NOT NULL THEN\n        \
         EXECUTE 'SELECT pg_catalog.string_agg(k.key, '', '' ORDER BY k.key) FROM (SELECT DISTINCT k.key FROM (' \
         || moving.found || ') AS k LIMIT 20) AS k' INTO moving.found USING moving.owner;\n        \
         IF moving.found IS NOT NULL THEN\n            {}\n        END IF;\n    END IF;\n",
        quote_literal(&found),
        quote_literal(&of_others),
        refuse(
            name,
            &format!(
                "rows of others reference the tenant's rows of `{name}`, which go back to it; their keys: "
            ),
            true,
            "delete these references, or have them lead elsewhere, and roll back again"
        )
    )
}

/// The columns that are numbered on: new keys come from the table's own numbers.
fn numbered<'a>(rows: &'a Move, columns: &'a [String]) -> impl Iterator<Item = &'a String> {
    let is_new = |column: &&String| rows.new_keys.is_some() && rows.key.contains(column);
    columns.iter().filter(move |it| !is_new(it))
}

/// Has references to the rows have other keys of theirs.
fn new_references(rows: &Move, new: &NewKeys, own: &str, [from, to]: [&str; 2]) -> String {
    let (from, to) = (quote_identifier(from), quote_identifier(to));
    let updates = new.references.iter().map(|reference| {
        let table = qualified(PlacementKind::Tenant, &reference.table);
        let column = quote_identifier(&reference.column);
        format!(
            "    UPDATE {table} AS r SET {column} = o.{to} FROM {own} AS o WHERE r.{column} = o.{from};\n"
        )
    });
    debug_assert_eq!(rows.key.len(), 1, "keys of several columns are not new");
    updates.collect()
}

fn refuse_collisions(
    rows: &Move,
    unique: &[String],
    (name, own, shared): (&str, &str, &str),
) -> String {
    let mut condition = equal(
        ("o", "s"),
        unique.iter().filter(|it| rows.columns.contains(it)),
    );
    for column in unique.iter().filter(|it| !rows.columns.contains(it)) {
        // The tenant's own rows of before, if somebody has written any.
        condition.extend([" AND s.", &quote_identifier(column), " = moving.owner"]);
    }
    refuse_rows(
        (name, &rows.key),
        (
            "o",
            &format!("FROM {own} AS o JOIN {shared} AS s ON {condition}"),
        ),
        &format!(
            "rows of `{name}` have the same {} as rows of other tenants that are moved already; their keys: ",
            unique.join(", ")
        ),
        "change these rows of the tenant, and migrate again; or roll back, and have the model tell tenants apart, or the rows get \
         new keys",
    )
}

/// The keys that rows of different tenants may share.
fn collisions(rows: &Move) -> impl Iterator<Item = &Vec<String>> {
    rows.uniques.iter().filter(|unique| {
        let is_new = rows.new_keys.is_some() && **unique == rows.key;
        !is_new && unique.iter().any(|it| rows.columns.contains(it))
    })
}

/// The columns of the tenant's table whose values the shared table's columns get.
fn sources(rows: &Move) -> Vec<String> {
    let columns = rows.columns.iter().map(|column| {
        if rows.new_keys.is_some() && rows.key.contains(column) {
            NEW_KEY.to_owned()
        } else {
            column.clone()
        }
    });
    columns.collect()
}

/// The columns that a new row of the shared table is brought back into: where keys are new, the tenant's table gives it one.
fn brought(rows: &Move) -> Vec<String> {
    let mut columns = sources(rows);
    if gives_uuids(rows) {
        columns.extend(rows.key.iter().cloned());
    }
    columns
}

fn taken(rows: &Move) -> Vec<String> {
    let mut columns = rows.columns.clone();
    if gives_uuids(rows) {
        columns.extend(rows.key.iter().cloned());
    }
    columns
}

fn gives_uuids(rows: &Move) -> bool {
    let new = rows.new_keys.as_ref();
    new.is_some_and(|new| new.sql_type == "uuid")
}

/// The condition that a row of the shared table is that of the tenant's table, `o`.
fn same(rows: &Move, alias: &str) -> String {
    match rows.new_keys {
        Some(_) => format!("o.{NEW_KEY} = {alias}.{}", columns("", &rows.key)),
        None => equal(("o", alias), &rows.key),
    }
}

/// The condition that a row of the shared table is the tenant's. One that says nothing of its tenant is known by its key.
fn is_own(rows: &Move, own: &str, alias: &str) -> String {
    match &rows.whose {
        Some(whose) => format!("{alias}.{} = moving.owner", quote_identifier(whose)),
        None => format!(
            "EXISTS (SELECT FROM {own} AS o WHERE {})",
            same(rows, alias)
        ),
    }
}

/// The same, where it is known to have the key of a row of the tenant's.
fn owned(rows: &Move, alias: &str) -> String {
    rows.whose.as_ref().map_or_else(String::new, |whose| {
        format!(" AND {alias}.{} = moving.owner", quote_identifier(whose))
    })
}
