//! Indexes, and exclusion constraints.

use std::collections::BTreeMap;

use super::Change;
use super::clause::{add_constraint, column_list};
use super::family::{At, Verb};
use super::part::{Part, drop_constraint};
use crate::name::quote_identifier;
use crate::structure::slots::qualified;
use crate::structure::{Index, IndexKey, IndexPart, Nulls, Table};

impl Part for Index {
    const KIND: &str = "index";

    fn of(table: &mut Table) -> &mut BTreeMap<String, Self> {
        &mut table.indexes
    }

    fn change(self, verb: Verb, name: String) -> Change {
        let definition = self;
        match verb {
            Verb::Add => Change::CreateIndex { name, definition },
            Verb::Drop => Change::DropIndex { name, definition },
        }
    }

    fn added(&self, at: &At, name: &str) -> String {
        create_index(&at.table, name, self)
    }

    fn dropped(&self, at: &At, name: &str) -> String {
        if self.excludes() {
            return drop_constraint(at, name);
        }
        format!("DROP INDEX {}", qualified(at.placement, name))
    }

    fn note(&self) -> Option<&'static str> {
        self.excludes().then_some(
            "fails while rows are there that it excludes, and builds its index while nobody can read or write the table: PostgreSQL has no \
             other way, so do it while few use a table that is big",
        )
    }

    fn words(&self, verb: Verb, name: &str, table: &str) -> String {
        match verb {
            Verb::Add if self.excludes() => {
                format!("add exclusion constraint `{name}` to {table}")
            }
            Verb::Drop if self.excludes() => {
                format!("drop exclusion constraint `{name}` from {table}")
            }
            Verb::Add => format!("create index `{name}` on {table}"),
            Verb::Drop => format!("drop index `{name}` of {table}"),
        }
    }
}

/// Returns the statement that makes an index, or an exclusion constraint.
pub(in crate::structure) fn create_index(table: &str, name: &str, index: &Index) -> String {
    if index.excludes() {
        return add_constraint(table, &exclusion(name, index));
    }
    let parts: Vec<String> = index.parts.iter().map(index_part).collect();
    let optional = |is_there: bool, sql: &'static str| if is_there { sql } else { "" };
    [
        optional(index.unique, "UNIQUE "),
        &format!("INDEX {} ON {table}", quote_identifier(name)),
        &following(" USING ", index.method.as_deref().map(quote_identifier)),
        &format!(" ({})", parts.join(", ")),
        &following(
            " INCLUDE ",
            (!index.include.is_empty()).then(|| column_list(&index.include)),
        ),
        optional(index.nulls_not_distinct, " NULLS NOT DISTINCT"),
        &following(" WHERE ", index.filter.clone()),
    ]
    .iter()
    .fold("CREATE ".to_owned(), |sql, piece| sql + piece)
}

/// Returns the clause of an exclusion constraint.
fn exclusion(name: &str, index: &Index) -> String {
    let parts = index.parts.iter().zip(&index.operators);
    let parts: Vec<String> = parts
        .map(|(part, operator)| format!("{} WITH {operator}", index_part(part)))
        .collect();
    let filter = index.filter.as_ref().map(|sql| format!("({sql})"));
    [
        format!("CONSTRAINT {} EXCLUDE", quote_identifier(name)),
        following(" USING ", index.method.as_deref().map(quote_identifier)),
        format!(" ({})", parts.join(", ")),
        following(
            " INCLUDE ",
            (!index.include.is_empty()).then(|| column_list(&index.include)),
        ),
        following(" WHERE ", filter),
    ]
    .concat()
}

fn index_part(part: &IndexPart) -> String {
    let key = match &part.key {
        IndexKey::Column(name) => quote_identifier(name),
        IndexKey::Expression(expression) => format!("({expression})"),
    };
    let nulls = match part.nulls {
        Some(Nulls::First) => " NULLS FIRST",
        Some(Nulls::Last) => " NULLS LAST",
        None => "",
    };
    [
        &*key,
        &following(" ", part.opclass.clone()),
        if part.descending { " DESC" } else { "" },
        nulls,
    ]
    .concat()
}

/// Words and what follows them, or nothing if nothing follows them.
fn following(words: &str, sql: Option<String>) -> String {
    sql.map(|sql| [words, &sql].concat()).unwrap_or_default()
}
