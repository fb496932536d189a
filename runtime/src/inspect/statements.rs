//! SQL for what a model can't say: a piece for each thing, with slots.

use std::fmt::Write as _;

use crate::model::PlacementKind;
use crate::name::quote_identifier;
use crate::structure::{Change, Namespace, ObjectKind, ObjectName, Op, render};

/// Something that is made by SQL.
#[derive(Debug, Clone)]
pub(super) struct Handmade {
    pub(super) placement: PlacementKind,
    /// The table that it belongs to, if it belongs to one.
    pub(super) table: Option<String>,
    /// In words: create view `totals`.
    pub(super) words: String,
    pub(super) sql: Vec<String>,
}

/// Kinds that tables may need, which are made first.
const FIRST: [ObjectKind; 10] = [
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

/// Pieces of what tables may need.
pub(super) fn first(placement: PlacementKind, namespace: &Namespace) -> Vec<Handmade> {
    of_kinds(placement, namespace, |kind| FIRST.contains(&kind))
}

/// Pieces of what needs tables.
pub(super) fn then(placement: PlacementKind, namespace: &Namespace) -> Vec<Handmade> {
    let mut pieces = of_kinds(placement, namespace, |kind| !FIRST.contains(&kind));
    let sequences = namespace.objects.iter();
    let owned = sequences.filter_map(|(name, sql)| {
        let (_, owner) = sql.split_once(" /* owned by ")?;
        let owner = owner.strip_suffix(" */")?;
        let sequence = qualified(placement, &name.name);
        Some(Handmade {
            placement,
            table: None,
            words: format!("have {name} belong to `{owner}`"),
            sql: vec![format!(
                "ALTER SEQUENCE {sequence} OWNED BY {}.{owner}",
                slot(placement)
            )],
        })
    });
    pieces.extend(owned);
    pieces
}

fn of_kinds(
    placement: PlacementKind,
    namespace: &Namespace,
    is_wanted: impl Fn(ObjectKind) -> bool,
) -> Vec<Handmade> {
    let objects = namespace.objects.iter();
    let wanted = objects.filter(|(name, _)| is_wanted(name.kind));
    let pieces = wanted.filter_map(|(name, definition)| {
        let belongs = of_table(namespace, name);
        let sql = object(placement, namespace, (name, belongs), definition);
        let words = match name.kind {
            ObjectKind::Table | ObjectKind::Column => format!("{name}: {definition}"),
            _ => format!("{name}"),
        };
        (!sql.is_empty()).then(|| Handmade {
            placement,
            table: belongs.map(|(table, _)| table.to_owned()),
            words,
            sql,
        })
    });
    pieces.collect()
}

/// The table and the part of it that an object is named after.
fn of_table<'a>(namespace: &Namespace, name: &'a ObjectName) -> Option<(&'a str, &'a str)> {
    if name.kind == ObjectKind::Table {
        return Some((&name.name, ""));
    }
    let is_part = matches!(
        name.kind,
        ObjectKind::Column
            | ObjectKind::Constraint
            | ObjectKind::Index
            | ObjectKind::Trigger
            | ObjectKind::Rule
            | ObjectKind::Policy
    );
    let cuts = name.name.rmatch_indices('.');
    let mut cuts = cuts.map(|(at, _)| (&name.name[..at], &name.name[at + 1..]));
    cuts.find(|(table, _)| is_part && namespace.tables.contains_key(*table))
}

