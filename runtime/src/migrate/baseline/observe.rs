//! Seeing on what the results of migrations depend, and what they change beyond their schema.

use std::collections::{BTreeMap, BTreeSet};

use postgres::types::Type;
use postgres::{Client, Transaction};
use tenantry_sql::{Statement, Token, statements};

use super::look::{ChangingFunctions, Doubts, Look, keeps_time, may_keep_time};
use super::watch::TransactionWatch;
use super::{BaselinePart, RecordedChain};
use crate::bookkeeping::segment::Stretch;
use crate::bookkeeping::{FileSql, Message, Position};
use crate::error::Result;
use crate::exec::{END, Given};
use crate::migrate::fleet::segmented::call_for_all;
use crate::migrate::functions::CallPlace;
use crate::name::SchemaName;
use crate::place::TenantPlace;
use crate::structure::MOVING;

/// Observations of migrations while they ran.
#[derive(Default)]
pub(super) struct Seen {
    /// The first change beyond the schema, in words. A foreign key to a shared table does not count.
    pub(super) outside: Option<String>,
    /// Why their rows may be others another time.
    pub(super) depends_on: Option<String>,
    /// Why the name of the schema may make a difference.
    pub(super) naming: Option<String>,
    /// Tables of which a column is known to have other values another time.
    pub(super) unlike: BTreeMap<u32, Unlike>,
}

/// A table with rows whose values of some columns are never the same twice.
#[derive(Default)]
pub(super) struct Unlike {
    columns: BTreeSet<i16>,
    inserted: i64,
    /// Whether any of its rows were changed, or deleted.
    is_changed: bool,
}

impl Seen {
    /// Keeps what was found first.
    fn add(&mut self, doubts: Doubts, told: impl Fn(String, &str) -> String) {
        let Doubts {
            another_time,
            another_name,
            unlike,
            changes,
        } = doubts;
        for (relation, column) in unlike {
            let table = self.unlike.entry(relation).or_default();
            table.columns.insert(column);
        }
        for change in changes {
            if let Some(table) = self.unlike.get_mut(&change.relation) {
                // `TRUNCATE` sets the counts back.
                table.inserted += change.inserted.max(0);
                table.is_changed |= change.updated + change.deleted != 0 || change.inserted < 0;
            }
        }
        let depends_on = || another_time.map(|what| told(what, EACH_TIME));
        self.depends_on = self.depends_on.take().or_else(depends_on);
        let naming = || another_name.map(|what| told(what, EACH_TENANT));
        self.naming = self.naming.take().or_else(naming);
    }

    /// Looks in the end for values that are gone, by which two replays can't tell any more.
    pub(super) fn end(&mut self, tx: &mut Transaction<'_>) -> Result<()> {
        for (relation, table) in &self.unlike {
            if !table.is_changed && table.is_there(tx, *relation)? {
                continue;
            }
            let what = "the migrations change or drop values of a column whose default is the clock or chance, and what they made of \
                        them can be another one each time";
            self.depends_on.get_or_insert_with(|| what.to_owned());
        }
        Ok(())
    }
}

impl Unlike {
    /// Whether the values are there as they came in.
    fn is_there(&self, tx: &mut Transaction<'_>, relation: u32) -> Result<bool> {
        let columns: Vec<i16> = self.columns.iter().copied().collect();
        let row = tx.query_typed_opt(
            "SELECT c.oid::pg_catalog.regclass::text FROM pg_catalog.pg_class AS c WHERE c.oid = $1 AND NOT EXISTS ( \
             SELECT FROM pg_catalog.unnest($2) AS number WHERE NOT EXISTS ( \
             SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum = number AND NOT a.attisdropped \
             AND (a.atttypid = 'uuid'::pg_catalog.regtype OR (a.atttypmod = -1 OR a.atttypmod >= 3) \
             AND a.atttypid IN ('timestamp'::pg_catalog.regtype, 'timestamptz'::pg_catalog.regtype))))",
            &[(&relation, Type::OID), (&columns, Type::INT2_ARRAY)],
        )?;
        let Some(row) = row else {
            return Ok(false);
        };
        let rows = format!("SELECT count(*) FROM ONLY {}", row.try_get::<_, &str>(0)?);
        let row = tx.query_typed_one(&rows, &[])?;
        Ok(row.try_get::<_, i64>(0)? >= self.inserted)
    }
}

