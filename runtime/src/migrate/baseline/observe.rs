//! Seeing on what the results of migrations depend, and what they change beyond their schema.

use postgres::types::Type;
use postgres::{Client, Transaction};
use tenantry_sql::{Statement, Token, statements};

use super::changing::Changing;
use super::counts::Look;
use super::{Part, Recorded};
use crate::bookkeeping::segment::Stretch;
use crate::bookkeeping::{FileSql, Message, Position};
use crate::error::Result;
use crate::exec::{Given, end_within};
use crate::name::SchemaName;
use crate::structure::{Outside, outside};

/// The relations of shared schemas and of tenantry, whose rows a migration may read.
const WATCHED: &str = "SELECT coalesce(pg_catalog.array_agg(r.oid), '{}') FROM ( \
     SELECT d.objid AS oid FROM pg_catalog.pg_namespace AS n \
     JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass \
         AND d.refobjid = n.oid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass \
     WHERE n.nspname <> $1 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
         AND NOT EXISTS (SELECT FROM tenantry.tenant AS t WHERE t.schema_name = n.nspname) \
     ) AS t CROSS JOIN LATERAL ( \
     SELECT t.oid UNION ALL SELECT i.indexrelid FROM pg_catalog.pg_index AS i WHERE i.indrelid = t.oid) AS r";

/// The schemas that are nobody's, whose routines a migration may call; and whether plain DDL fires code.
const SCHEMAS: &str = "SELECT coalesce(pg_catalog.array_agg(n.oid), '{}'), \
     EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D') FROM pg_catalog.pg_namespace AS n \
     WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'tenantry') \
         AND NOT EXISTS (SELECT FROM tenantry.tenant AS t WHERE t.schema_name = n.nspname)";

/// Observations of migrations while they ran.
#[derive(Default)]
pub(super) struct Seen {
    /// The first change beyond the schema, in words. A foreign key to a shared table does not count.
    pub(super) outside: Option<String>,
    /// Why their rows may be others another time.
    pub(super) depends_on: Option<String>,
}

/// A look at what a transaction changes beyond a schema.
pub(super) struct Watch<'g> {
    /// The settings of the session before.
    given: &'g Given,
    /// The relations of other schemas.
    pub(super) watched: Vec<u32>,
    /// The schemas that are nobody's.
    pub(super) schemas: Vec<u32>,
    /// Whether there are event triggers, which plain DDL fires.
    has_event_triggers: bool,
    first: Outside,
    untouched: Outside,
}

impl<'g> Watch<'g> {
    /// Begins to look.
    pub(super) fn begin(
        tx: &mut Transaction<'_>,
        schema: &SchemaName,
        given: &'g Given,
    ) -> Result<Self> {
        let watched = tx.query_typed_one(WATCHED, &[(&schema.as_str(), Type::NAME)])?;
        let schemas = tx.query_typed_one(SCHEMAS, &[])?;
        Ok(Self {
            watched: watched.try_get(0)?,
            given,
            schemas: schemas.try_get(0)?,
            has_event_triggers: schemas.try_get(1)?,
            first: outside(tx, schema)?,
            untouched: outside(tx, schema)?,
        })
    }

    /// Does what comes at the end of the transaction, and returns the first change since, in words.
    pub(super) fn end(
        &self,
        tx: &mut Transaction<'_>,
        schema: &SchemaName,
    ) -> Result<Option<String>> {
        end_within(tx, self.given)?;
        let changed = outside(tx, schema)?;
        let changed = changed.since(&self.untouched, &self.first);
        Ok(changed.map(str::to_owned))
    }
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
