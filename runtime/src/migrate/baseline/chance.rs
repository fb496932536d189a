//! Everything that SQL evaluates and that may be different another time, although two replays give it alike by chance.
//!
//! An hour or a year from the clock, one of two random numbers, the role of the session: a replay a moment later does not show
//! that these change. So whatever names them counts, and so do routines and views that name them, and what calls these.

use std::collections::BTreeMap;

use postgres::Transaction;
use postgres::types::Type;
use tenantry_sql::{Kind, Statement, Token, statements, tokens};

use crate::error::Result;
use crate::name::SchemaName;

/// Key words that are the time, chance, or the session wherever they stand.
const WORDS: [&str; 7] = [
    "current_catalog",
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
    "tablesample",
];

/// Key words that are the role of the session. Without rows they are only a way to grant something to it.
const ROLES: [&str; 5] = [
    "current_user",
    "current_role",
    "session_user",
    "system_user",
    "user",
];

/// Functions that are, or may be, about the time now, chance, or the session.
const FUNCTIONS: [&str; 20] = [
    "now",
    "age",
    "clock_timestamp",
    "statement_timestamp",
    "transaction_timestamp",
    "timeofday",
    "random",
    "random_normal",
    "gen_random_uuid",
    "gen_random_bytes",
    "uuidv4",
    "uuidv7",
    "array_sample",
    "array_shuffle",
    "current_database",
    "pg_backend_pid",
    "inet_client_addr",
    "inet_server_addr",
    "pg_postmaster_start_time",
    "version",
];

/// Texts that become the time when they are read as one, alone or with an hour after them.
const TEXTS: [&str; 4] = ["now", "today", "tomorrow", "yesterday"];

/// Words with which dynamic SQL begins, if it changes or gives rows.
const VERBS: [&str; 8] = [
    "select", "insert", "update", "delete", "merge", "with", "do", "call",
];

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
            .filter(|(number, _)| *number > 0)
            .map(|(_, event)| event)
            .sum()
    }
}

/// Everything that is evaluated unseen when rows change.
pub(super) struct Evaluated {
    /// Whatever may give something else another time.
    names: Names,
    attached: Vec<Attached>,
}

/// Routines and views by name. Only a routine has a parenthesis after it.
type Names = BTreeMap<String, Named>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Routine,
    View,
}

/// Whether the role of the session counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Roles {
    Count,
    DoNotCount,
}

/// A default or a trigger of a table.
struct Attached {
    relation: u32,
    /// The kinds of changes that evaluate it, as `pg_trigger.tgtype` has them.
    events: i32,
    text: String,
}

impl Evaluated {
    /// Reads it from the schema, and from others by their numbers.
    pub(super) fn read(
        tx: &mut Transaction<'_>,
        schema: &SchemaName,
        others: &[u32],
    ) -> Result<Self> {
        let rows = tx.query_typed(
            include_str!("evaluated.sql"),
            &[(&schema.as_str(), Type::NAME), (&others, Type::OID_ARRAY)],
        )?;
        let mut all: Vec<(String, Named, String)> = Vec::new();
        let mut attached = Vec::new();
        for row in &rows {
            let text: String = row.try_get("text")?;
            match row.try_get::<_, Option<u32>>("relation")? {
                None if row.try_get("is_routine")? => {
                    all.push((row.try_get("name")?, Named::Routine, text));
                }
                None => all.push((row.try_get("name")?, Named::View, text)),
                Some(relation) => attached.push(Attached {
                    relation,
                    events: row.try_get("events")?,
                    text,
                }),
            }
        }
        let mut names = Names::new();
        loop {
            let before = all.len();
            all.retain(|(name, kind, text)| {
                let changes = is_chance(text, &names);
                if changes {
                    let found = names.entry(name.clone()).or_insert(*kind);
                    if *kind == Named::View {
                        *found = Named::View;
                    }
                }
                !changes
            });
            if all.len() == before {
                break;
            }
        }
        Ok(Self { names, attached })
    }

    /// Whether a statement names what may be different another time, in the bodies of its routines too. Roles are only for
    /// one that changes rows.
    pub(super) fn is_named(&self, statement: &Statement<'_>, roles: Roles) -> bool {
        has_chance(&statement.tokens, &self.names, roles)
    }

