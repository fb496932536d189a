//! Creation: one message, one transaction.

use postgres::error::SqlState;
use postgres::types::Type;
use postgres::{Client, Row};

use super::change::taken;
use super::new::{NewTenant, is_numbered, slug};
use super::{Tenant, TenantState, mark};
use crate::bookkeeping::segment::in_transaction;
use crate::bookkeeping::{
    FileSql, Message, Meta, explain, is_overtaken, ledger_rows, not_migrated,
};
use crate::error::{Error, ErrorKind, Result};
use crate::name::{SchemaName, TenantKey, quote_literal};

/// How often creation is planned anew because a migrator or another process came in between.
const ATTEMPTS: usize = 100;

/// Creates a tenant: its registry row, its schema, and what the chain has led to in the other tenants.
///
/// All of it is one transaction of the server, sent as one message, so a tenant is there as a whole or not at all.
///
/// # Errors
///
/// [`ErrorKind::TenantExists`]; [`ErrorKind::SchemaExists`], for creation never takes over a schema that is there;
/// [`ErrorKind::Name`], when the schema would be named like the shared schema, like a role, or like that of a tenant that
/// was dropped;
/// [`ErrorKind::NotMigrated`]; [`ErrorKind::Migration`], when a migration fails in the new schema.
pub fn create(client: &mut Client, new: &NewTenant) -> Result<Tenant> {
    if let Some(schema) = &new.schema
        && is_numbered(schema.as_str())
    {
        return Err(refused(
            new,
            schema.as_str(),
            "has the form of the names that tenantry makes up",
        ));
    }
    for _ in 0..ATTEMPTS {
        let plan = Plan::read(client, new)?;
        if let Some(tenant) = plan.execute(client, new)? {
            tracing::info!(tenant = %tenant.key, schema = %tenant.schema, "created a tenant");
            return Ok(tenant);
        }
    }
    Err(Error::new(
        ErrorKind::Serialization,
        "migrations came in between again and again\nhelp: try again when the migrator is done",
    )
    .in_tenant(&new.key))
}

/// What creation reads before it writes.
struct Plan {
    meta: Meta,
    id: i64,
    schema: SchemaName,
    files: Vec<FileSql>,
    checksums: Vec<String>,
}

/// `$1` is the schema's name if it is known, `$2` what follows the number otherwise, `$3` the key, `$4` whether the name
/// was chosen.
const READ: &str = "
WITH drawn AS MATERIALIZED (
    SELECT pg_catalog.nextval('tenantry.tenant_id_seq') AS id
), named AS MATERIALIZED (
    SELECT id, CASE WHEN $1 IS NULL OR NOT $4 AND (
        EXISTS (SELECT FROM tenantry.retired_schema WHERE name = $1)
        OR EXISTS (SELECT FROM tenantry.tenant WHERE schema_name = $1)
    ) THEN pg_catalog.left(pg_catalog.concat('t', id, '_', $2), 63) ELSE $1 END AS name FROM drawn
), chain AS MATERIALIZED (
    SELECT g.position, g.id, g.tenant_up, g.tenant_checksum
    FROM tenantry.migration AS g CROSS JOIN tenantry.meta AS m
    WHERE m.one = 1 AND g.tenant_up IS NOT NULL AND g.position <= m.tenant_version
)
SELECT {meta}, named.id, named.name,
    EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = named.name::pg_catalog.name),
    EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = named.name::pg_catalog.name),
    (SELECT key FROM tenantry.tenant WHERE schema_name = named.name),
    (SELECT state FROM tenantry.tenant WHERE pg_catalog.lower(key) = pg_catalog.lower($3)),
    EXISTS (SELECT FROM tenantry.retired_schema WHERE name = named.name),
    ARRAY(SELECT id FROM chain ORDER BY position),
    ARRAY(SELECT tenant_up FROM chain ORDER BY position),
    ARRAY(SELECT tenant_checksum FROM chain ORDER BY position)
FROM tenantry.meta AS m CROSS JOIN named WHERE m.one = 1";