fn object(
    placement: PlacementKind,
    namespace: &Namespace,
    (name, belongs): (&ObjectName, Option<(&str, &str)>),
    definition: &str,
) -> Vec<String> {
    let Some((table, part)) = belongs else {
        let (statement, _) = definition
            .split_once(" /* owned by ")
            .unwrap_or((definition, ""));
        return vec![statement.to_owned()];
    };
    let sql_table = qualified(placement, table);
    let alter = |action: &str| format!("ALTER TABLE {sql_table} {action}");
    if definition.starts_with("INHERITED") {
        return Vec::new();
    }
    match name.kind {
        ObjectKind::Table => of_table_words(definition)
            .iter()
            .map(|action| alter(action))
            .collect(),
        ObjectKind::Column => {
            let column = namespace.tables.get(table).and_then(|it| it.column(part));
            let sql_type = column.map_or("", |it| it.sql_type.as_str());
            let sequence = format!("{table}_{part}_seq");
            let rename = renamed_sequence(definition, &sequence).map(|to| {
                format!(
                    "ALTER SEQUENCE {} RENAME TO {to}",
                    qualified(placement, &sequence)
                )
            });
            let column = quote_identifier(part);
            of_column_words(definition, sql_type)
                .iter()
                .map(|action| alter(&format!("ALTER COLUMN {column} {action}")))
                .chain(rename)
                .collect()
        }
        ObjectKind::Constraint => {
            let constraint = quote_identifier(part);
            vec![alter(&format!("ADD CONSTRAINT {constraint} {definition}"))]
        }
        ObjectKind::Trigger => {
            let (create, enabled) = definition
                .split_once(" /* enabled: ")
                .unwrap_or((definition, ""));
            let action = match enabled.chars().next() {
                Some('D') => Some("DISABLE TRIGGER"),
                Some('R') => Some("ENABLE REPLICA TRIGGER"),
                Some('A') => Some("ENABLE ALWAYS TRIGGER"),
                _ => None,
            };
            let action = action.map(|it| alter(&format!("{it} {}", quote_identifier(part))));
            [create.to_owned()].into_iter().chain(action).collect()
        }
        ObjectKind::Index => vec![definition.trim_end_matches(" (not valid)").to_owned()],
        _ => vec![definition.to_owned()],
    }
}

/// Actions that make a table unusual as these words say.
fn of_table_words(words: &str) -> Vec<String> {
    let mut actions = Vec::new();
    if words.starts_with("UNLOGGED") {
        actions.push("SET UNLOGGED".to_owned());
    }
    if let Some(options) = clause(words, "WITH (") {
        actions.push(format!("SET {}", options.trim_start_matches("WITH ")));
    }
    for word in ["ENABLE ROW LEVEL SECURITY", "FORCE ROW LEVEL SECURITY"] {
        if words.contains(word) {
            actions.push(word.to_owned());
        }
    }
    if let Some(at) = words.find("REPLICA IDENTITY ") {
        actions.push(words[at..].replacen("IDENTITY USING ", "IDENTITY USING INDEX ", 1));
    }
    actions
}

/// Actions that make a column unusual as these words say.
fn of_column_words(words: &str, sql_type: &str) -> Vec<String> {
    let after = |word: &str| {
        let at = words.find(word)? + word.len();
        words[at..].split(' ').next()
    };
    let mut actions = Vec::new();
    if let Some(collation) = words.strip_prefix("COLLATE ") {
        let collation = collation.split(' ').next().unwrap_or_default();
        actions.push(format!("TYPE {sql_type} COLLATE {collation}"));
    }
    if words.contains("GENERATED ALWAYS AS IDENTITY") {
        actions.push("SET GENERATED ALWAYS".to_owned());
    }
    if clause(words, "SEQUENCE (").is_some() {
        let mut options = String::new();
        for (word, option) in [
            (" START ", "START"),
            (" INCREMENT ", "INCREMENT"),
            (" MINVALUE ", "MINVALUE"),
            (" MAXVALUE ", "MAXVALUE"),
            (" CACHE ", "CACHE"),
        ] {
            if let Some(value) = after(word) {
                let value = value.trim_end_matches(')');
                let _ = write!(options, "SET {option} {value} ");
            }
        }
        if words.contains(" CYCLE)") {
            options += "SET CYCLE ";
        }
        actions.push(format!("{options}RESTART"));
    }
    let storage = after("STORAGE ").and_then(|letter| match letter {
        "p" => Some("PLAIN"),
        "e" => Some("EXTERNAL"),
        "x" => Some("EXTENDED"),
        "m" => Some("MAIN"),
        _ => None,
    });
    actions.extend(storage.map(|it| format!("SET STORAGE {it}")));
    let compression = after("COMPRESSION ").and_then(|letter| match letter {
        "p" => Some("pglz"),
        "l" => Some("lz4"),
        _ => None,
    });
    actions.extend(compression.map(|it| format!("SET COMPRESSION {it}")));
    if let Some(number) = after("STATISTICS ") {
        actions.push(format!("SET STATISTICS {number}"));
    }
    actions.extend(clause(words, "SET (").map(str::to_owned));
    actions
}

