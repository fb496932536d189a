//! Statements of which it is known that the driver knows the types of their rows.
//!
//! It asks for a type that it does not know over the connection on which the rows are coming. If they are many, its question
//! waits for them to be taken, and nobody takes them before the answer: for ever, whatever becomes of the connection. So SQL that was
//! written by hand, whose types can be anything, is described before it runs for the first time.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use postgres::Column;
use postgres::types::Type;

use super::{Gives, Statement};

/// The most statements that are remembered at a time; then all are forgotten, and described again.
const MOST: usize = 50_000;

/// Statements whose rows have types that the driver knows by itself, by their texts, for all connections to a server.
#[derive(Debug, Default)]
pub(super) struct Described {
    known: Mutex<HashSet<u64>>,
    by: RandomState,
}

/// The statements that can be sent over a connection at once.
#[derive(Debug)]
pub(super) struct Describes {
    all: Arc<Described>,
    /// Statements of whose types the driver has learnt for this connection.
    own: Mutex<HashSet<u64>>,
}

impl Describes {
    pub(super) fn new(all: &Arc<Described>) -> Self {
        Self {
            all: Arc::clone(all),
            own: Mutex::default(),
        }
    }

    /// Returns by which name a statement is noted that has to be described before it is sent.
    pub(super) fn is_to_be(&self, statement: &Statement) -> Option<u64> {
        let has_rows = matches!(statement.gives, Gives::Rows | Gives::Each);
        if !has_rows || statement.model.is_some() || statement.operation != "sql" {
            return None;
        }
        let name = self.all.by.hash_one(&statement.sql);
        (!has(&self.all.known, name) && !has(&self.own, name)).then_some(name)
    }

    /// Notes that a statement was described.
    pub(super) fn described(&self, name: u64, columns: &[Column]) {
        let knows = |column: &Column| Type::from_oid(column.type_().oid()).is_some();
        if columns.iter().all(knows) {
            note(&self.all.known, name);
        } else {
            note(&self.own, name);
        }
    }
}

fn has(names: &Mutex<HashSet<u64>>, name: u64) -> bool {
    let names = names.lock().unwrap_or_else(PoisonError::into_inner);
    names.contains(&name)
}

fn note(names: &Mutex<HashSet<u64>>, name: u64) {
    let mut names = names.lock().unwrap_or_else(PoisonError::into_inner);
    if names.len() >= MOST {
        names.clear();
    }
    names.insert(name);
}
