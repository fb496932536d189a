//! A look at what a transaction changes beyond a schema.

use postgres::Transaction;
use postgres::types::Type;

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

/// A look at what a transaction changes beyond a schema.
pub(super) struct TransactionWatch<'g> {
    /// The settings of the session before.
    given: &'g Given,
    /// The relations of other schemas.
    pub(super) watched: Vec<u32>,
    /// The schemas that are nobody's.
    pub(super) schemas: Vec<u32>,
    /// Whether there are event triggers, which plain DDL fires.
    pub(super) has_event_triggers: bool,
    first: Outside,
    untouched: Outside,
}

impl<'g> TransactionWatch<'g> {
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
