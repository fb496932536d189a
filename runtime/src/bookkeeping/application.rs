//! Processes of the application that have announced themselves, and the last migration that each knows.

use std::time::Duration;

use postgres::types::{ToSql, Type};
use postgres::{GenericClient, Transaction};

use super::explain;
use crate::error::Result;

/// SQL expression: the position of the last migration that the process `a` knows. A migration that nobody has applied yet may get another number.
const KNOWN: &str = "COALESCE((SELECT k.position FROM tenantry.migration AS k WHERE k.id = a.migration), a.position)";

/// A process, as it announces itself.
#[derive(Debug, Clone)]
pub(crate) struct Announced {
    /// Different in each process.
    pub(crate) id: String,
    /// The version of the application, as it calls itself.
    pub(crate) name: String,
    /// The last migration that it knows.
    pub(crate) migration: String,
    pub(crate) position: i32,
    /// How long after its last sign it counts as gone.
    pub(crate) gone_after: Duration,
}

/// Processes of one version that are running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) name: String,
    pub(crate) migration: String,
    /// The position of the last migration that they know.
    pub(crate) known: i32,
    pub(crate) processes: usize,
}

impl Announced {
    /// Writes down that the process is there. Returns the first migration that takes something away, is applied somewhere, and that it does not know.
    ///
    /// It needs nothing of its session, so a transaction pooler may be in between. It waits for nobody but those who have locked
    /// whole tables: each process has a row of its own.
    pub(crate) fn note(&self, tx: &mut Transaction<'_>) -> Result<Option<String>> {
        let seconds = self.gone_after.as_secs_f64();
        let params: [(&(dyn ToSql + Sync), Type); 5] = [
            (&self.id, Type::TEXT),
            (&self.name, Type::TEXT),
            (&self.migration, Type::TEXT),
            (&self.position, Type::INT4),
            (&seconds, Type::FLOAT8),
        ];
        let row = tx.query_typed_opt(
            &format!(
                "WITH a AS (INSERT INTO tenantry.application AS o (id, name, migration, position, gone_after) \
                     VALUES ($1, $2, $3, $4, $5 * interval '1 second') \
                     ON CONFLICT (id) DO UPDATE SET seen_at = pg_catalog.clock_timestamp() RETURNING o.migration, o.position) \
                 SELECT g.id FROM a JOIN tenantry.migration AS g ON g.phase = 'contract' AND g.position > {KNOWN} \
                 WHERE (SELECT true FROM tenantry.ledger AS l WHERE l.migration = g.id \
                     ORDER BY l.migration, l.tenant_id LIMIT 1) ORDER BY g.position LIMIT 1"
            ),
            &params,
        )
        .map_err(explain)?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// Takes down that the process is there, and what has been gone for long.
    pub(crate) fn forget(&self, tx: &mut Transaction<'_>) -> Result<()> {
        tx.execute_typed(
            "DELETE FROM tenantry.application WHERE id = $1 OR seen_at < pg_catalog.clock_timestamp() - 10 * gone_after",
            &[(&self.id, Type::TEXT)],
        )
        .map_err(explain)?;
        Ok(())
    }
}

/// Reads which processes are running, those first that know least.
pub(crate) fn running(client: &mut impl GenericClient) -> Result<Vec<Running>> {
    let sql = format!(
        "SELECT a.name, a.migration, {KNOWN} AS known, pg_catalog.count(*) FROM tenantry.application AS a \
         WHERE a.seen_at > pg_catalog.clock_timestamp() - a.gone_after GROUP BY 1, 2, 3 ORDER BY 3, 1"
    );
    let rows = client.query_typed(&sql, &[]).map_err(explain)?;
    rows.iter()
        .map(|row| {
            let processes: i64 = row.try_get(3)?;
            Ok(Running {
                name: row.try_get(0)?,
                migration: row.try_get(1)?,
                known: row.try_get(2)?,
                processes: usize::try_from(processes).unwrap_or(usize::MAX),
            })
        })
        .collect()
}
