//! Cutting a statement where the schema's name goes.

use sea_query::{Alias, IntoIden, IntoTableRef, TableRef};

/// Stands for the schema while a statement is built. No name of a model contains the character.
const SLOT: &str = "\u{1}";

/// The two pieces of a statement before and after the schema's quoted name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pieces {
    pub(crate) before: String,
    pub(crate) after: String,
}

/// A table in the schema that the statement will be cut at.
pub(crate) fn in_slot(table: &str) -> TableRef {
    (Alias::new(SLOT), Alias::new(table).into_iden()).into_table_ref()
}

/// Cuts a statement that names the slot once.
pub(crate) fn cut(sql: &str) -> Pieces {
    let (before, after) = sql
        .split_once(&format!("\"{SLOT}\""))
        .expect("each fixed statement names its table through the slot");
    Pieces {
        before: before.to_owned(),
        after: after.to_owned(),
    }
}
