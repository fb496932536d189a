//! Replays the recorded chain, and sees on what its results depend.

use postgres::types::Type;
use postgres::{Client, Transaction};

use super::clock::looks_at_clock;
use super::{Recorded, scratch, scratch_name};
use crate::bookkeeping::{FileSql, Message};
use crate::error::Result;
use crate::name::SchemaName;
use crate::structure::{Contents, Found, Snapshot, contents, names_itself, outside, snapshot};
use crate::tenant::routines;
use tenantry_sql::{Statement, statements};

/// Ends what a migration leaves in its session, as a transaction of its own would have it: the next one begins anew.
const BETWEEN: &str = "SET CONSTRAINTS ALL IMMEDIATE; RESET SESSION AUTHORIZATION; RESET ALL; \
     DISCARD TEMP; DEALLOCATE ALL; CLOSE ALL";

/// A time zone in which it is another day than it is in this session.
const ELSEWHERE: &str = "SELECT pg_catalog.set_config('timezone', \
     CASE WHEN (pg_catalog.now() AT TIME ZONE 'UTC+12')::date <> CURRENT_DATE THEN 'UTC+12' ELSE 'UTC-14' END, true)";

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

/// What the chain leads to.
pub(super) struct Replayed {
    /// The schema that it was replayed in.
    pub(super) schema: SchemaName,
    pub(super) snapshot: Snapshot,
    /// The rows, if two replays give them alike.
    pub(super) contents: Result<Contents, String>,
    /// What the chain changes beyond the schema. A foreign key to a shared table does not count.
    pub(super) outside: Option<String>,
    /// What is not right any more when the schema is renamed, as it is when a standby is claimed.
    pub(super) rename_reason: Option<String>,
}

/// Transactions of their own, which let go of the shared tables as soon as possible.
pub(super) fn replay(client: &mut Client, recorded: &Recorded) -> Result<Replayed> {
    let (schema, mut tx) = scratch(client)?;
    let watched = watched(&mut tx, &schema)?;
    let first = outside(&mut tx, &schema)?;
    let untouched = outside(&mut tx, &schema)?;
    let depends_on = run(&mut tx, recorded, &schema, "", &watched)?;
    let changed = outside(&mut tx, &schema)?;
    let changed = changed.since(&untouched, &first).map(str::to_owned);
    let naming = names_itself(&mut tx, &schema)?;
    let before = snapshot(&mut tx, &schema, &recorded.shared)?;
    let found = contents(&mut tx, &schema)?;
    let renamed = scratch_name()?;
    let routines = routines(&mut tx, &schema, &renamed)?;
    tx.batch_execute(&format!(
        "ALTER SCHEMA {} RENAME TO {};\n{routines}",
        schema.quoted(),
        renamed.quoted()
    ))?;
    let after = snapshot(&mut tx, &renamed, &recorded.shared)?;
    tx.rollback()?;
    let rename_reason = rename_reason(&before, &after, changed.as_deref(), naming);
    let contents = match (found, depends_on) {
        (_, Some(what)) => Err(what),
        (Found::TooLarge(table), None) => Err(format!(
            "the migrations put more rows into `{table}` than a baseline holds"
        )),
        (Found::Contents(contents), None) => confirmed(client, recorded, contents)?,
    };
    Ok(Replayed {
        schema,
        snapshot: before,
        contents,
        outside: changed,
        rename_reason,
    })
}

/// Rows, if they are the same at another time, in another time zone, and in a schema of another name.
fn confirmed(
    client: &mut Client,
    recorded: &Recorded,
    contents: Contents,
) -> Result<Result<Contents, String>> {
    if contents.is_empty() {
        return Ok(Ok(contents));
    }
    let (schema, mut tx) = scratch(client)?;
    run(&mut tx, recorded, &schema, ELSEWHERE, &[])?;
    let again = crate::structure::contents(&mut tx, &schema)?;
    tx.rollback()?;
    let difference = match &again {
        Found::Contents(again) => contents.difference(again),
        Found::TooLarge(table) => Some(format!("the number of rows of `{table}`")),
    };
    Ok(match difference {
        None => Ok(contents),
        Some(what) => Err(format!(
            "{what} is not the same when the migrations run at another time, in another time zone or in another schema"
        )),
    })
}

fn watched(tx: &mut Transaction<'_>, schema: &SchemaName) -> Result<Vec<u32>> {
    let row = tx.query_typed_one(WATCHED, &[(&schema.as_str(), Type::NAME)])?;
    Ok(row.try_get(0)?)
}

/// Runs the chain, each migration as if it had a transaction of its own. Gives on what its results depend besides itself.
fn run(
    tx: &mut Transaction<'_>,
    recorded: &Recorded,
    schema: &SchemaName,
    setting: &str,
    watched: &[u32],
) -> Result<Option<String>> {
    let mut depends_on = None;
    tx.batch_execute(setting)?;
    for (id, sql) in &recorded.parts {
        let mut rest = 0;
        let all = statements(sql).unwrap_or_default();
        let ends = all.iter().skip(1).map(Statement::start).chain([sql.len()]);
        let send = |tx: &mut Transaction<'_>, sql: &str| {
            let file = FileSql::new(id, "tenant.up.sql", sql, &recorded.shared);
            let mut message = Message::new(String::new());
            message.add(&file, Some(schema));
            message.send_in(tx).map_err(|error| message.explain(error))
        };
        let mut is_plain = true;
        for (statement, end) in all.iter().zip(ends) {
            if is_plain_ddl(statement) {
                continue;
            }
            is_plain = false;
            send(tx, &sql[rest..statement.start()])?;
            let before = Counts::read(tx, schema, watched)?;
            send(tx, &sql[statement.start()..end])?;
            let after = Counts::read(tx, schema, watched)?;
            rest = end;
            if depends_on.is_none() {
                depends_on = after.since(&before).depends_on(statement, id);
            }
        }
        send(tx, &sql[rest..])?;
        if !is_plain {
            tx.batch_execute(&format!("{BETWEEN}; {}; {setting}", super::SETTINGS))?;
        }
    }
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

/// What was counted in a transaction.
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

/// Why a schema that is made in advance, and renamed, would not be like another.
fn rename_reason(
    before: &Snapshot,
    after: &Snapshot,
    outside: Option<&str>,
    naming: Option<String>,
) -> Option<String> {
    if let Some(what) = outside {
        return Some(format!(
            "the migrations of a tenant {what}, and standbys belong to no tenant yet"
        ));
    }
    if let Some(table) = naming {
        return Some(format!(
            "the migrations put the schema's name into rows of `{table}`, and standbys are renamed"
        ));
    }
    before.difference(after).map(|what| {
        format!(
            "{what} would not be the same after its schema was renamed, and standbys are renamed"
        )
    })
}
