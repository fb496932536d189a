//! Pieces of the SQL that moves rows.
//!
//! Variables are named with their block, so that no column can be taken for one.

use crate::name::{quote_identifier, quote_literal};
use crate::structure::names::Names;

/// The trigger of a table that is kept.
pub(super) const TRIGGER: &str = "tenantry_kept";

/// The SQLSTATE of what a move refuses. Its words name no values but keys, so they are told.
pub(in crate::structure::op) const REFUSED: &str = "TN010";

/// How many rows a refusal lists.
const LISTED: u32 = 20;

/// The registry's entry of the tenant whose schema it is.
const ENTRY: &str = "FROM tenantry.tenant AS t JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema_name \
     WHERE n.oid = '\"{tenant}\"'::regnamespace AND t.state <> 'standby'";

/// Looks up the key of the tenant whose schema it is, if it has an entry on a condition.
pub(super) fn look_up(condition: &str) -> String {
    format!("    SELECT t.id, t.key INTO moving.entry, moving.owner {ENTRY}{condition};\n")
}

/// Ends a block where nothing is looked up: in the schema that the baseline is made of, which is nobody's.
pub(super) const NOT_IN_SCRATCH: &str = "    IF '\"{tenant}\"'::regnamespace::text LIKE 'tenantry\\_scratch\\_%' THEN\n        \
     RETURN;\n    END IF;\n";

/// The beginning of a block that moves rows, by which it is known to do nothing to a new tenant: that gets no rows of a table
/// that was shared, whatever it has, and has none that could be collected.
pub(crate) const MOVING: &str = "$tenantry_move$";

/// A block of statements with their variables.
pub(in crate::structure::op) fn block(statements: &str) -> String {
    format!(
        "DO {MOVING}\n<<moving>>\nDECLARE\n    entry bigint;\n    owner text;\n    found text;\n    top bigint;\nBEGIN\n{statements}END {MOVING}"
    )
}

/// The function that refuses writes to a kept table, and the table that tells which tenants its rows are dealt out to.
pub(super) fn kept_name(table: &str) -> String {
    Names::default().derive(table, &[], "kept", table)
}

/// Columns of a table that goes by an alias, as a list.
pub(super) fn columns<'a>(alias: &str, names: impl IntoIterator<Item = &'a String>) -> String {
    let names = names.into_iter();
    let columns = names.map(|name| {
        let name = quote_identifier(name);
        if alias.is_empty() {
            name
        } else {
            format!("{alias}.{name}")
        }
    });
    columns.collect::<Vec<_>>().join(", ")
}

/// The condition that two tables have the same values in columns.
pub(super) fn equal<'a>(
    (one, other): (&str, &str),
    names: impl IntoIterator<Item = &'a String>,
) -> String {
    let pairs = names.into_iter().map(|name| {
        let name = quote_identifier(name);
        format!("{one}.{name} = {other}.{name}")
    });
    pairs.collect::<Vec<_>>().join(" AND ")
}

/// The condition that values in columns of two tables are not stored alike. Text would have few digits of a float in some sessions.
pub(super) fn unlike<'a>(
    (one, other): (&str, &str),
    names: impl IntoIterator<Item = &'a String> + Clone,
) -> String {
    format!(
        "ROW({})::record OPERATOR(pg_catalog.*<>) ROW({})::record",
        columns(one, names.clone()),
        columns(other, names)
    )
}

/// Raises a refusal; the list of what was found may follow.
pub(super) fn refuse(table: &str, words: &str, is_listed: bool, help: &str) -> String {
    let list = if is_listed { " || moving.found" } else { "" };
    format!(
        "RAISE EXCEPTION USING ERRCODE = '{REFUSED}', SCHEMA = 'tenantry', TABLE = {}, MESSAGE = {}{list} || {};",
        quote_literal(table),
        quote_literal(words),
        quote_literal(&format!("\nhelp: {help}"))
    )
}

/// Refuses if a query, whose rows go by an alias, finds any, and lists their keys.
pub(in crate::structure::op) fn refuse_rows(
    (table, key): (&str, &[String]),
    (alias, from): (&str, &str),
    words: &str,
    help: &str,
) -> String {
    format!(
        "    SELECT pg_catalog.string_agg(k.key, ', ' ORDER BY k.key) INTO moving.found FROM (\
         SELECT pg_catalog.concat_ws('/', {}) AS key {from} LIMIT {LISTED}) AS k;\n\
         \x20   IF moving.found IS NOT NULL THEN\n        {}\n    END IF;\n",
        columns(alias, key),
        refuse(table, words, true, help)
    )
}

/// Refuses unless two queries, whose rows go by `a`, give the same rows: as many, with the same checksum.
pub(super) fn refuse_difference(
    columns: [&[String]; 2],
    table: &str,
    [one, other]: [&str; 2],
) -> String {
    let [first, second] = columns.map(|it| self::columns("a", it));
    let sums = "pg_catalog.concat_ws('/', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(";
    let select =
        |hashed: &str, from: &str| format!("(SELECT {sums}ROW({hashed})::text, 0))) {from})");
    format!(
        "    IF {} <> {} THEN\n        {}\n    END IF;\n",
        select(&first, one),
        select(&second, other),
        refuse(
            table,
            &format!(
                "the rows of `{table}` are not the same after they were moved, by their number and checksum"
            ),
            false,
            "look for triggers, rules or policies of the two tables that change what is written"
        )
    )
}

/// Keeps everybody else from writing to a table, so that nothing comes between what is read and what is deleted.
pub(super) fn lock(qualified: &str) -> String {
    format!("    LOCK TABLE {qualified} IN SHARE ROW EXCLUSIVE MODE;\n")
}

/// Has a table number the next row above all that it has. Never sets the number back, nor sets one that is above already:
/// another tenant's rows may be on their way, so one waits for the other.
pub(super) fn number_on<'a>(
    qualified: &str,
    numbered: impl IntoIterator<Item = &'a String>,
) -> String {
    let mut text = Vec::new();
    for column in numbered {
        let sequence = format!(
            "pg_catalog.pg_get_serial_sequence({}, {})",
            quote_literal(qualified),
            quote_literal(column)
        );
        // Only the sequence itself tells where it begins that nobody has used yet.
        text.push(format!(
            "    LOCK TABLE {qualified} IN SHARE UPDATE EXCLUSIVE MODE;\n    \
             SELECT pg_catalog.max(a.{name}) INTO moving.top FROM {qualified} AS a;\n    \
             EXECUTE pg_catalog.format('SELECT pg_catalog.setval(%1$L, $1) FROM %1$s AS q \
             WHERE $1 > q.last_value OR $1 = q.last_value AND NOT q.is_called', {sequence}) USING moving.top;\n",
            name = quote_identifier(column),
        ));
    }
    text.concat()
}
