//! Indexes.

use std::collections::BTreeMap;

use super::Change;
use super::clause::column_list;
use super::family::{At, Verb};
use super::part::Part;
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

    fn dropped(at: &At, name: &str) -> String {
        format!("DROP INDEX {}", qualified(at.placement, name))
    }

    fn words(verb: Verb, name: &str, table: &str) -> String {
        match verb {
            Verb::Add => format!("create index `{name}` on {table}"),
            Verb::Drop => format!("drop index `{name}` of {table}"),
        }
    }
}

/// Returns the statement that makes an index.
pub(in crate::structure) fn create_index(table: &str, name: &str, index: &Index) -> String {
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
