//! All that the catalogue says of a schema, as facts that compare.
//!
//! Nothing is listed that has to be compared: every column of every catalogue is, also those that a later PostgreSQL
//! brings. What is listed is what does not count, in `rows`. PostgreSQL says itself which columns are numbers of other
//! rows, and these are read as names.

mod rows;

use std::collections::BTreeMap;

use postgres::GenericClient;
use postgres::types::Type;
use serde_json::{Map, Value};

use self::rows::{CATALOGUES, Of, Rows};
use super::StructureError;
use super::members::SchemaMembers;
use crate::name::SchemaName;

/// Stand-in for the schema's name: nothing that a person writes, least of all a slot. The character is a private one.
const NAME: &str = "\u{e0e0}";

/// All that the catalogue says of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Catalogue(BTreeMap<Row, Vec<String>>);

/// Subject of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    catalogue: String,
    identity: String,
}

impl Catalogue {
    /// Reads the facts about a schema, whose name has to be unlike any other word.
    pub(crate) fn read(
        client: &mut impl GenericClient,
        schema: &SchemaName,
        members: &SchemaMembers,
    ) -> Result<Self, StructureError> {
        let sql = query(client, members)?;
        let rows = client.query_typed(&sql, &[(&schema.as_str(), Type::NAME)])?;
        let mut facts: BTreeMap<Row, Vec<String>> = BTreeMap::new();
        let text = |text: &str| text.replace(schema.as_str(), NAME);
        for row in &rows {
            let about = Row {
                catalogue: row.try_get(0)?,
                identity: text(row.try_get(1)?),
            };
            facts.entry(about).or_default().push(text(row.try_get(2)?));
        }
        Ok(Self(facts))
    }

    /// The first difference between two, in words.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        for (row, ours) in &self.0 {
            match other.0.get(row) {
                None => return Some(row.words()),
                Some(theirs) if ours != theirs => return Some(row.column(ours, theirs)),
                Some(_) => {}
            }
        }
        let more = other.0.keys().find(|row| !self.0.contains_key(row))?;
        Some(more.words())
    }
}

impl Row {
    fn words(&self) -> String {
        let text = format!("`{}` of `{}`", self.identity, self.catalogue);
        shown(&text)
    }

    /// The first column that differs.
    fn column(&self, ours: &[String], theirs: &[String]) -> String {
        let mut pairs = ours.iter().zip(theirs).filter(|(one, other)| one != other);
        let Some((one, other)) = pairs.next() else {
            return format!("the number of rows like {}", self.words());
        };
        let [one, other] = [one, other].map(|text| columns(text));
        let differing = one
            .iter()
            .find(|(name, value)| other.get(*name) != Some(value));
        let Some((name, value)) = differing else {
            return self.words();
        };
        let theirs = other.get(name).unwrap_or(&Value::Null);
        shown(&format!(
            "`{}.{name}` of `{}` (`{value}` or `{theirs}`)",
            self.catalogue, self.identity
        ))
    }
}

