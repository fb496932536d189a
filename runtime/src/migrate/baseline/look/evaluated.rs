//! Everything that is evaluated unseen when rows change, as the catalogue has it.

use postgres::Transaction;
use postgres::types::Type;
use tenantry_sql::{Statement, Token};

use super::chance::{Judge, Named};
use super::changing::ChangingFunctions;
use super::naming::{FINDING, NAMING, Naming};
use crate::error::Result;
use crate::name::SchemaName;

/// How many rows of a relation were changed.
#[derive(Clone, Copy)]
pub(in crate::migrate::baseline) struct RelationChange {
    pub(in crate::migrate::baseline) relation: u32,
    pub(in crate::migrate::baseline) inserted: i64,
    pub(in crate::migrate::baseline) updated: i64,
    pub(in crate::migrate::baseline) deleted: i64,
}

impl RelationChange {
    /// A change of all kinds.
    pub(super) fn of_all(relation: u32) -> Self {
        Self {
            relation,
            inserted: 1,
            updated: 1,
            deleted: 1,
        }
    }

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
    schema: &'c SchemaName,
    judge: Judge<'c>,
    /// Things that are called by name, with their texts.
    named: Vec<(String, Named, Option<String>)>,
    attached: Vec<Attached>,
}

/// A default, a trigger or a rule of a table.
struct Attached {
    /// Its table; 0 for what any statement may fire.
    relation: u32,
    /// The kinds of changes that evaluate it, as `pg_trigger.tgtype` has them.
    events: i32,
    text: Option<String>,
    /// The column of a default that gives a value that is never the same twice.
    unlike: Option<(i16, String)>,
}

impl<'c> Evaluated<'c> {
    /// Reads it from the schema, and from others by their numbers.
    pub(super) fn read(
        tx: &mut Transaction<'_>,
        (schema, others): (&'c SchemaName, &[u32]),
        changing: &'c ChangingFunctions,
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
                    unlike: match row.try_get("unlike")? {
                        Some(number) => Some((number, row.try_get("name")?)),
                        None => None,
                    },
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
            schema,
            judge: Judge::new(changing, named.clone()),
            named,
            attached,
        })
    }

    /// The reason why a statement may give something else another time, by what it names, in the bodies of its routines too.
    pub(super) fn named(&self, statement: &Statement<'_>, has_rows: bool) -> Option<&'static str> {
        self.judge.reason(&statement.tokens, has_rows)
    }

    /// The reason why changes of rows may give something else another time, by what they evaluate by themselves.
    pub(super) fn unseen(&self, changes: &[RelationChange]) -> Option<String> {
        let mut evaluated = self.fired(changes).filter(|it| it.unlike.is_none());
        let reason = evaluated.find_map(|attached| self.judge.reason_of(attached.text.as_deref()));
        reason.map(fires)
    }

    /// Columns of tables that a statement inserts into whose defaults give values that are never the same twice: with them two replays tell.
    pub(super) fn unlike(
        &self,
        statement: Option<&Statement<'_>>,
        changes: &[RelationChange],
    ) -> Vec<(u32, i16)> {
        let is_inserted = |relation| {
            let mut changes = changes.iter();
            changes.any(|it| it.relation == relation && it.inserted > 0)
        };
        let given = statement.map_or_else(Vec::new, given);
        let fired = self.fired(changes).filter_map(|it| {
            let (number, name) = it.unlike.as_ref()?;
            let is_given = given.contains(name);
            (!is_given && is_inserted(it.relation)).then_some((it.relation, *number))
        });
        fired.collect()
    }

    /// The reason why a statement, or what its changes of rows evaluate by themselves, may do something else in a schema of another name.
    pub(super) fn naming(
        &self,
        statement: Option<&Statement<'_>>,
        changes: &[RelationChange],
        has_read: bool,
    ) -> Option<String> {
        let named = self.named.iter();
        let texts = named.filter_map(|(name, kind, text)| Some((&**name, *kind, text.as_deref()?)));
        let naming = Naming::new(self.schema.as_str(), &texts);
        if statement.is_some_and(|it| naming.is_looked_at(&it.tokens)) {
            return Some(NAMING.to_owned());
        }
        if has_read && statement.is_some_and(|it| naming.finds_by_it(&it.tokens)) {
            return Some(FINDING.to_owned());
        }
        let mut evaluated = self.fired(changes).filter_map(|it| it.text.as_deref());
        let is_fired = evaluated.any(|text| naming.is_evaluated(text, has_read));
        is_fired.then(|| fires(NAMING))
    }

    fn fired(&self, changes: &[RelationChange]) -> impl Iterator<Item = &Attached> {
        self.attached.iter().filter(|attached| {
            changes.iter().any(|change| {
                [change.relation, 0].contains(&attached.relation)
                    && change.events() & attached.events != 0
            })
        })
    }
}

fn fires(what: &str) -> String {
    format!("fires a default, a rule or a trigger that {what}")
}

/// The columns that an `INSERT` names and gives values of its own.
fn given(statement: &Statement<'_>) -> Vec<String> {
    let tokens = &statement.tokens;
    let has_defaults = tokens.iter().any(|it| it.is("default"));
    if has_defaults || !statement.begins(&["insert", "into"]) {
        return Vec::new();
    }
    // After the name of the table and its schema.
    let list = tokens
        .iter()
        .skip(2)
        .skip_while(|it| it.name().is_some() || it.is_sign("."));
    let mut list = list.peekable();
    if list.next().is_none_or(|it| !it.is_sign("(")) {
        return Vec::new();
    }
    let names = list.take_while(|it| !it.is_sign(")"));
    let names = names.filter_map(Token::name);
    names.map(Into::into).collect()
}
