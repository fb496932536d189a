//! Enum types of a schema, and extensions of the database.

use super::family::{At, Family, Verb};
use super::state::{Misfit, add, column_mut, drop_from, missing, present};
use super::{Change, EnumColumn, Phase};
use crate::model::PlacementKind;
use crate::name::{quote_identifier, quote_literal};
use crate::structure::Namespace;
use crate::structure::names::temporary_name;
use crate::structure::slots::qualified;

/// An enum type that is made or dropped.
pub(super) struct EnumType<'a> {
    pub(super) verb: Verb,
    pub(super) labels: &'a Vec<String>,
}

/// An enum type that gets other labels, or these in another order.
pub(super) struct Relabelling<'a> {
    pub(super) from: &'a Vec<String>,
    pub(super) to: &'a Vec<String>,
    pub(super) columns: &'a Vec<EnumColumn>,
    pub(super) anew: bool,
}

/// A label that gets another name.
pub(super) struct LabelRenaming<'a> {
    pub(super) from: &'a String,
    pub(super) to: &'a String,
}

/// An extension that models ask for, or no longer.
pub(super) struct Extending<'a> {
    pub(super) verb: Verb,
    pub(super) schema: &'a String,
}

fn literal(label: &str) -> String {
    quote_literal(label).trim_start().to_owned()
}

fn create(name: &str, labels: &[String]) -> String {
    let labels: Vec<String> = labels.iter().map(|label| literal(label)).collect();
    format!("CREATE TYPE {name} AS ENUM ({})", labels.join(", "))
}

impl Family for EnumType<'_> {
    fn noun(&self) -> &'static str {
        "type"
    }

    fn words(&self, table: &str) -> String {
        format!("{} {table}", self.verb.of("create", "drop"))
    }

    fn phase(&self) -> Phase {
        self.verb.of(Phase::Types, Phase::DropTypes)
    }

    fn sql(&self, at: &At) -> Vec<String> {
        vec![match self.verb {
            Verb::Add => create(&at.table, self.labels),
            Verb::Drop => format!("DROP TYPE {}", at.table),
        }]
    }

    fn apply(&self, namespace: &mut Namespace, name: &str) -> Result<(), Misfit> {
        match self.verb {
            Verb::Add => add(&mut namespace.types, "enum type", name, self.labels),
            Verb::Drop => drop_from(&mut namespace.types, "enum type", name),
        }
    }

    fn reversed(&self) -> Change {
        let labels = self.labels.clone();
        match self.verb {
            Verb::Add => Change::DropEnum { labels },
            Verb::Drop => Change::CreateEnum { labels },
        }
    }

    fn slug(&self, name: &str) -> String {
        format!("{}_{name}", self.verb.of("create", "drop"))
    }

    fn takes_away(&self) -> bool {
        self.verb.of(false, true)
    }
}

impl Relabelling<'_> {
    /// The statements that add labels, if that is all that is to be done.
    fn added(&self, name: &str) -> Option<Vec<String>> {
        let kept = self.to.iter().filter(|label| self.from.contains(label));
        if self.anew || !kept.eq(self.from.iter()) {
            return None;
        }
        let place = |place: usize| match place.checked_sub(1) {
            Some(before) => format!("AFTER {}", literal(&self.to[before])),
            None => format!("BEFORE {}", literal(&self.from[0])),
        };
        let new = self.to.iter().enumerate();
        let new = new.filter(|(_, label)| !self.from.contains(label));
        let add = |(at, label): (usize, &String)| {
            format!(
                "ALTER TYPE {name} ADD VALUE {} {}",
                literal(label),
                place(at)
            )
        };
        Some(new.map(add).collect())
    }
}

