//! Reading all that creation needs before it writes, with one query.

use std::sync::Arc;

use postgres::types::{ToSql, Type};
use postgres::{Client, GenericClient, Row, Transaction};

use super::TenantState;
use super::known_baselines::{KnownBaseline, KnownBaselines, NAME};
use super::new::{NewTenant, slug};
use super::refusal::{being_dropped, no_schema, not_a_member, refused_name, schema_exists, taken};
use crate::bookkeeping::effects::{Rows, is_unknowable, leaves_nothing};
use crate::bookkeeping::segment::{in_transaction, is_other_in_transaction, needs_segments};
use crate::bookkeeping::{
    FileSql, IS_RESTORED, IS_SET_BACK, Meta, Waits, damage, damaged, explain, fits, not_migrated,
    skip_numbers,
};
use crate::error::Result;
use crate::name::SchemaName;

/// Everything that creation needs before it writes.
pub(super) struct Plan {
    pub(super) meta: Meta,
    /// A number that no other tenant gets.
    pub(super) id: i64,
    pub(super) schema: SchemaName,
    /// The baseline that the new schema is made of first, if there is one.
    pub(super) baseline: Option<Baseline>,
    /// The parts of the chain after that.
    pub(super) parts: Vec<Part>,
    /// Grants and seeds, which come in the end.
    pub(super) after: Vec<FileSql>,
    /// Checksum of these.
    pub(super) after_checksum: Option<String>,
    /// Whether there is a standby, which may be one that can be claimed.
    pub(super) has_standby: bool,
    /// The role that owns the registry, quoted, if the tenant is made in its name.
    pub(super) owner: Option<String>,
    /// The number of a tenant of this key or schema that is just being made step by step.
    pub(super) in_the_way: Option<i64>,
    /// Whether there is what runs code with SQL that does not name it; not looked up if the baseline is all of it.
    is_unknowable: bool,
}

/// The baseline that a new schema is made of first.
pub(super) struct Baseline {
    pub(super) file: Arc<FileSql>,
    /// The version that it leads to.
    pub(super) version: i32,
    /// Whether it makes no rows and evaluates nothing, so that no function of the chain has run that could leave something.
    pub(super) is_known: bool,
}

/// A part of the chain for tenants.
pub(super) struct Part {
    pub(super) position: i32,
    pub(super) id: String,
    /// The SQL as it was written.
    pub(super) sql: String,
    /// Whether it is run in a transaction, except for what can't be.
    pub(super) is_transaction: bool,
    /// The same for a transaction over a schema that nobody uses.
    pub(super) file: FileSql,
}

impl Part {
    fn new(
        (position, id, sql, is_transaction): (i32, &str, &str, bool),
        shared: &SchemaName,
    ) -> Self {
        let file = FileSql::new(id, "tenant.up.sql", &in_transaction(sql), shared);
        Self {
            position,
            id: id.to_owned(),
            sql: sql.to_owned(),
            is_transaction,
            file,
        }
    }

    /// Whether the fleet does it in more than one transaction.
    pub(super) fn is_cut(&self) -> bool {
        !self.is_transaction || needs_segments(&self.sql)
    }

    /// Whether it leaves nothing in its transaction that what comes after it could see.
    fn is_known(&self, rows: Rows) -> bool {
        leaves_nothing(&self.sql, rows) && !is_other_in_transaction(&self.sql)
    }
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
), owner AS MATERIALIZED (
    SELECT r.oid, r.rolname, r.rolsuper, r.rolname = CURRENT_USER AS is_here,
        pg_catalog.pg_has_role(r.oid, CASE WHEN pg_catalog.current_setting('server_version_num')::int >= 160000
            THEN 'SET' ELSE 'MEMBER' END) AS is_ours
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner
    WHERE c.oid = 'tenantry.tenant'::pg_catalog.regclass
)
SELECT {meta}, named.id, named.name,
    pg_catalog.to_regrole(pg_catalog.quote_ident(named.name)) IS NOT NULL,
    EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = named.name::pg_catalog.name),
    (SELECT key FROM tenantry.tenant WHERE schema_name = named.name),
    (SELECT state FROM tenantry.tenant WHERE pg_catalog.lower(key) = pg_catalog.lower($3)),
    EXISTS (SELECT FROM tenantry.retired_schema WHERE name = named.name),
    CASE WHEN b.mark IS NOT NULL THEN {name} END, CASE WHEN {name} = ANY ($5) THEN NULL ELSE b.sql END, b.version,
    p.checksum, p.grants, p.seed,
    EXISTS (SELECT FROM tenantry.tenant WHERE state = 'standby'),
    (SELECT id FROM tenantry.provisioning WHERE pg_catalog.lower(key) = pg_catalog.lower($3) OR schema_name = named.name LIMIT 1),
    CASE WHEN owner.is_ours AND NOT owner.is_here
        AND pg_catalog.has_database_privilege(owner.oid, pg_catalog.current_database(), 'CREATE')
        THEN pg_catalog.quote_ident(owner.rolname) END,
    CASE WHEN NOT (owner.is_ours OR owner.rolsuper)
        AND NOT pg_catalog.pg_has_role(owner.rolname, CURRENT_USER, 'USAGE') THEN owner.rolname::text END,
    ARRAY(SELECT position FROM tenantry.migration WHERE {tail} ORDER BY position),
    ARRAY(SELECT id FROM tenantry.migration WHERE {tail} ORDER BY position),
    ARRAY(SELECT tenant_up FROM tenantry.migration WHERE {tail} ORDER BY position),
    ARRAY(SELECT is_transaction FROM tenantry.migration WHERE {tail} ORDER BY position),
    {is_restored} OR (SELECT {is_set_back} FROM drawn),
    {damage},
    EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE contypid >= 16384 AND contype = 'c')
