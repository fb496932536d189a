//! What creation reads before it writes, with one query.

use std::sync::{Arc, Mutex, PoisonError};

use postgres::types::{ToSql, Type};
use postgres::{GenericClient, Row};

use super::TenantState;
use super::change::taken;
use super::new::{NewTenant, slug};
use crate::bookkeeping::segment::in_transaction;
use crate::bookkeeping::{FileSql, Meta, explain, fits, not_migrated};
use crate::error::{Error, ErrorKind, Result};
use crate::name::SchemaName;

/// What creation reads before it writes.
pub(super) struct Plan {
    pub(super) meta: Meta,
    /// A number that no other tenant gets.
    pub(super) id: i64,
    pub(super) schema: SchemaName,
    /// What the new schema is made of: the baseline, or the chain.
    pub(super) files: Vec<Arc<FileSql>>,
    /// Whether it is the baseline.
    pub(super) is_baseline: bool,
    /// What comes after that: grants and seeds.
    pub(super) after: Vec<FileSql>,
    /// What tells these from others.
    pub(super) after_checksum: Option<String>,
    /// Whether there is a standby, which may be one that can be claimed.
    pub(super) has_standby: bool,
}

/// `$1` is the schema's name if it is known, `$2` what follows the number otherwise, `$3` the key, `$4` whether the name
/// was chosen, `$5` the baselines that are known here already.
const READ: &str = "
WITH drawn AS MATERIALIZED (
    SELECT pg_catalog.nextval('tenantry.tenant_id_seq') AS id
), named AS MATERIALIZED (
    SELECT id, CASE WHEN $1 IS NULL OR NOT $4 AND (
        EXISTS (SELECT FROM tenantry.retired_schema WHERE name = $1)
        OR EXISTS (SELECT FROM tenantry.tenant WHERE schema_name = $1)
    ) THEN pg_catalog.left(pg_catalog.concat('t', id, '_', $2), 63) ELSE $1 END AS name FROM drawn
)
SELECT {meta}, named.id, named.name,
    pg_catalog.to_regrole(pg_catalog.quote_ident(named.name)) IS NOT NULL,
    EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = named.name::pg_catalog.name),
    (SELECT key FROM tenantry.tenant WHERE schema_name = named.name),
    (SELECT state FROM tenantry.tenant WHERE pg_catalog.lower(key) = pg_catalog.lower($3)),
    EXISTS (SELECT FROM tenantry.retired_schema WHERE name = named.name),
    b.mark, CASE WHEN b.mark = ANY ($5) THEN NULL ELSE b.sql END,
    p.checksum, p.grants, p.seed,
    EXISTS (SELECT FROM tenantry.tenant WHERE state = 'standby'),
    ARRAY(SELECT id FROM tenantry.migration WHERE {tail} ORDER BY position),
    ARRAY(SELECT tenant_up FROM tenantry.migration WHERE {tail} ORDER BY position)
FROM tenantry.meta AS m CROSS JOIN named
LEFT JOIN tenantry.baseline AS b ON b.sql IS NOT NULL AND {fits}
LEFT JOIN tenantry.provision AS p
    ON p.position = (SELECT max(position) FROM tenantry.provision WHERE position <= m.tenant_version)
WHERE m.one = 1";

/// What the chain has after the baseline.
const TAIL: &str =
    "tenant_up IS NOT NULL AND position > b.version AND position <= m.tenant_version";

impl Plan {
    pub(super) fn read(client: &mut impl GenericClient, new: &NewTenant) -> Result<Self> {
        let name = new.schema_name();
        let sql = READ
            .replace("{meta}", Meta::COLUMNS)
            .replace("{fits}", &fits())
            .replace("{tail}", TAIL);
        let params: [(&(dyn ToSql + Sync), Type); 5] = [
            (&name.as_ref().map(SchemaName::as_str), Type::TEXT),
            (&slug(&new.key), Type::TEXT),
            (&new.key.as_str(), Type::TEXT),
            (&new.schema.is_some(), Type::BOOL),
            (&known(), Type::INT8_ARRAY),
        ];
        let row = client
            .query_typed_opt(&sql, &params)
            .map_err(explain)?
            .ok_or_else(not_migrated)?;
        let meta = Meta::read(&row)?;
        check(&row, new, &meta)?;
        let at = Meta::WIDTH;
        let mark: Option<i64> = row.try_get(at + 7)?;
        let files = match mark {
            Some(mark) => {
                let mut files = vec![baseline(mark, row.try_get(at + 8)?, &meta.shared_schema)];
                let ids: Vec<&str> = row.try_get(at + 13)?;
                let texts: Vec<&str> = row.try_get(at + 14)?;
                let tail = ids.into_iter().zip(texts);
                files.extend(tail.map(|(id, sql)| part(id, sql, &meta)));
                files
            }
            None => chain(client, &meta)?,
        };
        Ok(Self {
            id: row.try_get(at)?,
            schema: SchemaName::new(row.try_get::<_, &str>(at + 1)?)?,
            files,
            is_baseline: mark.is_some(),
            after: after(&row, at + 10, &meta)?,
            after_checksum: row.try_get(at + 9)?,
            has_standby: row.try_get(at + 12)?,
            meta,
        })
    }

