//! Schemas that are there already, made by something else, and are taken over at a migration as if it had made them.
//!
//! Each is compared with what the migrations make first. Nothing in it is changed, so whoever made it can go on using it.

use postgres::Client;
use postgres::types::Type;

use super::chain::{Migration, Part};
use super::drift::{Difference, difference};
use super::goal::Goal;
use super::plan::stage::{check_target, last_tenant_part};
use super::recorded::{self, Recorded, record};
use super::replay::ReplayPart;
use super::report::direction::Direction;
use super::run::run;
use super::session::turn::Turn;
use crate::bookkeeping::{self, CHAIN_REVISION, Guard, ledger_rows};
use crate::error::{Error, ErrorKind, Result};
use crate::model::PlacementKind;
use crate::name::SchemaName;
use crate::tenant::{self, NewTenant, Tenant};

/// How many differences a message lists.
const LISTED: usize = 20;

impl Goal {
    /// Takes the shared schema over, at the migration that is the goal, and has new tenants made from there.
    pub(super) fn adopt_shared(&self, client: &mut Client) -> Result<()> {
        let target = self.target()?;
        let mut turn = Turn::new(Direction::Up);
        let taken = self.take_shared(client, target, &mut turn);
        turn.end(client, taken)?;
        // Nobody is behind: it only has new tenants made there.
        let report = run(client, &self.chain, &self.shared, target, &self.settings()?)?;
        report.into_result().map(drop)
    }

    fn take_shared(&self, client: &mut Client, target: i32, turn: &mut Turn) -> Result<()> {
        let Self { chain, shared, .. } = self;
        let settings = &self.settings()?;
        if !bookkeeping::exists(client, shared)? && is_not_migrated(client) {
            // To be recorded it needs metadata tables and the schema, and what is refused leaves neither behind.
            self.compare_shared(client, target)?;
        }
        let recorded = record(client, chain, shared, (&mut *turn, settings), None)?;
        check_target(chain, &recorded.meta, target)?;
        let pending: Vec<(&Migration, &Part)> = chain
            .migrations()
            .iter()
            .filter(|it| it.position() > recorded.meta.shared_version && it.position() <= target)
            .filter_map(|it| Some((it, it.shared()?)))
            .collect();
        let Some((last, _)) = pending.last() else {
            return self.compare_shared(client, target.max(recorded.meta.shared_version));
        };
        refuse_begun(&recorded)?;
        turn.take(client, settings)?;
        let parts = self.parts(PlacementKind::Shared, target);
        let found = difference(client, (shared, shared), parts.iter(), settings)?;
        same(found, shared, last.id())?;
        let rows: Vec<(&str, String)> = pending
            .iter()
            .map(|(migration, part)| (migration.id(), part.checksum()))
            .collect();
        let rows = ledger_rows(rows.iter().map(|(id, checksum)| (*id, checksum.as_str())));
        let meta = &recorded.meta;
        let sql = format!(
            "WITH m AS (UPDATE tenantry.meta SET shared_version = {} \
             WHERE {CHAIN_REVISION} = {} AND shared_version = {} AND shared_step = 0 \
             AND NOT EXISTS (SELECT FROM tenantry.tenant) RETURNING 0 AS id) \
             INSERT INTO tenantry.ledger (tenant_id, migration, checksum) \
             SELECT {}, v.migration, v.checksum FROM (VALUES {rows}) AS v (migration, checksum)",
            last.position(),
            meta.chain_revision,
            meta.shared_version,
            Guard::Overtaken.or_refuse("(SELECT id FROM m)"),
        );
        settings.waits().change(client, |tx| {
            tx.batch_execute("LOCK TABLE tenantry.ledger IN ROW EXCLUSIVE MODE")?;
            tx.batch_execute(&sql).map_err(|error| {
                if bookkeeping::is_overtaken(&error) {
                    overtaken()
                } else {
                    error.into()
                }
            })
        })
    }