FROM tenantry.meta AS m CROSS JOIN named CROSS JOIN owner
LEFT JOIN tenantry.baseline AS b ON b.sql IS NOT NULL AND {fits}
LEFT JOIN tenantry.provision AS p
    ON p.position = (SELECT max(position) FROM tenantry.provision WHERE position <= m.tenant_version)
WHERE m.one = 1";

/// The condition for the parts of the chain after the baseline.
const TAIL: &str =
    "tenant_up IS NOT NULL AND position > COALESCE(b.version, 0) AND position <= m.tenant_version";

impl Plan {
    /// Reads within a limit of waiting for whoever has locked the metadata tables.
    pub(super) fn read(client: &mut Client, new: &NewTenant, waits: &Waits) -> Result<Self> {
        loop {
            if let Some(plan) = waits.read(client, |tx| Self::read_in(tx, new))? {
                return Ok(plan);
            }
            skip_numbers(client)?;
        }
    }

    /// Returns nothing if the metadata tables were restored, and numbers have to be skipped first.
    fn read_in(tx: &mut Transaction<'_>, new: &NewTenant) -> Result<Option<Self>> {
        let name = new.schema_name();
        let known = KnownBaselines::now();
        let sql = READ
            .replace("{meta}", Meta::COLUMNS)
            .replace("{fits}", &fits())
            .replace("{name}", NAME)
            .replace("{tail}", TAIL)
            .replace("{is_restored}", IS_RESTORED)
            .replace("{is_set_back}", IS_SET_BACK)
            .replace("{damage}", &damage());
        let params: [(&(dyn ToSql + Sync), Type); 5] = [
            (&name.as_ref().map(SchemaName::as_str), Type::TEXT),
            (&slug(&new.key), Type::TEXT),
            (&new.key.as_str(), Type::TEXT),
            (&new.schema.is_some(), Type::BOOL),
            (&known.names(), Type::TEXT_ARRAY),
        ];
        let at = Meta::WIDTH;
        let row = tx.query_typed_opt(&sql, &params).map_err(explain)?;
        let row = row.ok_or_else(not_migrated)?;
        // Made of what is left of the chain, the tenant would lack the rest and nobody would know.
        if let Some(lacking) = row.try_get::<_, Option<String>>(at + 22)? {
            return Err(damaged(&[lacking]));
        }
        if row.try_get(at + 21)? {
            return Ok(None);
        }
        let meta = Meta::read(&row)?;
        let in_the_way: Option<i64> = row.try_get(at + 14)?;
        if in_the_way.is_none() {
            check(tx, &row, new, &meta)?;
        }
        let baseline = match row.try_get::<_, Option<&str>>(at + 7)? {
            Some(name) => {
                let seen = match known.get(name) {
                    Some(seen) => seen,
                    None => KnownBaseline::fetched(name, row.try_get(at + 8)?, &meta.shared_schema),
                };
                // A text that is read as an array of a domain has the domain's check evaluated.
                let has_checks: bool = row.try_get(at + 23)?;
                Some(Baseline {
                    file: seen.file,
                    version: row.try_get(at + 9)?,
                    is_known: seen.leaves_nothing && !has_checks,
                })
            }
            None => None,
        };
        let parts = parts(&row, at + 17, &meta)?;
        Ok(Some(Self {
            id: row.try_get(at)?,
            schema: SchemaName::new(row.try_get::<_, &str>(at + 1)?)?,
            baseline,
            is_unknowable: !parts.is_empty() && is_unknowable(tx)?,
            parts,
            after: after(&row, at + 11, &meta)?,
            after_checksum: row.try_get(at + 10)?,
            has_standby: row.try_get(at + 13)?,
            owner: row.try_get(at + 15)?,
            in_the_way,
            meta,
        }))
    }