/// The reason why a structure has the time in it at which it was made.
pub(super) fn frozen(recorded: &RecordedChain) -> Option<String> {
    recorded.parts.iter().find_map(|part| {
        let all = statements(&part.sql).unwrap_or_default();
        let found = all.iter().find(|it| is_ddl(it) && keeps_time(&it.tokens))?;
        let what = format!("keeps the time at which it runs, {EACH_TIME}");
        Some(told(&what, found, &part.id))
    })
}

/// Whether a structure may have the time in it at which it was made, which another replay tells.
pub(super) fn may_be_frozen(recorded: &RecordedChain) -> bool {
    recorded.parts.iter().any(|part| may_keep_time(&part.sql))
}

/// Sends SQL of a migration.
pub(super) fn send(
    tx: &mut Transaction<'_>,
    part: &BaselinePart,
    (sql, begin): (&str, Position),
    (recorded, schema): (&RecordedChain, &SchemaName),
) -> Result<()> {
    let file = file(part, (sql, begin), (recorded, schema));
    let mut message = Message::new(String::new());
    message.add(&file, Some(schema));
    message.send_in(tx).map_err(|error| message.explain(error))
}

/// Sends a statement that can't be in a transaction. It changes nothing but a table and its part.
pub(super) fn send_alone(
    client: &mut Client,
    part: &BaselinePart,
    stretch: &Stretch,
    (recorded, schema): (&RecordedChain, &SchemaName),
) -> Result<()> {
    let file = file(part, (&stretch.sql, stretch.begin), (recorded, schema));
    let mut message = Message::new(String::new());
    message.add(&file, Some(schema));
    let sent = message.send(client);
    sent.map_err(|error| message.explain_statement(error))
}

/// Has nothing limited but waiting for locks, for what looks at a schema.
pub(super) const UNLIMITED: &str =
    "SET LOCAL lock_timeout = '500ms'; SET LOCAL statement_timeout = 0";

/// Has a function called for the rows that there are, and tells whether the SQL is such a call. Whether its result is another one each time shows when it is called again.
pub(super) fn call(
    tx: &mut Transaction<'_>,
    part: &BaselinePart,
    stretch: &Stretch,
    (recorded, schema): (&RecordedChain, &SchemaName),
    given: &Given,
) -> Result<bool> {
    if stretch.calls.is_none() {
        return Ok(false);
    }
    let file = file(part, (&stretch.sql, stretch.begin), (recorded, schema));
    if let Some([limits, _]) = &part.limits {
        tx.batch_execute(limits)?;
    }
    let tenant = if recorded.shared == *schema {
        None
    } else {
        Some(TenantPlace::nobodys(schema)?)
    };
    let place = CallPlace {
        shared: &recorded.shared,
        tenant: tenant.as_ref(),
    };
    call_for_all(tx, &recorded.functions, place, (stretch, &file), given)?;
    tx.batch_execute(UNLIMITED)?;
    Ok(true)
}

fn file(
    part: &BaselinePart,
    (sql, begin): (&str, Position),
    (recorded, schema): (&RecordedChain, &SchemaName),
) -> FileSql {
    // Parts that make a shared schema are of that.
    let name = if recorded.shared == *schema {
        "shared.up.sql"
    } else {
        "tenant.up.sql"
    };
    FileSql::new(&part.id, name, sql, &recorded.shared).beginning_at(begin)
}