    /// Refuses a shared schema that is taken over already, and is something else.
    fn compare_shared(&self, client: &mut Client, version: i32) -> Result<()> {
        let parts = self.parts(PlacementKind::Shared, version);
        if parts.is_empty() {
            return Ok(());
        }
        let shared = &self.shared;
        exists(client, shared)?;
        let found = difference(client, (shared, shared), parts.iter(), &self.settings()?)?;
        let id = self.chain.at(version).map_or("", Migration::id);
        same(found, shared, id)
    }

    /// Takes a schema over as a tenant's.
    pub(super) fn adopt(&self, client: &mut Client, new: &NewTenant) -> Result<Tenant> {
        let (recorded, _) = recorded::check(client, &self.chain).map_err(without_shared)?;
        let shared = &recorded.meta.shared_schema;
        bookkeeping::check_shared(shared, &self.shared)?;
        let version = last_tenant_part(&self.chain, self.target()?);
        let blame = |error: Error| error.in_tenant(new.key());
        if version > recorded.meta.tenant_version {
            return Err(blame(too_early(self.chain.at(version))));
        }
        let schema = match new.named() {
            Some(schema) => schema.clone(),
            None => SchemaName::new(new.key().as_str()).map_err(|error| blame(error.into()))?,
        };
        let parts = self.parts(PlacementKind::Tenant, version);
        let id = self.chain.at(version).map_or("", Migration::id);
        exists(client, &schema).map_err(blame)?;
        not_shared(&schema, shared).map_err(blame)?;
        migratable(client, &schema).map_err(blame)?;
        let found = difference(client, (shared, &schema), parts.iter(), &self.settings()?)?;
        same(found, &schema, id).map_err(blame)?;
        let new = new.clone().schema(schema);
        tenant::adopt(client, &new, version, &self.settings.waits())
    }

    /// Returns the SQL that makes a schema what the migrations make, as far as tables have words for it.
    #[cfg(feature = "cli")]
    pub(super) fn mending(
        &self,
        client: &mut Client,
        schema: Option<&SchemaName>,
    ) -> Result<Vec<String>> {
        let target = self.target()?;
        // Metadata tables that are there know the shared schema too.
        bookkeeping::exists(client, &self.shared)?;
        let placement = match schema {
            Some(_) => PlacementKind::Tenant,
            None => PlacementKind::Shared,
        };
        let schema = schema.unwrap_or(&self.shared);
        exists(client, schema)?;
        if placement == PlacementKind::Tenant {
            not_shared(schema, &self.shared)?;
        }
        let parts = self.parts(placement, target);
        let found = difference(
            client,
            (&self.shared, schema),
            parts.iter(),
            &self.settings()?,
        )?;
        found
            .map(|found| found.sql)
            .map_err(|why| unknown(schema, &why))
    }

    fn parts(&self, placement: PlacementKind, target: i32) -> Vec<ReplayPart> {
        let migrations = self.chain.migrations().iter();
        let within = migrations.filter(|it| it.position() <= target);
        within
            .filter_map(|it| ReplayPart::of(it, placement))
            .collect()
    }
}

/// Whether the database has no metadata tables.
fn is_not_migrated(client: &mut Client) -> bool {
    recorded::read(client).is_err_and(|error| error.kind() == ErrorKind::NotMigrated)
}

/// Says what comes before the tenants in a database that nothing is known of.
fn without_shared(error: Error) -> Error {
    if error.kind() != ErrorKind::NotMigrated {
        return error;
    }
    error.retold(
        ErrorKind::NotMigrated,
        "the database has no bookkeeping schema `tenantry`\n\
         help: take the shared schema over first, or migrate the database first"
            .to_owned(),
    )
}

fn overtaken() -> Error {
    Error::new(
        ErrorKind::Serialization,
        "somebody else has migrated the database meanwhile\nhelp: look at `status`, and run it again",
    )
}

/// Refuses a shared schema that tenants count on, or that is half-way.
fn refuse_begun(recorded: &Recorded) -> Result<()> {
    if recorded.meta.shared_step == 0 && recorded.lowest.is_none() && recorded.left_out.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Migration,
        "the shared schema can't be taken over any more: there are tenants, or a migration is half-way\n\
         help: take it over before the first tenant; from now on use `migrate`",
    ))
}

