//! A look at what a statement of a migration has read and changed, by what the server counts.

use postgres::types::Type;
use postgres::{Row, Transaction};
use tenantry_sql::Statement;

use super::changing::Changing;
use super::evaluated::{Change, Evaluated};
use super::watch::Watch;
use crate::bookkeeping::effects::evaluates_builtins;
use crate::error::Result;
use crate::name::SchemaName;

/// How often the watched relations were read in this transaction, how many rows of the catalogue were changed, and how many sequences
/// of the watched relations, and of the schema, gave or got a number: each is locked until the end.
const COUNTS: &str = "WITH sequence AS (SELECT c.oid, c.relnamespace FROM pg_catalog.pg_locks AS l \
     JOIN pg_catalog.pg_class AS c ON c.oid = l.relation AND c.relkind = 'S' \
     WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' \
         AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())) \
     SELECT \
     (SELECT coalesce(sum(pg_catalog.pg_stat_get_xact_numscans(r)), 0)::int8 FROM pg_catalog.unnest($1) AS r), \
     (SELECT sum(pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) \
         + pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) \
         + pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid))::int8 \
     FROM pg_catalog.unnest(ARRAY['pg_class', 'pg_attribute', 'pg_proc', 'pg_type', 'pg_enum', 'pg_constraint', \
         'pg_trigger', 'pg_depend', 'pg_shdepend', 'pg_description']) AS name \
     JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass('pg_catalog.' || name)), \
     (SELECT count(*) FROM sequence WHERE oid = ANY ($1)), \
     (SELECT count(*) FROM sequence AS s JOIN pg_catalog.pg_namespace AS n ON n.oid = s.relnamespace WHERE n.nspname = $2)";

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

const READS: &str = "reads rows of other schemas";
const TAKES: &str = "takes a number from a sequence of another schema";

/// Counts of reads and changes in a transaction.
pub(super) struct Counts {
    reads: i64,
    catalogue: i64,
    /// Sequences of other schemas that gave a number.
    sequences: i64,
    /// Sequences of the schema that gave or got one.
    own_sequences: i64,
    rows: Vec<Change>,
}

impl Counts {
    /// The difference to earlier counts, with the relations that were changed.
    pub(super) fn since(mut self, before: &Self) -> Self {
        self.reads -= before.reads;
        self.catalogue -= before.catalogue;
        self.sequences -= before.sequences;
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

    /// Whether there may be other rows than before, or other numbers in sequences.
    fn has_rows(&self) -> bool {
        !self.rows.is_empty() || self.own_sequences > 0
    }
}

/// A look at what the statements of a migration do.
pub(super) struct Look<'l> {
    pub(super) schema: &'l SchemaName,
    pub(super) watch: &'l Watch<'l>,
    pub(super) changing: &'l Changing,
}

impl<'l> Look<'l> {
    pub(super) fn counts(&self, tx: &mut Transaction<'_>) -> Result<Counts> {
        let schema = self.schema.as_str();
        let row = tx.query_typed_one(
            COUNTS,
            &[
                (&self.watch.watched, Type::OID_ARRAY),
                (&schema, Type::NAME),
            ],
        )?;
        let changes = tx.query_typed(CHANGES, &[(&schema, Type::NAME)])?;
        let change = |row: &Row| {
            Ok(Change {
                relation: row.try_get(0)?,
                inserted: row.try_get(1)?,
                updated: row.try_get(2)?,
                deleted: row.try_get(3)?,
            })
        };
        Ok(Counts {
            reads: row.try_get(0)?,
            catalogue: row.try_get(1)?,
            sequences: row.try_get(2)?,
            own_sequences: row.try_get(3)?,
            rows: changes.iter().map(change).collect::<Result<_>>()?,
        })
    }