/// The name of an identity column's sequence, if it is not the usual one.
fn renamed_sequence(words: &str, usual: &str) -> Option<String> {
    let (_, rest) = words.split_once("SEQUENCE (SEQUENCE NAME ")?;
    let name = rest.split(" START ").next()?;
    let (_, name) = name.split_once('.')?;
    (name.trim_matches('"') != usual).then(|| name.to_owned())
}

/// `WITH (a = 1)` of a text that goes on after it.
fn clause<'a>(words: &'a str, beginning: &str) -> Option<&'a str> {
    let found = &words[words.find(beginning)?..];
    let mut depth = 0_usize;
    for (at, c) in found.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return Some(&found[..=at]),
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The piece of an operation, where the table may be unlike others.
pub(super) fn operation(op: &Op, namespace: &Namespace) -> Handmade {
    let mut sql = render(op);
    let words = ObjectName::new(ObjectKind::Table, &op.table);
    let words = namespace.objects.get(&words).map_or("", String::as_str);
    if let (Change::CreateTable { definition }, Some(create)) = (&op.change, sql.first_mut()) {
        if let Some(inherits) = clause(words, "INHERITS (") {
            let mut own = definition.clone();
            own.columns.retain(|column| {
                let name = format!("{}.{}", op.table, column.name);
                let name = ObjectName::new(ObjectKind::Column, name);
                let words = namespace.objects.get(&name);
                words.is_none_or(|words| !words.starts_with("INHERITED"))
            });
            let change = Change::CreateTable { definition: own };
            sql = render(&Op::new(op.placement, &op.table, change));
            if let Some(create) = sql.first_mut() {
                *create = format!("{create} {inherits}");
            }
        } else if let Some(partitioned) = clause(words, "PARTITION BY ") {
            *create = format!("{create} {partitioned}");
        }
    }
    Handmade {
        placement: op.placement,
        table: Some(op.table.clone()),
        words: op.to_string(),
        sql,
    }
}

/// The pieces of the partitions, which have all else from the tables that they are parts of.
pub(super) fn partitions(placement: PlacementKind, namespace: &Namespace) -> Vec<Handmade> {
    let objects = namespace.objects.iter();
    let partitions = objects.filter_map(|(name, words)| {
        let of = clause(words, "PARTITION OF (").filter(|_| name.kind == ObjectKind::Table)?;
        let after = &words[words.find(of)? + of.len()..];
        let ends = [
            " WITH (",
            " ENABLE ROW",
            " FORCE ROW",
            " REPLICA ID",
            " USING ",
        ];
        let end = ends.iter().filter_map(|word| after.find(word)).min();
        let bound = after[..end.unwrap_or(after.len())].trim();
        let parent = of.strip_prefix("PARTITION OF (")?.strip_suffix(')')?;
        let by = clause(words, "PARTITION BY ").map_or_else(String::new, |by| format!(" {by}"));
        Some(Handmade {
            placement,
            table: Some(name.name.clone()),
            words: format!("create partition `{}`", name.name),
            sql: vec![format!(
                "CREATE TABLE {} PARTITION OF {parent} {bound}{by}",
                qualified(placement, &name.name)
            )],
        })
    });
    partitions.collect()
}

fn slot(placement: PlacementKind) -> &'static str {
    match placement {
        PlacementKind::Shared => "\"{shared}\"",
        PlacementKind::Tenant => "\"{tenant}\"",
    }
}

fn qualified(placement: PlacementKind, name: &str) -> String {
    format!("{}.{}", slot(placement), quote_identifier(name))
}