fn too_early(migration: Option<&Migration>) -> Error {
    let id = migration.map_or("", Migration::id);
    Error::new(
        ErrorKind::Migration,
        format!(
            "new tenants are not made at `{id}` yet: the shared schema is not there\n\
             help: take the shared schema over first, or migrate to `{id}`"
        ),
    )
}

fn exists(client: &mut Client, schema: &SchemaName) -> Result<()> {
    let sql = "SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1";
    let found = client.query_typed_opt(sql, &[(&schema.as_str(), Type::NAME)])?;
    found.map(drop).ok_or_else(|| {
        Error::new(
            ErrorKind::MissingSchema,
            format!(
                "the database has no schema `{schema}`\nhelp: look at the name, and at the database"
            ),
        )
    })
}

fn not_shared(schema: &SchemaName, shared: &SchemaName) -> Result<()> {
    if schema != shared {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Name,
        format!(
            "a tenant can't have the schema `{schema}`, which is the shared schema\nhelp: take it over with `--shared`, or name the tenant's own"
        ),
    ))
}

/// Refuses a schema of which the owner of the registry could not migrate everything.
fn migratable(client: &mut Client, schema: &SchemaName) -> Result<()> {
    let sql = "SELECT owned.name, pg_catalog.pg_get_userbyid(registry.relowner)::text, pg_catalog.pg_get_userbyid(owned.owner)::text \
         FROM (SELECT 'the schema itself', nspowner, false FROM pg_catalog.pg_namespace WHERE nspname = $1 \
         UNION ALL SELECT pg_catalog.format('`%s`', c.relname), c.relowner, c.relkind = 'S' FROM pg_catalog.pg_class AS c \
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')) AS owned (name, owner, is_sequence) \
         CROSS JOIN pg_catalog.pg_class AS registry \
         WHERE registry.oid = 'tenantry.tenant'::pg_catalog.regclass \
         AND NOT pg_catalog.pg_has_role(registry.relowner, owned.owner, 'USAGE') ORDER BY owned.is_sequence, 1 LIMIT 1";
    let found = client.query_typed_opt(sql, &[(&schema.as_str(), Type::NAME)])?;
    let Some(row) = found else { return Ok(()) };
    let (what, registry, owner): (String, String, String) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    Err(Error::new(
        ErrorKind::Permission,
        format!(
            "{what} belongs to `{owner}`, whose rights `{registry}`, the owner of the registry, does not have, so it could not be \
             migrated\nhelp: `GRANT \"{owner}\" TO \"{registry}\"`, or `ALTER .. OWNER TO \"{registry}\"`"
        ),
    )
    .in_schema(schema))
}

/// Refuses a schema that is not what the migrations make.
fn same(
    found: std::result::Result<Difference, Error>,
    schema: &SchemaName,
    id: &str,
) -> Result<()> {
    let changes = found.map_err(|why| unknown(schema, &why))?.changes;
    if changes.is_empty() {
        return Ok(());
    }
    let mut lines: Vec<String> = changes.iter().take(LISTED).cloned().collect();
    if changes.len() > LISTED {
        lines.push(format!("and {} more", changes.len() - LISTED));
    }
    let lines = lines.join("\n  ");
    Err(Error::new(
        ErrorKind::SchemaDiffers,
        format!(
            "the schema `{schema}` is not what the migrations up to `{id}` make; to be it, these would have been done after them:\n  {lines}\n\
             help: change the schema, or have the models and the migration say what is there; `adopt --sql` prints SQL that \
             changes the schema"
        ),
    )
    .in_schema(schema))
}

fn unknown(schema: &SchemaName, why: &Error) -> Error {
    let why = why.message();
    let why = why.split_once("\nhelp: ").map_or(why, |(why, _)| why);
    Error::new(
        ErrorKind::Migration,
        format!(
            "the schema `{schema}` could not be compared, since the migrations themselves fail: {why}\n\
             help: `check` tries them out"
        ),
    )
    .in_schema(schema)
}