    /// Whether changes of rows evaluate it by themselves.
    pub(super) fn is_evaluated(&self, changes: &[Change]) -> bool {
        self.attached.iter().any(|attached| {
            let mut changes = changes.iter();
            changes.any(|change| {
                change.relation == attached.relation && change.events() & attached.events != 0
            }) && is_chance(&attached.text, &self.names)
        })
    }
}

fn is_chance(text: &str, names: &Names) -> bool {
    let tokens: Vec<Token<'_>> = tokens(text)
        .filter(|it| !it.text.trim().is_empty())
        .collect();
    has_chance(&tokens, names, Roles::Count)
}

fn has_chance(tokens: &[Token<'_>], names: &Names, roles: Roles) -> bool {
    tokens.iter().enumerate().any(|(at, token)| {
        let before = at.checked_sub(1).map(|at| tokens[at].text);
        let next = tokens.get(at + 1).map(|token| token.text);
        // In another schema it is a table or a function of that name.
        let qualifier = at.checked_sub(2).map(|at| &tokens[at]);
        let is_builtin =
            before != Some(".") || qualifier.is_some_and(|schema| schema.is("pg_catalog"));
        let is_one_of = |words: &[&str]| {
            let mut words = words.iter();
            words.any(|word| token.text.eq_ignore_ascii_case(word))
        };
        let is_named = || {
            let found = token.name().and_then(|name| names.get(&*name));
            found.is_some_and(|kind| *kind == Named::View || next == Some("("))
        };
        match token.kind {
            Kind::Word if is_one_of(&WORDS) => true,
            Kind::Word if is_one_of(&ROLES) => roles == Roles::Count && before != Some("."),
            Kind::Word => is_named() || is_builtin && next == Some("(") && is_one_of(&FUNCTIONS),
            Kind::Quoted | Kind::EscapedName => is_named(),
            // A time, dynamic SQL, or another text: what is not SQL names nothing but by chance.
            Kind::String => {
                let inner = token.text.trim_matches('\'').replace("''", "'");
                let first = inner.split_whitespace().next().unwrap_or_default();
                let begins = |words: &[&str]| {
                    let mut words = words.iter();
                    words.any(|word| first.eq_ignore_ascii_case(word))
                };
                begins(&TEXTS)
                    || (inner.contains('(') || begins(&VERBS)) && is_chance(&inner, names)
            }
            Kind::Dollar => {
                let inner = token.dollar_parts();
                inner.is_some_and(|(_, inner)| {
                    statements(inner).is_ok_and(|all| {
                        let mut all = all.iter();
                        all.any(|statement| has_chance(&statement.tokens, names, roles))
                    })
                })
            }
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_different_another_time_is_found() {
        let names = Names::from([
            ("this_year".to_owned(), Named::Routine),
            ("today".to_owned(), Named::View),
        ]);
        let is = |sql: &str| is_chance(sql, &names);
        for sql in [
            "INSERT INTO a VALUES (extract(year FROM now()))",
            "UPDATE a SET b = Current_Date",
            "SELECT 'today'::date",
            "DO $do$ BEGIN PERFORM f(age(x)); END $do$",
            "DO $$ BEGIN EXECUTE $a$ SELECT now () $a$; END $$",
            "DO $$ BEGIN EXECUTE 'SELECT now()'; END $$",
            "DO $$ BEGIN EXECUTE 'UPDATE a SET d = current_date'; END $$",
            "DO $$ BEGIN EXECUTE 'INSERT INTO a VALUES (''today''::date)'; END $$",
            "INSERT INTO a VALUES ('tomorrow 08:00'::timestamptz)",
            "INSERT INTO a SELECT b FROM c TABLESAMPLE bernoulli (50)",
            "INSERT INTO a SELECT (array_sample(ARRAY[1, 2], 1))[1]",
            "INSERT INTO a SELECT \"this_year\"()",
            "SELECT s.this_year()",
            "SELECT pg_catalog.now()",
            "INSERT INTO a SELECT * FROM s.today",
            "INSERT INTO a VALUES (random() < 0.5, USER)",
        ] {
            assert!(is(sql), "{sql}");
        }
        for sql in [
            "INSERT INTO now VALUES ('it is now today')",
            "INSERT INTO a (\"user\", random) VALUES (t.user)",
            "SELECT age FROM people -- now()",
            "INSERT INTO a (this_year) VALUES (1)",
            "INSERT INTO \"{tenant}\".version (id) VALUES (1)",
        ] {
            assert!(!is(sql), "{sql}");
        }
    }
}
