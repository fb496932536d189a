//! Seeing on what the results of migrations depend, and what they change beyond their schema.

use postgres::types::Type;
use postgres::{Client, Row, Transaction};
use tenantry_sql::{Statement, Token, statements};

use super::chance::{Change, Evaluated, Roles};
use super::{Part, Recorded};
use crate::bookkeeping::effects::inserts_values;
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

/// The schemas that are nobody's, whose routines a migration may call.
const SCHEMAS: &str = "SELECT coalesce(pg_catalog.array_agg(n.oid), '{}') FROM pg_catalog.pg_namespace AS n \
     WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'tenantry') \
         AND NOT EXISTS (SELECT FROM tenantry.tenant AS t WHERE t.schema_name = n.nspname)";

/// How often the watched relations were read in this transaction, and how many rows of the catalogue were changed.
const COUNTS: &str = "SELECT \
     (SELECT coalesce(sum(pg_catalog.pg_stat_get_xact_numscans(r)), 0)::int8 FROM pg_catalog.unnest($1) AS r), \
     (SELECT sum(pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) \
         + pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) \
         + pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid))::int8 \
     FROM pg_catalog.unnest(ARRAY['pg_class', 'pg_attribute', 'pg_proc', 'pg_type', 'pg_enum', 'pg_constraint', \
         'pg_trigger', 'pg_depend', 'pg_shdepend', 'pg_description']) AS name \
     JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass('pg_catalog.' || name))";

/// How many rows of each relation of the schema, and of temporary ones, through which rows can come into it, were inserted,
/// updated and deleted in this transaction.
const CHANGES: &str = "SELECT d.objid, pg_catalog.pg_stat_get_xact_tuples_inserted(d.objid), \
     pg_catalog.pg_stat_get_xact_tuples_updated(d.objid), pg_catalog.pg_stat_get_xact_tuples_deleted(d.objid) \
     FROM pg_catalog.pg_namespace AS n \
     JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass \
         AND d.refobjid = n.oid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass \
     WHERE n.nspname = $1 OR n.oid = pg_catalog.pg_my_temp_schema()";

/// Whether changes of rows evaluate anything of the schema that can read rows of others unseen.
const CAN_READ: &str = "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace AS n \
     JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass \
         AND d.refobjid = n.oid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass \
     WHERE n.nspname = $1 AND d.objid = ANY ($2) AND ( \
         EXISTS (SELECT FROM pg_catalog.pg_trigger AS t WHERE t.tgrelid = d.objid AND NOT t.tgisinternal) \
         OR EXISTS (SELECT FROM pg_catalog.pg_rewrite AS w WHERE w.ev_class = d.objid) \
         OR EXISTS (SELECT FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid \
             WHERE a.attrelid = d.objid AND a.attnum > 0 AND y.typtype = 'd') \
         OR EXISTS (SELECT FROM ( \
             SELECT 'pg_catalog.pg_attrdef'::pg_catalog.regclass AS class, e.oid FROM pg_catalog.pg_attrdef AS e WHERE e.adrelid = d.objid \
             UNION ALL SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid FROM pg_catalog.pg_constraint AS k WHERE k.conrelid = d.objid \
             UNION ALL SELECT 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid FROM pg_catalog.pg_policy AS p WHERE p.polrelid = d.objid \
             UNION ALL SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid FROM pg_catalog.pg_index AS i WHERE i.indrelid = d.objid \
             ) AS o JOIN pg_catalog.pg_depend AS f ON f.classid = o.class AND f.objid = o.oid \
             AND f.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass))))";

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
    /// The schemas that are nobody's.
    schemas: Vec<u32>,
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
        let altered = filled_table(statement);
        if is_plain_ddl(statement) && altered.is_none() {
            continue;
        }
        send(tx, &sql[rest..statement.start()])?;
        rest = end;
        let statement_sql = &sql[statement.start()..end];
        if depends_on.is_some() {
            send(tx, statement_sql)?;
            continue;
        }
        let what = if let Some(table) = altered {
            send(tx, statement_sql)?;
            (has_rows(tx, schema, &table)?
                && Evaluated::read(tx, schema, &watch.schemas)?.is_named(statement, Roles::Count))
            .then_some(CHANCE)
        } else {
            let before = Counts::read(tx, schema, &watch.watched)?;
            send(tx, statement_sql)?;
            let seen = Counts::read(tx, schema, &watch.watched)?.since(&before);
            seen.depends_on(tx, (schema, &watch.schemas), statement)?
        };
        depends_on = what.map(|what| told(what, statement, &part.id));
    }
    send(tx, &sql[rest..])?;
    // Whatever waits for the end of the transaction.
    let before = Counts::read(tx, schema, &watch.watched)?;
    tx.batch_execute("SET CONSTRAINTS ALL IMMEDIATE")?;
    let seen = Counts::read(tx, schema, &watch.watched)?.since(&before);
    if seen.reads > 0 && !seen.rows.is_empty() {
        let migration = &part.id;
        depends_on.get_or_insert_with(|| {
            format!("a deferred trigger in migration `{migration}` {READS}, {ANOTHER}")
        });
    }
    Ok(depends_on)
}