fn columns(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

/// As a person reads it.
fn shown(text: &str) -> String {
    text.replace(NAME, "{tenant}")
}

/// A column of a catalogue.
struct Column {
    name: String,
    sql_type: String,
    /// The catalogue whose rows it numbers.
    target: Option<String>,
    is_array: bool,
    /// The column with the relation, if it numbers columns.
    relation: Option<String>,
}

/// Catalogues with rows that belong to a schema without being direct members of it.
const ALWAYS: [&str; 7] = [
    "pg_namespace",
    "pg_class",
    "pg_type",
    "pg_constraint",
    "pg_trigger",
    "pg_rewrite",
    "pg_policy",
];

/// The statement that reads the facts, for the catalogues of this server that the schema can have rows in.
fn query(
    client: &mut impl GenericClient,
    members: &SchemaMembers,
) -> Result<String, StructureError> {
    let may_have_rows = |rows: &&Rows| {
        let of = match rows.of {
            Of::Itself => rows.catalogue,
            Of::Member(_, other) => other,
            Of::Any(..) => return true,
        };
        ALWAYS.contains(&of) || members.any(|it| it.catalogue == of)
    };
    let asked: Vec<&Rows> = CATALOGUES.iter().filter(may_have_rows).collect();
    let names: Vec<&str> = asked.iter().map(|rows| rows.catalogue).collect();
    let mut columns: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    let found = client.query_typed(include_str!("columns.sql"), &[(&names, Type::NAME_ARRAY)])?;
    for row in &found {
        let column = Column {
            name: row.try_get("name")?,
            sql_type: row.try_get("type")?,
            target: row.try_get("target")?,
            is_array: row.try_get("is_array")?,
            relation: row.try_get("relation")?,
        };
        columns
            .entry(row.try_get("catalogue")?)
            .or_default()
            .push(column);
    }
    let selects: Vec<String> = asked
        .iter()
        .filter_map(|rows| Some(select(rows, columns.get(rows.catalogue)?)))
        .collect();
    Ok(format!(
        "WITH {} {} ORDER BY 1, 2, 3",
        include_str!("members.sql"),
        selects.join("\nUNION ALL\n")
    ))
}

fn select(rows: &Rows, columns: &[Column]) -> String {
    let Rows {
        catalogue,
        identity,
        only,
        ..
    } = rows;
    let class = |name: &str| format!("'pg_catalog.{name}'::pg_catalog.regclass");
    let of = match rows.of {
        Of::Itself => format!("m.classid = {} AND m.oid = x.oid", class(catalogue)),
        Of::Member(column, other) => {
            format!("m.classid = {} AND m.oid = x.{column}", class(other))
        }
        Of::Any(classid, objid) => format!("m.classid = x.{classid} AND m.oid = x.{objid}"),
    };
    let values: Vec<String> = columns
        .iter()
        .filter_map(|column| Some(format!("'{}', {}", column.name, value(rows, column)?)))
        .collect();
    format!(
        "SELECT '{catalogue}', {identity}, pg_catalog.jsonb_build_object({})::text \
         FROM members m JOIN pg_catalog.{catalogue} x ON {of} WHERE {only}",
        values.join(", ")
    )
}

/// How a column is read; not at all if it does not count.
fn value(rows: &Rows, column: &Column) -> Option<String> {
    let name = column.name.as_str();
    if name == "oid" || rows.left_out.contains(&name) {
        return None;
    }
    let instead = rows.instead.iter().find(|(instead, _)| *instead == name);
    if let Some((_, sql)) = instead {
        return Some((*sql).to_owned());
    }
    let sql = format!("x.{name}");
    let one = |number: &str| match (&column.relation, &column.target) {
        (Some(relation), _) => Some(format!(
            "coalesce((SELECT a.attname::text FROM pg_catalog.pg_attribute a \
             WHERE a.attrelid = x.{relation} AND a.attnum = {number}), {number}::text)"
        )),
        (None, Some(target)) => Some(name_of(target, number)),
        (None, None) => None,
    };
    let number = if column.is_array { "o.number" } else { &sql };
    Some(match one(number) {
        Some(named) if column.is_array => format!(
            "ARRAY(SELECT {named} FROM pg_catalog.unnest({sql}) WITH ORDINALITY o (number, place) ORDER BY o.place)"
        ),
        Some(named) => named,
        // Its text is full of numbers. What this version of tenantry knows of is read as SQL.
        None if column.sql_type == "pg_node_tree" => format!("{sql} IS NULL"),
        None => sql,
    })
}

/// The name of a row of a catalogue, as text.
fn name_of(catalogue: &str, number: &str) -> String {
    let reg = match catalogue {
        "pg_namespace" => "regnamespace",
        "pg_authid" => "regrole",
        "pg_class" => "regclass",
        "pg_type" => "regtype",
        "pg_proc" => "regprocedure",
        "pg_operator" => "regoperator",
        "pg_collation" => "regcollation",
        "pg_ts_config" => "regconfig",
        "pg_ts_dict" => "regdictionary",
        _ => {
            return format!(
                "(pg_catalog.pg_identify_object('pg_catalog.{catalogue}'::pg_catalog.regclass, {number}, 0)).identity"
            );
        }
    };
    format!("{number}::pg_catalog.{reg}::text")
}
