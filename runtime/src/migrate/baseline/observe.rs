//! Seeing on what the results of migrations depend, and what they change beyond their schema.

use postgres::{Client, Transaction};
use tenantry_sql::{Statement, Token, statements};

use super::changing::Changing;
use super::counts::Look;
use super::watch::Watch;
use super::{Part, Recorded};
use crate::bookkeeping::segment::Stretch;
use crate::bookkeeping::{FileSql, Message, Position};
use crate::error::Result;
use crate::name::SchemaName;

/// Observations of migrations while they ran.
#[derive(Default)]
pub(super) struct Seen {
    /// The first change beyond the schema, in words. A foreign key to a shared table does not count.
    pub(super) outside: Option<String>,
    /// Why their rows may be others another time.
    pub(super) depends_on: Option<String>,
}

/// Sends SQL of a migration.
pub(super) fn send(
    tx: &mut Transaction<'_>,
    part: &Part,
    (sql, begin): (&str, Position),
    (recorded, schema): (&Recorded, &SchemaName),
) -> Result<()> {
    let file = file(part, (sql, begin), recorded);
    let mut message = Message::new(String::new());
    message.add(&file, Some(schema));
    message.send_in(tx).map_err(|error| message.explain(error))
}

/// Sends a statement that can't be in a transaction. It changes nothing but a table and its part.
pub(super) fn send_alone(
    client: &mut Client,
    part: &Part,
    stretch: &Stretch,
    (recorded, schema): (&Recorded, &SchemaName),
) -> Result<()> {
    let file = file(part, (&stretch.sql, stretch.begin), recorded);
    let mut message = Message::new(String::new());
    message.add(&file, Some(schema));
    let sent = message.send(client);
    sent.map_err(|error| message.explain_statement(error))
}

fn file(part: &Part, (sql, begin): (&str, Position), recorded: &Recorded) -> FileSql {
    FileSql::new(&part.id, "tenant.up.sql", sql, &recorded.shared).beginning_at(begin)
}

/// Sends SQL of a migration statement by statement. Returns why its rows may be others another time.
pub(super) fn observe(
    tx: &mut Transaction<'_>,
    (part, stretch): (&Part, &Stretch),
    (recorded, schema): (&Recorded, &SchemaName),
    (watch, changing): (&Watch<'_>, &Changing),
) -> Result<Option<String>> {
    let look = Look {
        schema,
        watch,
        changing,
    };
    let (sql, mut begin) = (&stretch.sql, stretch.begin);
    let mut send = |tx: &mut Transaction<'_>, sql: &str| {
        let sent = send(tx, part, (sql, begin), (recorded, schema));
        begin = begin.after(sql);
        sent
    };
    let mut depends_on = None;
    let mut rest = 0;
    let all = statements(sql).unwrap_or_default();
    let ends = all.iter().skip(1).map(Statement::start).chain([sql.len()]);
    for (statement, end) in all.iter().zip(ends) {
        let altered = filled_table(statement);
        if is_plain_ddl(statement) && altered.is_none() && !watch.has_event_triggers {
            continue;
        }
        send(tx, &sql[rest..statement.start()])?;
        rest = end;
        let statement_sql = &sql[statement.start()..end];
        if depends_on.is_some() {
            send(tx, statement_sql)?;
            continue;
        }
        let before = look.counts(tx)?;
        send(tx, statement_sql)?;
        let seen = look.counts(tx)?.since(&before);
        let what = match altered {
            Some(table) => look.at_altered(tx, &seen, statement, &table)?,
            None => look.at_changed(tx, &seen, statement)?,
        };
        depends_on = what.map(|what| told(&what, statement, &part.id));
    }
    send(tx, &sql[rest..])?;
    // Whatever waits for the end of the transaction.
    let before = look.counts(tx)?;
    tx.batch_execute("SET CONSTRAINTS ALL IMMEDIATE")?;
    let seen = look.counts(tx)?.since(&before);
    if depends_on.is_none() {
        let migration = &part.id;
        let told =
            |what| format!("a deferred trigger in migration `{migration}` {what}, {ANOTHER}");
        depends_on = look.at_end(tx, &seen)?.map(told);
    }
    Ok(depends_on)
}

const ANOTHER: &str = "so that its result can be another one each time";

fn told(what: &str, statement: &Statement<'_>, migration: &str) -> String {
    let words = statement.tokens.iter().take(4).map(|token| token.text);
    let beginning = words.collect::<Vec<_>>().join(" ");
    format!("`{beginning} …` in migration `{migration}` {what}, {ANOTHER}")
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
    let words = ["create", "alter", "drop", "comment", "grant", "revoke"];
    let is_one = words.iter().any(|word| statement.begins(&[word]));
    let queries = ["table", "view"].iter().any(|word| {
        let mut first = statement.tokens.iter().take(6);
        first.any(|token| token.is(word))
    }) && statement.begins(&["create"])
        && statement.tokens.iter().any(|token| token.is("as"));
    is_one && !queries
}
