//! Statements that make what a structure has no words for, in order. A file for each part of the query that reads them.

use postgres::GenericClient;
use postgres::types::{ToSql, Type};

use super::StructureError;
use super::members::{SchemaMember, SchemaMembers};
use crate::name::SchemaName;

/// Reads the statements of a schema, with its name in them.
pub(super) fn extras(
    client: &mut impl GenericClient,
    schema: &SchemaName,
    members: &SchemaMembers,
) -> Result<Vec<String>, StructureError> {
    let name = schema.as_str();
    let lists = LISTS.map(|kinds| members.numbers(|it| kinds.contains(&it.kind.as_str())));
    let mut params: Vec<(&(dyn ToSql + Sync), Type)> = vec![(&name, Type::NAME)];
    params.extend(lists.iter().map(|list| (list as _, Type::OID_ARRAY)));
    let rows = client.query_typed(&statement(members), &params)?;
    let texts = rows.iter().map(|row| Ok(row.try_get("text")?));
    texts.collect()
}

/// The kinds of the members that `$2` and the following are the numbers of.
const LISTS: [&[&str]; 10] = [
    RELATIONS,
    TYPES,
    &["function", "aggregate"],
    &["statistics"],
    &["operator"],
    &["operator family"],
    &["operator class"],
    &["collation"],
    &["dictionary"],
    &["configuration"],
];

const RELATIONS: &[&str] = &[
    "table",
    "view",
    "materialized view",
    "sequence",
    "foreign table",
    "another relation",
];

const TYPES: &[&str] = &["enum", "domain", "range", "composite", "another type"];

/// A part of the statement, and of which members there has to be one for it.
type Needed = (fn(&SchemaMember) -> bool, &'static str);

const PARTS: &[Needed] = &[
    (is_relation, include_str!("relations.sql")),
    (is_relation, include_str!("columns.sql")),
    (is_relation, include_str!("indexes.sql")),
    (is_relation, include_str!("triggers.sql")),
    // A view has one.
    (
        |it| it.has.rules || ["view", "materialized view"].contains(&it.kind.as_str()),
        include_str!("rules.sql"),
    ),
    (|it| it.is("sequence"), include_str!("sequences.sql")),
    (|it| it.kind == "domain", include_str!("domains.sql")),
    (|it| it.kind == "statistics", include_str!("statistics.sql")),
    (
        |it| it.kind == "default privileges",
        include_str!("defaults.sql"),
    ),
    (|_| true, include_str!("comments.sql")),
];

const GRANTS: &[Needed] = &[
    (is_relation, include_str!("grants/relations.sql")),
    (
        |it| ["function", "aggregate"].contains(&it.kind.as_str()),
        include_str!("grants/functions.sql"),
    ),
    (
        |it| is_relation(it) || TYPES.contains(&it.kind.as_str()),
        include_str!("grants/types.sql"),
    ),
    (
        |it| it.kind == "statistics",
        include_str!("grants/statistics.sql"),
    ),
    (
        |it| it.kind.starts_with("operator"),
        include_str!("grants/operators.sql"),
    ),
    (
        |it| ["collation", "dictionary", "configuration"].contains(&it.kind.as_str()),
        include_str!("grants/texts.sql"),
    ),
];

fn is_relation(member: &SchemaMember) -> bool {
    RELATIONS.contains(&member.kind.as_str())
}

/// The statement for those members that there are.
fn statement(members: &SchemaMembers) -> String {
    const UNION: &str = "\nUNION ALL\n";
    let needed = |always: &'static str, parts: &[Needed]| {
        let needed = parts.iter().filter(|(is_one, _)| members.any(is_one));
        let sql: Vec<&str> = [always]
            .into_iter()
            .chain(needed.map(|(_, sql)| *sql))
            .collect();
        sql.join(UNION)
    };
    format!(
        "WITH {},\ngrants AS (\n{}\n),\nextras AS (\n{}\n)\n\
         SELECT e.text FROM extras e ORDER BY e.place, e.text",
        include_str!("frame.sql"),
        needed(include_str!("grants/schema.sql"), GRANTS),
        needed(include_str!("granted.sql"), PARTS),
    )
}