impl Family for Relabelling<'_> {
    fn noun(&self) -> &'static str {
        "type"
    }

    fn words(&self, table: &str) -> String {
        let gone = self.from.iter().filter(|label| !self.to.contains(label));
        let new = self.to.iter().filter(|label| !self.from.contains(label));
        let said = |word: &str, labels: Vec<&String>| {
            let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
            (!labels.is_empty()).then(|| format!("{word} {}", labels.join(", ")))
        };
        let parts = [said("without", gone.collect()), said("with", new.collect())];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() {
            return format!("put the labels of {table} in another order");
        }
        format!("have {table} {}", parts.join(" and "))
    }

    fn phase(&self) -> Phase {
        Phase::Types
    }

    fn sql(&self, at: &At) -> Vec<String> {
        if let Some(added) = self.added(&at.table) {
            return added;
        }
        let former = temporary_name(&[&at.name], "former");
        let mut sql = vec![
            format!(
                "ALTER TYPE {} RENAME TO {}",
                at.table,
                quote_identifier(&former)
            ),
            create(&at.table, self.to),
        ];
        for it in self.columns {
            let column = quote_identifier(&it.column);
            let alter = format!(
                "ALTER TABLE {} ALTER COLUMN {column}",
                qualified(at.placement, &it.table)
            );
            let list = if it.is_list { "[]" } else { "" };
            sql.extend(it.before.iter().map(|_| format!("{alter} DROP DEFAULT")));
            sql.push(format!(
                "{alter} TYPE {name}{list} USING {column}::text{list}::{name}{list}",
                name = at.table
            ));
            let defaults = it.after.iter();
            sql.extend(defaults.map(|default| format!("{alter} SET DEFAULT {default}")));
        }
        sql.push(format!("DROP TYPE {}", qualified(at.placement, &former)));
        sql
    }

    fn apply(&self, namespace: &mut Namespace, name: &str) -> Result<(), Misfit> {
        let labels = namespace.types.get_mut(name);
        labels
            .ok_or_else(|| missing("enum type", name))?
            .clone_from(self.to);
        if self.anew {
            for it in self.columns {
                let column = column_mut(&mut namespace.tables, &it.table, &it.column)?;
                column.default.clone_from(&it.after);
            }
        }
        Ok(())
    }

    fn reversed(&self) -> Change {
        let turned = |it: &EnumColumn| EnumColumn {
            before: it.after.clone(),
            after: it.before.clone(),
            ..it.clone()
        };
        Change::AlterEnum {
            from: self.to.clone(),
            to: self.from.clone(),
            columns: self.columns.iter().map(turned).collect(),
            anew: self.anew,
        }
    }

    fn slug(&self, name: &str) -> String {
        format!("alter_{name}")
    }

    fn takes_away(&self) -> bool {
        self.from.iter().any(|label| !self.to.contains(label))
    }

    fn note(&self) -> Option<&'static str> {
        if self.takes_away() {
            return Some(
                "fails while a row has a label that goes away, or where a check, an index's condition, a view or a computed column \
                 compares with the type; rewrites the tables that have it under a lock",
            );
        }
        if self.added("").is_none() {
            return Some("rewrites the tables that have the type under a lock");
        }
        Some(
            "the same transaction can't use a label that it adds: whatever writes it is another migration",
        )
    }
}

impl Family for LabelRenaming<'_> {
    fn noun(&self) -> &'static str {
        "type"
    }

    fn words(&self, table: &str) -> String {
        format!("rename label `{}` of {table} to `{}`", self.from, self.to)
    }

    fn phase(&self) -> Phase {
        Phase::Rename
    }

    fn sql(&self, at: &At) -> Vec<String> {
        vec![format!(
            "ALTER TYPE {} RENAME VALUE {} TO {}",
            at.table,
            literal(self.from),
            literal(self.to)
        )]
    }

    fn apply(&self, namespace: &mut Namespace, name: &str) -> Result<(), Misfit> {
        let labels = namespace.types.get_mut(name);
        let labels = labels.ok_or_else(|| missing("enum type", name))?;
        if labels.contains(self.to) {
            return Err(present("label", self.to));
        }
        let label = labels.iter_mut().find(|label| *label == self.from);
        let label = label.ok_or_else(|| missing("label", self.from))?;
        label.clone_from(self.to);
        // A default is stored as the label that it is, and is another text from then on.
        let (from, to) = (literal(self.from), literal(self.to));
        let placements = [PlacementKind::Shared, PlacementKind::Tenant];
        let types = placements.map(|placement| qualified(placement, name));
        let columns = namespace.tables.values_mut();
        for column in columns.flat_map(|table| &mut table.columns) {
            if types.contains(&column.sql_type) && column.default.as_ref() == Some(&from) {
                column.default = Some(to.clone());
            }
        }
        Ok(())
    }

    fn reversed(&self) -> Change {
        Change::RenameEnumLabel {
            from: self.to.clone(),
            to: self.from.clone(),
        }
    }

    fn slug(&self, name: &str) -> String {
        format!("rename_{name}_label")
    }

    fn takes_away(&self) -> bool {
        true
    }

    fn note(&self) -> Option<&'static str> {
        Some("a version of the application that knows the former label can't read or write it")
    }
}

impl Family for Extending<'_> {
    fn noun(&self) -> &'static str {
        "extension"
    }

    fn words(&self, table: &str) -> String {
        match self.verb {
            Verb::Add => format!("use {table}"),
            Verb::Drop => format!("no longer use {table}, which stays"),
        }
    }

    fn phase(&self) -> Phase {
        self.verb.of(Phase::Extensions, Phase::DropTypes)
    }

    fn sql(&self, at: &At) -> Vec<String> {
        match self.verb {
            Verb::Add => vec![format!(
                "CREATE EXTENSION IF NOT EXISTS {} SCHEMA {}",
                quote_identifier(&at.name),
                quote_identifier(self.schema)
            )],
            // It is the database's, and others may use it.
            Verb::Drop => Vec::new(),
        }
    }

    fn apply(&self, namespace: &mut Namespace, name: &str) -> Result<(), Misfit> {
        match self.verb {
            Verb::Add => add(&mut namespace.extensions, "extension", name, self.schema),
            Verb::Drop => drop_from(&mut namespace.extensions, "extension", name),
        }
    }

    fn reversed(&self) -> Change {
        let schema = self.schema.clone();
        match self.verb {
            Verb::Add => Change::LeaveExtension { schema },
            Verb::Drop => Change::UseExtension { schema },
        }
    }

    fn slug(&self, name: &str) -> String {
        format!("{}_{name}", self.verb.of("use", "leave"))
    }

    fn note(&self) -> Option<&'static str> {
        self.verb.of(
            Some(
                "makes the extension unless it is there; without the right to, or without its files on the server, have somebody make it before",
            ),
            None,
        )
    }
}
