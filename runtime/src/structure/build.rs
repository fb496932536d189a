//! A schema as the statements that make it at once, without its history.
//!
//! It is what a person would write: few statements, constraints inside their tables. Foreign keys to the shared schema come
//! last, for each locks the shared table that it references until the end of the transaction.

use std::collections::{BTreeMap, BTreeSet};

use super::contested::{Chosen, Contested};
use super::op::{IDENTITY, add_constraint, column_sql, comment, create_index};
use super::slots::qualified;
use super::{Column, ForeignKey, Namespace, ObjectKind, ObjectName, Table};
use crate::model::PlacementKind;
use crate::name::quote_identifier;

/// The statements that make a tenant's schema, in an order that fits most; some may have to come later than they do.
pub(crate) struct Built {
    /// Types, functions and tables. After these, rows can be put into the tables that were said to be filled.
    pub(crate) first: Vec<String>,
    /// Objects that check rows or act on them, and those that need tables.
    pub(crate) then: Vec<String>,
    /// The foreign keys to shared tables.
    pub(crate) last: Vec<String>,
}

/// Returns the statements that make a tenant's schema, some tables of which are going to have rows.
pub(crate) fn build(
    namespace: &Namespace,
    filled: &BTreeSet<&str>,
    contested: &Contested,
) -> Built {
    let mut first = objects(namespace, &BEFORE, contested);
    let mut then = Vec::new();
    let mut keys = Vec::new();
    let mut last = Vec::new();
    let mut made = BTreeSet::new();
    for (name, table) in in_order(&namespace.tables) {
        made.insert(name);
        let sql_name = qualified(PlacementKind::Tenant, name);
        let mut inside: Vec<String> = table
            .columns
            .iter()
            .filter_map(|column| column_of(namespace, name, column))
            .collect();
        let mut after = Vec::new();
        let (table, chosen) = contested.take(namespace, (name, &sql_name), table);
        constraints(&table, &mut inside, &mut after);
        for (key_name, key) in &table.foreign_keys {
            let is_near = key.target.placement == PlacementKind::Tenant;
            let is_inside = made.contains(key.target.table.as_str())
                && !key.not_valid
                && !filled.contains(name);
            let (clause, is_contested) = contested.foreign_key(name, key_name, key);
            if !is_near {
                last.push(add_constraint(&sql_name, &clause));
            } else if is_contested {
                keys.push(add_constraint(&sql_name, &clause));
            } else if is_inside {
                inside.push(clause);
            } else {
                after.push(clause);
            }
        }
        first.push(create(namespace, name, &sql_name, &inside));
        then.extend(chosen.into_iter().map(|chosen| match chosen {
            Chosen::Statement(sql) => sql,
            Chosen::Object(name) => object(namespace, &name, &namespace.objects[&name]),
        }));
        then.extend(
            after
                .iter()
                .map(|constraint| add_constraint(&sql_name, constraint)),
        );
        for (index_name, index) in &table.indexes {
            then.push(create_index(&sql_name, index_name, index));
        }
        then.extend(comments(&sql_name, &table));
    }
    then.extend(keys);
    then.extend(objects(namespace, &AFTER, contested));
    Built { first, then, last }
}

/// Objects that tables may need, and those that need tables, each with a statement as its definition.
const BEFORE: [ObjectKind; 10] = [
    ObjectKind::Collation,
    ObjectKind::Type,
    ObjectKind::Sequence,
    ObjectKind::Function,
    ObjectKind::Operator,
    ObjectKind::OperatorFamily,
    ObjectKind::OperatorClass,
    ObjectKind::Dictionary,
    ObjectKind::SearchConfiguration,
    ObjectKind::ForeignTable,
];

/// Beginning of the definition of something that comes from a parent table.
const INHERITED: &str = "INHERITED";
const AFTER: [ObjectKind; 8] = [
    ObjectKind::Constraint,
    ObjectKind::Index,
    ObjectKind::View,
    ObjectKind::MaterializedView,
    ObjectKind::Statistics,
    ObjectKind::Rule,
    ObjectKind::Trigger,
    ObjectKind::Policy,
];

fn objects(namespace: &Namespace, kinds: &[ObjectKind], contested: &Contested) -> Vec<String> {
    let mut statements = Vec::new();
    for kind in kinds {
        let of_kind = namespace.objects.iter();
        let of_kind = of_kind.filter(|(name, words)| {
            name.kind == *kind && !words.starts_with(INHERITED) && !contested.has(name)
        });
        statements.extend(of_kind.map(|(name, definition)| object(namespace, name, definition)));
    }
    statements
}

/// Returns the statement that makes an object.
fn object(namespace: &Namespace, name: &ObjectName, definition: &str) -> String {
    if name.kind == ObjectKind::Constraint
        && let Some((table, constraint)) = cut(namespace, &name.name)
    {
        let table = qualified(PlacementKind::Tenant, table);
        let constraint = quote_identifier(constraint);
        return add_constraint(&table, &format!("CONSTRAINT {constraint} {definition}"));
    }
    definition.to_owned()
}