impl Plan {
    fn read(client: &mut Client, new: &NewTenant) -> Result<Self> {
        let name = new.schema_name();
        let row = client
            .query_typed_opt(
                &READ.replace("{meta}", Meta::COLUMNS),
                &[
                    (&name.as_ref().map(SchemaName::as_str), Type::TEXT),
                    (&slug(&new.key), Type::TEXT),
                    (&new.key.as_str(), Type::TEXT),
                    (&new.schema.is_some(), Type::BOOL),
                ],
            )
            .map_err(explain)?
            .ok_or_else(not_migrated)?;
        let meta = Meta::read(&row)?;
        check(&row, new, &meta)?;
        let at = Meta::WIDTH;
        let ids: Vec<String> = row.try_get(at + 7)?;
        let texts: Vec<String> = row.try_get(at + 8)?;
        let files = ids
            .iter()
            .zip(&texts)
            .map(|(id, sql)| {
                // Nobody uses the new tables yet, so nothing needs to be done while others go on.
                let sql = in_transaction(sql);
                FileSql::new(id, "tenant.up.sql", &sql, &meta.shared_schema)
            })
            .collect();
        Ok(Self {
            id: row.try_get(at)?,
            schema: SchemaName::new(row.try_get::<_, &str>(at + 1)?)?,
            files,
            checksums: row.try_get(at + 9)?,
            meta,
        })
    }

    /// Sends the message. Gives nothing if it was overtaken and has to be planned anew.
    fn execute(self, client: &mut Client, new: &NewTenant) -> Result<Option<Tenant>> {
        let mut message = Message::new(self.control(&new.key));
        for file in &self.files {
            message.add(file, Some(&self.schema));
        }
        if let Err(error) = message.send(client) {
            if is_overtaken(&error) {
                return Ok(None);
            }
            return Err(self.explain(client, &message, error, new));
        }
        super::get(client, &new.key).map(Some)
    }

    /// The statements before those of the migrations. The first fails unless the database is as it was read, and keeps
    /// migrators from recording or releasing anything until the tenant is there for them to see.
    fn control(&self, key: &TenantKey) -> String {
        let Meta {
            edition,
            tenant_version,
            ..
        } = self.meta;
        let id = self.id;
        let tenant = format!(
            "INSERT INTO tenantry.tenant (id, key, schema_name, state, version) \
             VALUES ({id}, {}, {}, '{}', (SELECT tenant_version FROM tenantry.meta \
             WHERE one = 1 AND edition = {edition} AND tenant_version = {tenant_version} FOR SHARE))",
            quote_literal(key.as_str()),
            quote_literal(self.schema.as_str()),
            TenantState::Active,
        );
        let migrations = self.files.iter().map(FileSql::migration);
        let rows = ledger_rows(migrations.zip(self.checksums.iter().map(String::as_str)));
        let rows = if rows.is_empty() {
            tenant
        } else {
            format!(
                "WITH made AS ({tenant} RETURNING id) \
                 INSERT INTO tenantry.ledger (tenant_id, migration, checksum) \
                 SELECT made.id, v.migration, v.checksum FROM made, (VALUES {rows}) AS v (migration, checksum)"
            )
        };
        let schema = self.schema.quoted();
        let mark = quote_literal(&mark(id));
        // Since the name was looked up, another tenant may have been given it and have been dropped again.
        let retired = format!(
            "UPDATE tenantry.tenant SET version = NULL \
             WHERE id = {id} AND EXISTS (SELECT FROM tenantry.retired_schema WHERE name = {})",
            quote_literal(self.schema.as_str())
        );
        format!(
            "{rows};\n{retired};\nCREATE SCHEMA {schema};\nCOMMENT ON SCHEMA {schema} IS {mark};"
        )
    }

    fn explain(
        &self,
        client: &mut Client,
        message: &Message<'_>,
        error: postgres::Error,
        new: &NewTenant,
    ) -> Error {
        let refused = error.as_db_error();
        let constraint = refused
            .filter(|refused| refused.schema() == Some(crate::name::BOOKKEEPING_SCHEMA))
            .and_then(|refused| refused.constraint());
        match constraint {
            Some("tenant_key_key" | "tenant_key_lower_key") => return taken(&new.key),
            Some("tenant_schema_name_key") => return schema_exists(&self.schema, None, new),
            _ => {}
        }
        if error.code() == Some(&SqlState::DUPLICATE_SCHEMA) {
            return schema_exists(&self.schema, None, new);
        }
        let error = message.diagnose(client, error);
        error.in_tenant(&new.key).in_schema(&self.schema)
    }
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

fn refused(new: &NewTenant, name: &str, why: &str) -> Error {
    Error::new(
        ErrorKind::Name,
        format!(
            "the tenant can't have the schema `{name}`, which {why}\n\
             help: choose another with `NewTenant::schema`, or with `--schema` on the command line"
        ),
    )
    .in_tenant(&new.key)
}

fn schema_exists(schema: &SchemaName, owner: Option<&str>, new: &NewTenant) -> Error {
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
