//! SQL that makes a schema again what its migrations make.

use postgres::Client;

use super::{Parts, difference, recorded};
use crate::bookkeeping::{Meta, explain};
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::session::settings::Settings;
use crate::model::PlacementKind;
use crate::name::{SchemaName, TenantKey};

/// SQL that undoes what was done to a schema by hand.
#[derive(Debug)]
pub(crate) struct Repair {
    pub(crate) schema: SchemaName,
    /// The statements, with slots.
    pub(crate) sql: Vec<String>,
    /// The changes that no statement undoes, in words.
    pub(crate) rest: Vec<String>,
}

/// Finds how a schema differs from what its migrations make, that of a tenant or the shared one. Nothing changes.
///
/// # Errors
///
/// [`ErrorKind::UnknownTenant`]; [`ErrorKind::SchemaDiffers`], when it can't be known what the migrations make.
pub(in crate::migrate) fn undo(
    client: &mut Client,
    meta: &Meta,
    tenant: Option<&TenantKey>,
    settings: &Settings,
) -> Result<Repair> {
    let shared = &meta.shared_schema;
    let (placement, version, schema) = match tenant {
        None => (PlacementKind::Shared, meta.shared_version, shared.clone()),
        Some(key) => {
            let (version, schema) = place(client, key)?;
            (PlacementKind::Tenant, version, schema)
        }
    };
    let parts = Parts(recorded(client)?);
    let found = difference(
        client,
        (shared, &schema),
        parts.of(placement, version),
        settings,
    )?;
    let found = found.map_err(|why| {
        let message =
            format!("what the migrations make of the schema `{schema}` can't be known: {why}");
        Error::new(ErrorKind::SchemaDiffers, message)
            .help("compare the schema by hand with that of a new tenant")
    })?;
    Ok(Repair {
        schema,
        sql: found.sql,
        rest: found.rest,
    })
}

/// The version and the schema of a tenant that is whole.
fn place(client: &mut Client, key: &TenantKey) -> Result<(i32, SchemaName)> {
    let sql = "SELECT version, schema_name, step = 0 AND state <> 'dropping' FROM tenantry.tenant WHERE key = $1";
    let row = client.query_opt(sql, &[&key.as_str()]).map_err(explain)?;
    let Some(row) = row else {
        let message = "there is no such tenant\nhelp: `tenants list` shows those that there are";
        return Err(Error::new(ErrorKind::UnknownTenant, message).in_tenant(key));
    };
    if !row.try_get::<_, bool>(2)? {
        let message = "the tenant is half-way through a migration, or is being dropped\n\
                       help: run `migrate`, or drop it again, and look after that";
        return Err(Error::new(ErrorKind::TenantState, message).in_tenant(key));
    }
    Ok((
        row.try_get(0)?,
        SchemaName::new(row.try_get::<_, &str>(1)?)?,
    ))
}
