//! Seeing on what the results of migrations depend, and what they change beyond their schema.

use postgres::types::Type;
use postgres::{Client, Transaction};
use tenantry_sql::{Statement, statements};

use super::clock::looks_at_clock;
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

/// How often the watched relations were read in this transaction, how many rows of the schema were changed, and how many
/// of the catalogue.
const COUNTS: &str = "SELECT \
     (SELECT coalesce(sum(pg_catalog.pg_stat_get_xact_numscans(r)), 0)::int8 FROM pg_catalog.unnest($2) AS r), \
     (SELECT coalesce(sum(pg_catalog.pg_stat_get_xact_tuples_inserted(d.objid) \
         + pg_catalog.pg_stat_get_xact_tuples_updated(d.objid) \
         + pg_catalog.pg_stat_get_xact_tuples_deleted(d.objid)), 0)::int8 \
     FROM pg_catalog.pg_namespace AS n \
     JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass \
         AND d.refobjid = n.oid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass WHERE n.nspname = $1), \
     (SELECT sum(pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) \
         + pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) \
         + pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid))::int8 \
     FROM pg_catalog.unnest(ARRAY['pg_class', 'pg_attribute', 'pg_proc', 'pg_type', 'pg_enum', 'pg_constraint', \
         'pg_trigger', 'pg_depend', 'pg_shdepend', 'pg_description']) AS name \
     JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass('pg_catalog.' || name))";

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
    watched: Vec<u32>,
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
        Ok(Self {
            watched: watched.try_get(0)?,
            given,
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
    watch: &Watch<'_>,
) -> Result<Option<String>> {
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
        if is_plain_ddl(statement) {
            continue;
        }
        send(tx, &sql[rest..statement.start()])?;
        let before = Counts::read(tx, schema, &watch.watched)?;
        send(tx, &sql[statement.start()..end])?;
        let after = Counts::read(tx, schema, &watch.watched)?;
        rest = end;
        if depends_on.is_none() {
            depends_on = after.since(&before).depends_on(statement, &part.id);
        }
    }
    send(tx, &sql[rest..])?;
    Ok(depends_on)
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

/// Counts of reads and changes in a transaction.
#[derive(Clone, Copy)]
struct Counts {
    reads: i64,
    rows: i64,
    catalogue: i64,
}

impl Counts {
    fn read(tx: &mut Transaction<'_>, schema: &SchemaName, watched: &[u32]) -> Result<Self> {
        let row = tx.query_typed_one(
            COUNTS,
            &[(&schema.as_str(), Type::NAME), (&watched, Type::OID_ARRAY)],
        )?;
        Ok(Self {
            reads: row.try_get(0)?,
            rows: row.try_get(1)?,
            catalogue: row.try_get(2)?,
        })
    }

    fn since(self, before: &Self) -> Self {
        Self {
            reads: self.reads - before.reads,
            rows: self.rows - before.rows,
            catalogue: self.catalogue - before.catalogue,
        }
    }

    /// On what the result of a statement depends that may be different another time.
    fn depends_on(self, statement: &Statement<'_>, migration: &str) -> Option<String> {
        let is_program = ["do", "select", "call", "with"]
            .iter()
            .any(|word| statement.begins(&[word]));
        if self.rows == 0 && !(is_program && self.catalogue > 0) {
            return None;
        }
        let what = if self.reads > 0 {
            "reads rows of other schemas"
        } else if looks_at_clock(statement) {
            "looks at the clock"
        } else {
            return None;
        };
        let words = statement.tokens.iter().take(4).map(|token| token.text);
        let beginning = words.collect::<Vec<_>>().join(" ");
        Some(format!(
            "`{beginning} …` in migration `{migration}` {what}, so that its result can be another one each time"
        ))
    }
}