/// Sends SQL of a migration statement by statement, and looks at what may be different another time, or for another tenant.
pub(super) fn observe(
    tx: &mut Transaction<'_>,
    (part, stretch): (&BaselinePart, &Stretch),
    (recorded, schema): (&RecordedChain, &SchemaName),
    (watch, changing): (&TransactionWatch<'_>, &ChangingFunctions),
    found: &mut Seen,
) -> Result<()> {
    let mut look = Look::new(schema, watch, changing);
    let (sql, mut begin) = (&stretch.sql, stretch.begin);
    let mut send = |tx: &mut Transaction<'_>, sql: &str| {
        let sent = send(tx, part, (sql, begin), (recorded, schema));
        begin = begin.after(sql);
        sent
    };
    let mut rest = 0;
    let all = statements(sql).unwrap_or_default();
    let ends = all.iter().skip(1).map(Statement::start).chain([sql.len()]);
    let mut has_looked = false;
    for (statement, end) in all.iter().zip(ends) {
        let altered = filled_table(statement);
        if is_plain_ddl(statement) && altered.is_none() && !watch.has_event_triggers {
            continue;
        }
        // Nothing of a new tenant is moved, whatever the shared tables have.
        if statement.begins(&["do"]) && statement.tokens[1].text.starts_with(MOVING) {
            continue;
        }
        send(tx, &sql[rest..statement.start()])?;
        rest = end;
        let statement_sql = &sql[statement.start()..end];
        if found.depends_on.is_some() && found.naming.is_some() {
            send(tx, statement_sql)?;
            continue;
        }
        has_looked = true;
        let before = look.counts(tx)?;
        send(tx, statement_sql)?;
        let now = look.counts(tx)?;
        let doubts = look.at(tx, (&before, now), (statement, altered.as_deref()))?;
        found.add(doubts, |what, so| {
            told(&format!("{what}, {so}"), statement, &part.id)
        });
    }
    send(tx, &sql[rest..])?;
    // Where nothing was changed but the catalogue, nothing waits for the end of the transaction.
    if !has_looked {
        return Ok(());
    }
    let before = look.counts(tx)?;
    tx.batch_execute(END)?;
    let now = look.counts(tx)?;
    let doubts = look.at_end(tx, (&before, now))?;
    let migration = &part.id;
    found.add(doubts, |what, so| {
        format!("a deferred trigger in migration `{migration}` {what}, {so}")
    });
    Ok(())
}

const EACH_TIME: &str = "so that its result can be another one each time";
const EACH_TENANT: &str = "so that its result can be another one for each tenant";

fn told(what: &str, statement: &Statement<'_>, migration: &str) -> String {
    let words = statement.tokens.iter().take(4).map(|token| token.text);
    let beginning = words.collect::<Vec<_>>().join(" ");
    format!("`{beginning} …` in migration `{migration}` {what}")
}

/// The table whose rows an `ALTER TABLE` gives values, such as those of a new column.
fn filled_table(statement: &Statement<'_>) -> Option<String> {
    const CHECKS: [&str; 6] = [
        "constraint",
        "primary",
        "foreign",
        "unique",
        "check",
        "exclude",
    ];
    let next = statement.tokens.iter().skip(1).map(Some).chain([None]);
    let mut pairs = statement.tokens.iter().zip(next);
    let is_filling = pairs.any(|(token, next)| {
        token.is_any(&["using", "type", "expression"])
            || token.is("add") && next.is_none_or(|next| !next.is_any(&CHECKS))
    });
    if !statement.begins(&["alter", "table"]) || !is_filling {
        return None;
    }
    let mut tokens = statement.tokens.iter();
    let name = |token: &Token<'_>| token.name().map(std::borrow::Cow::into_owned);
    let mut names = tokens
        .by_ref()
        .skip(2)
        .skip_while(|token| token.is_any(&["if", "exists", "only"]));
    let first = names.next().and_then(name)?;
    match (names.next(), names.next()) {
        (Some(dot), Some(second)) if dot.text == "." => name(second),
        _ => Some(first),
    }
}

/// Whether a statement does nothing but to change the catalogue.
fn is_plain_ddl(statement: &Statement<'_>) -> bool {
    // A view that is not materialized keeps no rows; whatever reads it is looked at.
    let queries = ["table", "materialized"].iter().any(|word| {
        let mut first = statement.tokens.iter().take(6);
        first.any(|token| token.is(word))
    }) && statement.begins(&["create"])
        && statement.tokens.iter().any(|token| token.is("as"));
    is_ddl(statement) && !queries
}

/// Whether a statement changes the catalogue, perhaps with rows.
fn is_ddl(statement: &Statement<'_>) -> bool {
    let words = ["create", "alter", "drop", "comment", "grant", "revoke"];
    words.iter().any(|word| statement.begins(&[word]))
}
