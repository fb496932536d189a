//! Statements of which it is known that the driver knows the types of their rows.
//!
//! It asks for a type that it does not know over the connection on which the rows are coming. If they are many, its question
//! waits for them to be taken, and nobody takes them before the answer: for ever, whatever becomes of the connection. So SQL that was
//! written by hand, whose types can be anything, is described before it runs for the first time, and again after it got no answer.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use postgres::types::Type;
use postgres::{Client, Column};

use super::{Gives, Statement};
use crate::error::{Error, ErrorKind};

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
        let name = self.name(statement)?;
        (!has(&self.all.known, name) && !has(&self.own, name)).then_some(name)
    }

    /// The name by which a statement is noted, if it may have rows of any types.
    fn name(&self, statement: &Statement) -> Option<u64> {
        let has_rows = matches!(statement.gives, Gives::Rows | Gives::Each);
        let is_any = has_rows && statement.model.is_none() && statement.operation == "sql";
        is_any.then(|| self.all.by.hash_one(&statement.sql))
    }

    /// Has a statement described again that got no answer: a migration may have given its columns other types since it was.
    pub(super) fn failed(&self, statement: &Statement, error: &Error) {
        if error.kind() == ErrorKind::Connection
            && let Some(name) = self.name(statement)
        {
            forget(&self.all.known, name);
            forget(&self.own, name);
        }
    }

    /// Has the blocking driver learn the types of a statement's rows before they come. `alone`: whether it is in no transaction.
    pub(super) fn learn(
        &self,
        client: &mut Client,
        (name, statement): (u64, &Statement),
        alone: bool,
    ) -> Result<(), postgres::Error> {
        let types: Vec<Type> = statement.types().collect();
        // What describes it has a name, which a pooler may have somebody else meet but within a transaction.
        if alone {
            client.batch_execute("BEGIN")?;
        }
        let prepared = client.prepare_typed(&statement.sql, &types);
        let noted = prepared.map(|it| self.described(name, it.columns()));
        if alone {
            client.batch_execute("ROLLBACK")?;
        }
        noted
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

fn forget(names: &Mutex<HashSet<u64>>, name: u64) {
    let mut names = names.lock().unwrap_or_else(PoisonError::into_inner);
    names.remove(&name);
}

fn note(names: &Mutex<HashSet<u64>>, name: u64) {
    let mut names = names.lock().unwrap_or_else(PoisonError::into_inner);
    if names.len() >= MOST {
        names.clear();
    }
    names.insert(name);
}