    /// The schema's name, unless it has the number of the tenant in it.
    pub(super) fn name(&self, new: &NewTenant) -> Option<&SchemaName> {
        let numbered = format!("t{}_", self.id);
        let is_numbered = new.schema.is_none() && self.schema.as_str().starts_with(&numbered);
        (!is_numbered).then_some(&self.schema)
    }

    /// The tenant's number and schema.
    pub(super) fn place(&self) -> (i64, SchemaName) {
        (self.id, self.schema.clone())
    }

    /// Makes the schema of the chain instead of the baseline.
    pub(super) fn replay(&mut self, client: &mut impl GenericClient) -> Result<()> {
        self.files = chain(client, &self.meta)?;
        self.is_baseline = false;
        Ok(())
    }
}

/// The parts of the chain that make a new tenant, for want of a baseline.
fn chain(client: &mut impl GenericClient, meta: &Meta) -> Result<Vec<Arc<FileSql>>> {
    let rows = client
        .query_typed(
            "SELECT id, tenant_up FROM tenantry.migration \
             WHERE tenant_up IS NOT NULL AND position <= $1 ORDER BY position",
            &[(&meta.tenant_version, Type::INT4)],
        )
        .map_err(explain)?;
    rows.iter()
        .map(|row| Ok(part(row.try_get(0)?, row.try_get(1)?, meta)))
        .collect()
}

/// A part of the chain for a new schema. Nobody uses it yet, so nothing needs to be done while others go on.
fn part(id: &str, sql: &str, meta: &Meta) -> Arc<FileSql> {
    let sql = in_transaction(sql);
    Arc::new(FileSql::new(id, "tenant.up.sql", &sql, &meta.shared_schema))
}

fn after(row: &Row, at: usize, meta: &Meta) -> Result<Vec<FileSql>> {
    let mut files = Vec::new();
    for (at, name) in [(at, "grants.sql"), (at + 1, "seed.sql")] {
        if let Some(sql) = row.try_get::<_, Option<&str>>(at)? {
            files.push(FileSql::new("baseline", name, sql, &meta.shared_schema));
        }
    }
    Ok(files)
}

/// The baselines that this process has seen last, by their marks, so that they need not be fetched for each tenant.
static KNOWN: Mutex<Vec<(i64, Arc<FileSql>)>> = Mutex::new(Vec::new());

/// How many are kept.
const KEPT: usize = 8;

fn known() -> Vec<i64> {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.iter().map(|(mark, _)| *mark).collect()
}

fn baseline(mark: i64, sql: Option<&str>, shared: &SchemaName) -> Arc<FileSql> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, file)) = known.iter().find(|(known, _)| *known == mark) {
        return Arc::clone(file);
    }
    let file = FileSql::new("baseline", "tenant.sql", sql.unwrap_or_default(), shared);
    let file = Arc::new(file);
    if known.len() >= KEPT {
        known.remove(0);
    }
    known.push((mark, Arc::clone(&file)));
    file
}

/// Refuses a tenant whose key or schema is there already, or whose schema's name means something else.
fn check(row: &Row, new: &NewTenant, meta: &Meta) -> Result<()> {
    let at = Meta::WIDTH;
    let name: &str = row.try_get(at + 1)?;
    if let Some(state) = row.try_get::<_, Option<&str>>(at + 5)? {
        return Err(match state.parse()? {
            TenantState::Dropping => Error::new(
                ErrorKind::TenantState,
                format!(
                    "a tenant with this key is being dropped\nhelp: {}",
                    TenantState::Dropping.help()
                ),
            )
            .in_tenant(&new.key),
            _ => taken(&new.key),
        });
    }
    if name == meta.shared_schema.as_str() {
        return Err(refused(new, name, "is the shared schema"));
    }
    if row.try_get(at + 2)? {
        return Err(refused(new, name, "is the name of a role"));
    }
    if row.try_get(at + 6)? {
        return Err(refused(new, name, "was that of a tenant that was dropped"));
    }
    let owner: Option<&str> = row.try_get(at + 4)?;
    if row.try_get(at + 3)? || owner.is_some() {
        return Err(schema_exists(&SchemaName::new(name)?, owner, new));
    }
    Ok(())
}

pub(super) fn refused(new: &NewTenant, name: &str, why: &str) -> Error {
    Error::new(
        ErrorKind::Name,
        format!(
            "the tenant can't have the schema `{name}`, which {why}\n\
             help: choose another with `NewTenant::schema`, or with `--schema` on the command line"
        ),
    )
    .in_tenant(&new.key)
}

pub(super) fn schema_exists(schema: &SchemaName, owner: Option<&str>, new: &NewTenant) -> Error {
    let whose = owner
        .map(|key| format!(", of the tenant `{key}`"))
        .unwrap_or_default();
    Error::new(
        ErrorKind::SchemaExists,
        format!(
            "there is a schema `{schema}` already{whose}, and creation takes over no schema\n\
             help: choose another with `NewTenant::schema`, or with `--schema` on the command line"
        ),
    )
    .in_tenant(&new.key)
    .in_schema(schema)
}
