//! Who is behind: one query, however many tenants there are.

use postgres::types::{ToSql, Type};
use postgres::{Client, Row};

use super::batch::Direction;
use super::report::LeftOut;
use crate::bookkeeping::{LEFT_OUT, Meta, explain, not_migrated};
use crate::error::{Error, ErrorKind, Result};
use crate::name::{SchemaName, TenantKey};

/// How many tenants are read at a time, so that memory does not grow with the fleet.
pub(super) const CHUNK: usize = 1000;

/// A tenant that is not at the version where it should be.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) id: i64,
    pub(super) key: TenantKey,
    pub(super) schema: SchemaName,
    pub(super) version: i32,
}

impl Pending {
    /// Reads the columns `id, key, schema_name, version`.
    pub(super) fn read(row: &Row, at: usize) -> Result<Self> {
        Ok(Self {
            id: row.try_get(at)?,
            key: TenantKey::new(row.try_get::<_, &str>(at + 1)?)?,
            schema: SchemaName::new(row.try_get::<_, &str>(at + 2)?)?,
            version: row.try_get(at + 3)?,
        })
    }
}

/// Where the database is, and who is not where they should be.
#[derive(Debug)]
pub(super) struct Survey {
    pub(super) meta: Meta,
    /// Whether anybody at all is not, those that were not asked for included.
    pub(super) others: bool,
    pub(super) pending: Vec<Pending>,
}

/// Which tenants to look for.
#[derive(Debug)]
pub(super) struct Search<'a> {
    /// Those before the version, or those after it.
    pub(super) direction: Direction,
    /// The version where all should be.
    pub(super) version: i32,
    /// Those after this one.
    pub(super) after: i64,
    /// None of these.
    pub(super) except: &'a [i64],
    /// Only these.
    pub(super) only: Option<&'a [&'a str]>,
}

/// Looks for tenants that are not where they should be.
pub(super) fn survey(client: &mut Client, search: &Search<'_>) -> Result<Survey> {
    let beyond = match search.direction {
        Direction::Up => "<",
        Direction::Down => ">",
    };
    let sql = format!(
        "SELECT {meta}, EXISTS (SELECT FROM tenantry.tenant WHERE version {beyond} $1 AND state NOT IN {LEFT_OUT}), \
         t.id, t.key, t.schema_name, t.version \
         FROM tenantry.meta AS m LEFT JOIN LATERAL ( \
             SELECT id, key, schema_name, version FROM tenantry.tenant \
             WHERE version {beyond} $1 AND state NOT IN {LEFT_OUT} AND id > $2 AND id <> ALL ($3) \
             AND ($4::text[] IS NULL OR key = ANY ($4)) ORDER BY id LIMIT {CHUNK} \
         ) AS t ON true WHERE m.one = 1",
        meta = Meta::COLUMNS
    );
    let params: [(&(dyn ToSql + Sync), Type); 4] = [
        (&search.version, Type::INT4),
        (&search.after, Type::INT8),
        (&search.except, Type::INT8_ARRAY),
        (&search.only, Type::TEXT_ARRAY),
    ];
    let rows = client.query_typed(&sql, &params).map_err(explain)?;
    let first = rows.first().ok_or_else(not_migrated)?;
    let at = Meta::WIDTH;
    let mut pending = Vec::new();
    for row in &rows {
        if row.try_get::<_, Option<i64>>(at + 1)?.is_some() {
            pending.push(Pending::read(row, at + 1)?);
        }
    }
    Ok(Survey {
        meta: Meta::read(first)?,
        others: first.try_get(at)?,
        pending,
    })
}

/// Lists the tenants that migrations leave out.
pub(super) fn left_out(client: &mut Client) -> Result<Vec<LeftOut>> {
    let sql =
        format!("SELECT key, state FROM tenantry.tenant WHERE state IN {LEFT_OUT} ORDER BY id");
    let rows = client.query_typed(&sql, &[]).map_err(explain)?;
    rows.iter()
        .map(|row| {
            Ok(LeftOut {
                key: TenantKey::new(row.try_get::<_, &str>(0)?)?,
                state: row.try_get::<_, &str>(1)?.parse()?,
            })
        })
        .collect()
}

/// Refuses keys that the registry does not have.
pub(super) fn check_keys(client: &mut Client, keys: &[TenantKey]) -> Result<()> {
    let wanted: Vec<&str> = keys.iter().map(TenantKey::as_str).collect();
    let rows = client
        .query_typed(
            "SELECT k FROM pg_catalog.unnest($1) AS k WHERE k NOT IN (SELECT key FROM tenantry.tenant) ORDER BY k",
            &[(&wanted, Type::TEXT_ARRAY)],
        )
        .map_err(explain)?;
    let unknown: Vec<String> = rows
        .iter()
        .map(|row| Ok(row.try_get(0)?))
        .collect::<Result<_>>()?;
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::UnknownTenant,
        format!(
            "there are no such tenants: `{}`\nhelp: list the tenants to see their keys",
            unknown.join("`, `")
        ),
    ))
}