const READS: &str = "reads rows of other schemas";
const ANOTHER: &str = "so that its result can be another one each time";

const CHANCE: &str = "looks at the clock, at chance or at the session";

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
        token.is_any(&["using", "type"])
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

/// Whether there is anything in a table of the schema, or in one that inherits from it.
fn has_rows(tx: &mut Transaction<'_>, schema: &SchemaName, table: &str) -> Result<bool> {
    let row = tx.query_typed_one(
        "WITH RECURSIVE t AS (SELECT pg_catalog.to_regclass(pg_catalog.format('%I.%I', $1, $2))::oid AS oid \
         UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i JOIN t ON t.oid = i.inhparent) \
         SELECT COALESCE(pg_catalog.bool_or(pg_catalog.pg_relation_size(oid) > 0), false) FROM t",
        &[(&schema.as_str(), Type::TEXT), (&table, Type::TEXT)],
    )?;
    Ok(row.try_get(0)?)
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
struct Counts {
    reads: i64,
    catalogue: i64,
    rows: Vec<Change>,
}

impl Counts {
    fn read(tx: &mut Transaction<'_>, schema: &SchemaName, watched: &[u32]) -> Result<Self> {
        let row = tx.query_typed_one(COUNTS, &[(&watched, Type::OID_ARRAY)])?;
        let changes = tx.query_typed(CHANGES, &[(&schema.as_str(), Type::NAME)])?;
        let change = |row: &Row| {
            Ok(Change {
                relation: row.try_get(0)?,
                inserted: row.try_get(1)?,
                updated: row.try_get(2)?,
                deleted: row.try_get(3)?,
            })
        };
        Ok(Self {
            reads: row.try_get(0)?,
            catalogue: row.try_get(1)?,
            rows: changes.iter().map(change).collect::<Result<_>>()?,
        })
    }

    /// The difference to earlier counts, with the relations that were changed.
    fn since(mut self, before: &Self) -> Self {
        self.reads -= before.reads;
        self.catalogue -= before.catalogue;
        for change in &mut self.rows {
            let mut rows = before.rows.iter();
            if let Some(before) = rows.find(|it| it.relation == change.relation) {
                change.inserted -= before.inserted;
                change.updated -= before.updated;
                change.deleted -= before.deleted;
            }
        }
        self.rows.retain(|change| change.events() != 0);
        self
    }

    /// On what the result of a statement depends that may be different another time.
    fn depends_on(
        &self,
        tx: &mut Transaction<'_>,
        (schema, others): (&SchemaName, &[u32]),
        statement: &Statement<'_>,
    ) -> Result<Option<&'static str>> {
        let is_program = ["do", "select", "call", "with"]
            .iter()
            .any(|word| statement.begins(&[word]));
        if self.rows.is_empty() && !is_program {
            return Ok(None);
        }
        let has_changed = !self.rows.is_empty() || self.catalogue > 0;
        if self.reads > 0 && has_changed && !self.reads_keys_only(tx, schema, statement)? {
            return Ok(Some(READS));
        }
        let evaluated = Evaluated::read(tx, schema, others)?;
        let roles = if self.rows.is_empty() {
            Roles::DoNotCount
        } else {
            Roles::Count
        };
        if evaluated.is_named(statement, roles) {
            return Ok(Some(CHANCE));
        }
        Ok(evaluated.is_evaluated(&self.rows).then_some(
            "fires a default or a trigger that looks at the clock, at chance or at the session",
        ))
    }

    /// Whether nothing but its foreign keys can have read other schemas: whatever they find, the rows are as they stand there.
    fn reads_keys_only(
        &self,
        tx: &mut Transaction<'_>,
        schema: &SchemaName,
        statement: &Statement<'_>,
    ) -> Result<bool> {
        if !inserts_values(&statement.tokens) {
            return Ok(false);
        }
        let changed: Vec<u32> = self.rows.iter().map(|change| change.relation).collect();
        let row = tx.query_typed_one(
            CAN_READ,
            &[(&schema.as_str(), Type::NAME), (&changed, Type::OID_ARRAY)],
        )?;
        Ok(!row.try_get::<_, bool>(0)?)
    }
}
