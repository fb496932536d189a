//! Everything that is evaluated unseen when rows change, as the catalogue has it.

use postgres::Transaction;
use postgres::types::Type;
use tenantry_sql::Statement;

use super::chance::{Judge, Named};
use super::changing::Changing;
use crate::error::Result;
use crate::name::SchemaName;

/// How many rows of a relation were changed.
#[derive(Clone, Copy)]
pub(super) struct Change {
    pub(super) relation: u32,
    pub(super) inserted: i64,
    pub(super) updated: i64,
    pub(super) deleted: i64,
}

impl Change {
    /// The kinds of changes, as `pg_trigger.tgtype` has them.
    pub(super) fn events(&self) -> i32 {
        [(self.inserted, 4), (self.deleted, 8), (self.updated, 16)]
            .into_iter()
            // `TRUNCATE` sets them back.
            .filter(|(number, _)| *number != 0)
            .map(|(_, event)| event)
            .sum()
    }
}

/// Everything that is evaluated unseen when rows change.
pub(super) struct Evaluated<'c> {
    judge: Judge<'c>,
    attached: Vec<Attached>,
}

/// A default, a trigger or a rule of a table.
struct Attached {
    /// Its table; 0 for what any statement may fire.
    relation: u32,
    /// The kinds of changes that evaluate it, as `pg_trigger.tgtype` has them.
    events: i32,
    text: Option<String>,
}

impl<'c> Evaluated<'c> {
    /// Reads it from the schema, and from others by their numbers.
    pub(super) fn read(
        tx: &mut Transaction<'_>,
        (schema, others): (&SchemaName, &[u32]),
        changing: &'c Changing,
    ) -> Result<Self> {
        let rows = tx.query_typed(
            include_str!("evaluated.sql"),
            &[(&schema.as_str(), Type::NAME), (&others, Type::OID_ARRAY)],
        )?;
        let mut named = Vec::new();
        let mut attached = Vec::new();
        for row in &rows {
            let text: Option<String> = row.try_get("text")?;
            if let Some(relation) = row.try_get::<_, Option<u32>>("relation")? {
                let events = row.try_get("events")?;
                attached.push(Attached {
                    relation,
                    events,
                    text,
                });
                continue;
            }
            let is_routine = row.try_get("is_routine")?;
            let kind = if is_routine {
                Named::Routine
            } else {
                Named::Other
            };
            named.push((row.try_get("name")?, kind, text));
        }
        Ok(Self {
            judge: Judge::new(changing, named),
            attached,
        })
    }

    /// The reason why a statement may give something else another time, by what it names, in the bodies of its routines too.
    pub(super) fn named(&self, statement: &Statement<'_>, has_rows: bool) -> Option<&'static str> {
        self.judge.reason(&statement.tokens, has_rows)
    }

    /// The reason why changes of rows may give something else another time, by what they evaluate by themselves.
    pub(super) fn unseen(&self, changes: &[Change]) -> Option<String> {
        let is_evaluated = |attached: &&Attached| {
            changes.iter().any(|change| {
                [change.relation, 0].contains(&attached.relation)
                    && change.events() & attached.events != 0
            })
        };
        let mut evaluated = self.attached.iter().filter(is_evaluated);
        let reason = evaluated.find_map(|attached| self.judge.reason_of(attached.text.as_deref()));
        reason.map(|what| format!("fires a default, a rule or a trigger that {what}"))
    }
}
