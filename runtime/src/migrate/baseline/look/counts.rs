//! Counts of what a statement of a migration has read and changed, by the server.

use postgres::types::Type;
use postgres::{Row, Transaction};

use super::super::watch::TransactionWatch;
use super::evaluated::RelationChange;
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

/// Counts of reads and changes in a transaction.
pub(in crate::migrate::baseline) struct Counts {
    pub(super) reads: i64,
    /// Changed rows of the catalogue.
    pub(super) catalogue: i64,
    /// Sequences of other schemas that gave a number.
    pub(super) sequences: i64,
    /// Sequences of the schema that gave or got one.
    own_sequences: i64,
    pub(super) rows: Vec<RelationChange>,
}

impl Counts {
    /// Reads the counts of the open transaction.
    pub(super) fn read(
        tx: &mut Transaction<'_>,
        schema: &SchemaName,
        watch: &TransactionWatch<'_>,
    ) -> Result<Self> {
        let schema = schema.as_str();
        let row = tx.query_typed_one(
            COUNTS,
            &[(&watch.watched, Type::OID_ARRAY), (&schema, Type::NAME)],
        )?;
        let changes = tx.query_typed(CHANGES, &[(&schema, Type::NAME)])?;
        let change = |row: &Row| {
            Ok(RelationChange {
                relation: row.try_get(0)?,
                inserted: row.try_get(1)?,
                updated: row.try_get(2)?,
                deleted: row.try_get(3)?,
            })
        };
        Ok(Self {
            reads: row.try_get(0)?,
            catalogue: row.try_get(1)?,
            sequences: row.try_get(2)?,
            own_sequences: row.try_get(3)?,
            rows: changes.iter().map(change).collect::<Result<_>>()?,
        })
    }

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
    pub(super) fn has_rows(&self) -> bool {
        !self.rows.is_empty() || self.own_sequences > 0
    }
}