    /// The schema's name, unless it has the number of the tenant in it.
    pub(super) fn name(&self, new: &NewTenant) -> Option<&SchemaName> {
        let numbered = format!("t{}_", self.id);
        let is_numbered = new.schema.is_none() && self.schema.as_str().starts_with(&numbered);
        (!is_numbered).then_some(&self.schema)
    }

    /// Whether all of it gives the same in one transaction as in one for each migration, like the fleet's.
    ///
    /// The last migration may leave what it likes if nothing comes after it.
    pub(super) fn is_one_transaction(&self, has_more: bool) -> bool {
        let Some((last, before)) = self.parts.split_last() else {
            return true;
        };
        let rows = match &self.baseline {
            Some(baseline) if !baseline.is_known => Rows::Possible,
            _ => Rows::None,
        };
        let is_known = |part: &Part| !self.is_unknowable && part.is_known(rows);
        let is_end = self.after.is_empty() && !has_more && !last.is_cut();
        (is_end || is_known(last)) && before.iter().all(is_known)
    }

    /// Makes the schema of the chain instead of the baseline.
    pub(super) fn replay(&mut self, client: &mut impl GenericClient) -> Result<()> {
        let columns = ["position", "id", "tenant_up", "is_transaction"].map(|column| {
            format!(
                "ARRAY(SELECT {column} FROM tenantry.migration \
                 WHERE tenant_up IS NOT NULL AND position <= $1 ORDER BY position)"
            )
        });
        let sql = format!("SELECT {}", columns.join(", "));
        let params: [(&(dyn ToSql + Sync), Type); 1] = [(&self.meta.tenant_version, Type::INT4)];
        let row = client.query_typed_one(&sql, &params).map_err(explain)?;
        self.parts = parts(&row, 0, &self.meta)?;
        self.is_unknowable = is_unknowable(client)?;
        self.baseline = None;
        Ok(())
    }
}

/// The parts of the chain that four columns have, from a place on.
fn parts(row: &Row, at: usize, meta: &Meta) -> Result<Vec<Part>> {
    let positions: Vec<i32> = row.try_get(at)?;
    let ids: Vec<&str> = row.try_get(at + 1)?;
    let texts: Vec<&str> = row.try_get(at + 2)?;
    let are_transactions: Vec<bool> = row.try_get(at + 3)?;
    let all = positions
        .into_iter()
        .zip(ids)
        .zip(texts)
        .zip(are_transactions);
    Ok(all
        .map(|(((position, id), sql), is_transaction)| {
            Part::new((position, id, sql, is_transaction), &meta.shared_schema)
        })
        .collect())
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

/// Refuses a tenant whose key or schema is there already, whose schema's name means something else, or which whoever
/// migrates the fleet could not migrate.
fn check(client: &mut impl GenericClient, row: &Row, new: &NewTenant, meta: &Meta) -> Result<()> {
    let at = Meta::WIDTH;
    let name: &str = row.try_get(at + 1)?;
    if let Some(state) = row.try_get::<_, Option<&str>>(at + 5)? {
        return Err(match state.parse()? {
            TenantState::Dropping => being_dropped(&new.key),
            _ => taken(client, &new.key),
        });
    }
    if name == meta.shared_schema.as_str() {
        return Err(refused_name(new, name, "is the shared schema"));
    }
    if row.try_get(at + 2)? {
        return Err(refused_name(new, name, "is the name of a role"));
    }
    if row.try_get(at + 6)? {
        return Err(refused_name(
            new,
            name,
            "was that of a tenant that was dropped",
        ));
    }
    let owner: Option<&str> = row.try_get(at + 4)?;
    let is_there: bool = row.try_get(at + 3)?;
    if is_there != new.adopts || owner.is_some() {
        if new.adopts && owner.is_none() {
            return Err(no_schema(name, new));
        }
        return Err(schema_exists(client, (&SchemaName::new(name)?, owner), new));
    }
    if let Some(owner) = row.try_get::<_, Option<&str>>(at + 16)? {
        return Err(not_a_member(owner, new));
    }
    Ok(())
}