    pub(super) fn evaluated(&self, tx: &mut Transaction<'_>) -> Result<Evaluated<'l>> {
        Evaluated::read(tx, (self.schema, &self.watch.schemas), self.changing)
    }

    /// The reason why the rows of a table that a statement has altered may be others another time.
    pub(super) fn at_altered(
        &self,
        tx: &mut Transaction<'_>,
        seen: &Counts,
        statement: &Statement<'_>,
        table: &str,
    ) -> Result<Option<String>> {
        let Some(table) = filled(tx, self.schema, table)? else {
            return Ok(None);
        };
        if seen.sequences > 0 {
            return Ok(Some(TAKES.to_owned()));
        }
        if seen.reads > 0 && !self.reads_keys_only(tx, statement, &[table])? {
            return Ok(Some(READS.to_owned()));
        }
        let named = self.evaluated(tx)?.named(statement, true);
        Ok(named.map(str::to_owned))
    }

    /// The reason why what a statement has changed may be different another time.
    pub(super) fn at_changed(
        &self,
        tx: &mut Transaction<'_>,
        seen: &Counts,
        statement: &Statement<'_>,
    ) -> Result<Option<String>> {
        // What is kept for a later statement is as if it changed rows.
        let is_kept = statement.begins(&["prepare"]) || statement.begins(&["declare"]);
        let is_program = ["do", "select", "call", "with"]
            .iter()
            .any(|word| statement.begins(&[word]));
        if seen.sequences > 0 {
            return Ok(Some(TAKES.to_owned()));
        }
        // That it has found no row to change now says nothing of another time.
        let may_change = writes(statement) && seen.reads > 0;
        if seen.rows.is_empty() && !is_program && !is_kept && !may_change {
            return Ok(None);
        }
        let changed: Vec<u32> = seen.rows.iter().map(|change| change.relation).collect();
        let has_changed = may_change || seen.has_rows() || seen.catalogue > 0;
        if seen.reads > 0 && has_changed && !self.reads_keys_only(tx, statement, &changed)? {
            return Ok(Some(READS.to_owned()));
        }
        if statement.begins(&["copy"]) {
            return Ok(Some("reads what is outside of the database".to_owned()));
        }
        let evaluated = self.evaluated(tx)?;
        let named = evaluated.named(statement, is_kept || seen.has_rows());
        Ok(named
            .map(str::to_owned)
            .or_else(|| evaluated.unseen(&seen.rows)))
    }

    /// The reason why what deferred triggers have changed may be different another time.
    pub(super) fn at_end(&self, tx: &mut Transaction<'_>, seen: &Counts) -> Result<Option<String>> {
        if seen.rows.is_empty() {
            return Ok(None);
        }
        if seen.sequences + seen.reads > 0 {
            return Ok(Some(READS.to_owned()));
        }
        Ok(self.evaluated(tx)?.unseen(&seen.rows))
    }

    /// Whether nothing but foreign keys can have read other schemas: whatever they find, the rows are as they stand there.
    fn reads_keys_only(
        &self,
        tx: &mut Transaction<'_>,
        statement: &Statement<'_>,
        changed: &[u32],
    ) -> Result<bool> {
        if !evaluates_builtins(&statement.tokens) {
            return Ok(false);
        }
        let row = tx.query_typed_one(
            CAN_READ,
            &[
                (&self.schema.as_str(), Type::NAME),
                (&changed, Type::OID_ARRAY),
            ],
        )?;
        Ok(!row.try_get::<_, bool>(0)?)
    }
}

/// Whether a statement inserts, updates or deletes rows, if it finds any.
fn writes(statement: &Statement<'_>) -> bool {
    const VERBS: [&str; 4] = ["insert", "update", "delete", "merge"];
    let mut words = statement.tokens.iter();
    if statement.begins(&["with"]) {
        words.any(|word| word.is_any(&VERBS))
    } else {
        words.next().is_some_and(|word| word.is_any(&VERBS))
    }
}

/// The number of a table of the schema, if it has rows, or one that inherits from it has.
fn filled(tx: &mut Transaction<'_>, schema: &SchemaName, table: &str) -> Result<Option<u32>> {
    let row = tx.query_typed_opt(
        "WITH RECURSIVE t AS (SELECT pg_catalog.to_regclass(pg_catalog.format('%I.%I', $1, $2))::oid AS oid, true AS is_first \
         UNION SELECT i.inhrelid, false FROM pg_catalog.pg_inherits AS i JOIN t ON t.oid = i.inhparent) \
         SELECT (SELECT oid FROM t WHERE is_first) WHERE EXISTS (SELECT FROM t WHERE pg_catalog.pg_relation_size(oid) > 0)",
        &[(&schema.as_str(), Type::TEXT), (&table, Type::TEXT)],
    )?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.flatten())
}