/// Cuts the name of what belongs to a table where the table's name ends, which may have dots in it.
fn cut<'a>(namespace: &Namespace, name: &'a str) -> Option<(&'a str, &'a str)> {
    let mut cuts = name
        .rmatch_indices('.')
        .map(|(at, _)| (&name[..at], &name[at + 1..]));
    cuts.find(|(table, _)| namespace.tables.contains_key(*table))
        .or_else(|| name.split_once('.'))
}

/// The tables, each after those that it references where that is possible.
fn in_order(tables: &BTreeMap<String, Table>) -> Vec<(&str, &Table)> {
    fn visit<'a>(
        name: &'a str,
        tables: &'a BTreeMap<String, Table>,
        seen: &mut BTreeSet<&'a str>,
        order: &mut Vec<(&'a str, &'a Table)>,
    ) {
        let Some(table) = tables.get(name) else {
            return;
        };
        if !seen.insert(name) {
            return;
        }
        for target in table.foreign_keys.values().filter_map(near_target) {
            visit(target, tables, seen, order);
        }
        order.push((name, table));
    }
    let mut order = Vec::with_capacity(tables.len());
    let mut seen = BTreeSet::new();
    for name in tables.keys() {
        visit(name, tables, &mut seen, &mut order);
    }
    order
}

fn near_target(key: &ForeignKey) -> Option<&str> {
    let is_near = key.target.placement == PlacementKind::Tenant;
    is_near.then_some(key.target.table.as_str())
}

fn create(namespace: &Namespace, name: &str, sql_name: &str, inside: &[String]) -> String {
    let words = words_about(namespace, ObjectKind::Table, name);
    let unlogged = if words.starts_with("UNLOGGED") {
        "UNLOGGED "
    } else {
        ""
    };
    // Of what is unusual about a table, this can't be said afterwards.
    let clause = |beginning: &str| {
        let found = words.find(beginning);
        found.map_or_else(String::new, |at| format!(" {}", clause(&words[at..])))
    };
    let inherits = clause("INHERITS (");
    let partitioned = clause("PARTITION BY ");
    let columns = match inside {
        [] => "()".to_owned(),
        inside => format!("(\n    {}\n)", inside.join(",\n    ")),
    };
    format!("CREATE {unlogged}TABLE {sql_name} {columns}{inherits}{partitioned}")
}

/// `PARTITION BY RANGE (a)` of a text that goes on after it.
fn clause(words: &str) -> &str {
    let mut depth = 0_usize;
    for (at, c) in words.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return &words[..=at],
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    words
}

fn words_about<'a>(namespace: &'a Namespace, kind: ObjectKind, name: &str) -> &'a str {
    let found = namespace.objects.get(&ObjectName::new(kind, name));
    found.map_or("", String::as_str)
}

/// A column as it stands in its table, unless it comes from a parent.
fn column_of(namespace: &Namespace, table: &str, column: &Column) -> Option<String> {
    let name = format!("{table}.{}", column.name);
    let words = words_about(namespace, ObjectKind::Column, &name);
    if words.starts_with(INHERITED) {
        return None;
    }
    let mut sql = column_sql(column);
    if let Some(collation) = words.strip_prefix("COLLATE ") {
        let collation = collation.split(' ').next().unwrap_or_default();
        // It belongs to the type, which comes right after the name.
        let typed = format!("{} {}", quote_identifier(&column.name), column.sql_type);
        sql = sql.replacen(&typed, &format!("{typed} COLLATE {collation}"), 1);
    }
    if let Some(named) = not_null(words)
        && let Some(anonymous) = sql.strip_suffix(NOT_NULL)
    {
        sql = format!("{anonymous} {named}");
    }
    if column.identity {
        let mut identity = IDENTITY.to_owned();
        if words.contains("GENERATED ALWAYS AS IDENTITY") {
            identity = identity.replace("BY DEFAULT", "ALWAYS");
        }
        if let Some(at) = words.find("SEQUENCE (") {
            let options = clause(&words[at..]);
            identity = format!("{identity} {}", options.trim_start_matches("SEQUENCE "));
        }
        sql = sql.replacen(IDENTITY, &identity, 1);
    } else if let Some(at) = words.find("GENERATED ALWAYS AS (") {
        sql = format!("{sql} {}", &words[at..]);
    }
    Some(sql)
}

const NOT_NULL: &str = " NOT NULL";

/// `CONSTRAINT a NOT NULL` where it has a name of its own.
fn not_null(words: &str) -> Option<&str> {
    let named = &words[words.find("CONSTRAINT ")?..];
    let end = named.find(NOT_NULL)? + NOT_NULL.len();
    let inherit = " NO INHERIT";
    let end = if named[end..].starts_with(inherit) {
        end + inherit.len()
    } else {
        end
    };
    Some(&named[..end])
}

fn constraints(table: &Table, inside: &mut Vec<String>, after: &mut Vec<String>) {
    let (within, outside) = super::op::constraints(table);
    inside.extend(within);
    after.extend(outside);
}

fn comments(sql_name: &str, table: &Table) -> Vec<String> {
    let of_table = table.comment.as_deref().map(|text| (None, text));
    let of_columns = table
        .columns
        .iter()
        .filter_map(|column| Some((Some(column.name.as_str()), column.comment.as_deref()?)));
    of_table
        .into_iter()
        .chain(of_columns)
        .map(|(column, text)| comment(sql_name, column, Some(text)))
        .collect()
}
