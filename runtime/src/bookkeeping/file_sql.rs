//! The SQL of a file of a migration, ready to be filled in for a tenant.

use tenantry_sql::{Slot, slots};

use super::asked_index::guarded;
use super::batches::at_once_guarded;
use super::limited::limited;
use super::taken::{TakenTable, taken};
use crate::name::SchemaName;

/// A place in a file: how many lines are before it, and how many characters in its own line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Position {
    pub(super) lines: usize,
    pub(super) characters: usize,
}

impl Position {
    /// Returns where the text ends that begins here.
    pub(crate) fn after(self, text: &str) -> Self {
        match text.rfind('\n') {
            Some(last) => Self {
                lines: self.lines + text.matches('\n').count(),
                characters: text[last + 1..].chars().count(),
            },
            None => Self {
                characters: self.characters + text.chars().count(),
                ..self
            },
        }
    }
}

/// The SQL of one file of a migration, or of a part of it, cut where a tenant's schema goes.
#[derive(Debug, Clone)]
pub(crate) struct FileSql {
    migration: String,
    file: &'static str,
    /// Where in the file it begins.
    pub(super) begin: Position,
    /// The texts between the places where a tenant's schema goes.
    pub(super) pieces: Vec<String>,
    /// Whatever matters in a schema that others use.
    pub(super) in_use: Option<InUse>,
}

/// A file for schemas that others use, so that they may be waited for.
#[derive(Debug, Clone)]
pub(super) struct InUse {
    /// The pieces for a transaction of many tenants, which is short: there all waits for one of them are limited at once.
    pub(super) among: Vec<String>,
    /// The number of locks to wait for.
    pub(super) locks: usize,
    /// The tables that it locks.
    pub(super) taken: Vec<TakenTable>,
    /// The shared schema, quoted.
    pub(super) shared: String,
}

impl FileSql {
    /// Puts the shared schema's name into SQL for a transaction, and cuts it where a tenant's goes. `CREATE INDEX IF NOT EXISTS`
    /// passes over no other index there, and what is done in batches is done for all rows.
    pub(crate) fn new(migration: &str, file: &'static str, sql: &str, shared: &SchemaName) -> Self {
        let slot = file.split('.').next().unwrap_or_default();
        let sql = at_once_guarded(sql, slot);
        Self::as_written(migration, file, &guarded(&sql), shared)
    }

    /// The same, for a schema that others use: no wait is so long that anybody's transaction is ended for it.
    pub(crate) fn in_use(
        migration: &str,
        file: &'static str,
        sql: &str,
        shared: &SchemaName,
    ) -> Self {
        let slot = file.split('.').next().unwrap_or_default();
        let sql = at_once_guarded(sql, slot);
        let (sql, taken) = (guarded(&sql), taken(&sql));
        let (limited, locks) = limited(&sql);
        Self {
            in_use: Some(InUse {
                among: Self::as_written(migration, file, &sql, shared).pieces,
                locks,
                taken,
                shared: shared.quoted(),
            }),
            ..Self::as_written(migration, file, &limited, shared)
        }
    }

    /// The number of locks to wait for in a schema that others use.
    pub(crate) fn locks(&self) -> usize {
        self.in_use.as_ref().map_or(0, |it| it.locks)
    }

    /// The same, for a statement outside of a transaction, or to be shown.
    pub(crate) fn as_written(
        migration: &str,
        file: &'static str,
        sql: &str,
        shared: &SchemaName,
    ) -> Self {
        let (mut pieces, mut piece, mut end) = (Vec::new(), String::new(), 0);
        for Slot { name, range, .. } in slots(sql).slots {
            piece.push_str(&sql[end..range.start]);
            end = range.end;
            match name {
                "tenant" => pieces.push(std::mem::take(&mut piece)),
                "shared" => piece.push_str(&shared.quoted()),
                // Nobody knows it: refused when the chain is read.
                _ => piece.push_str(&sql[range]),
            }
        }
        piece.push_str(&sql[end..]);
        pieces.push(piece);
        Self {
            migration: migration.to_owned(),
            file,
            begin: Position::default(),
            pieces,
            in_use: None,
        }
    }

    /// Says where in the file the SQL begins.
    pub(crate) fn beginning_at(self, begin: Position) -> Self {
        Self { begin, ..self }
    }

    /// Whether a word is anywhere in it, in small or capital letters.
    pub(crate) fn has_word(&self, word: &str) -> bool {
        let mut pieces = self.pieces.iter();
        pieces.any(|piece| piece.to_ascii_lowercase().contains(word))
    }

    /// The migration's id.
    pub(crate) fn migration(&self) -> &str {
        &self.migration
    }

    /// The file's path below the folder of the chain.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.migration, self.file)
    }
}
