//! Metadata tables that were restored from a copy that is older than the schemas beside them: what they say is still to be done is
//! there already, and would be done once more.
//!
//! Metadata tables that were restored together with all else look the same from outside. So the schemas are compared with what the metadata tables
//! say of them, once after each restoration, before anything is migrated or rolled back.

use std::collections::BTreeSet;

use postgres::Client;

use super::{Candidate, Parts, made, read, recorded, tenants, without_partitions};
use crate::bookkeeping::{IS_NOT_COMPARED, Meta, explain, note_compared};
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::session::retry::may_pass;
use crate::migrate::session::settings::Settings;
use crate::model::PlacementKind;
use crate::name::SchemaName;
use crate::structure::{Namespace, ObjectKind};

/// How many tenants of a version are compared. Somebody may have changed one of them by hand, but hardly all.
const COMPARED: usize = 3;

/// Refuses metadata tables that are older than the schemas beside them, if they were restored since this was asked last.
///
/// # Errors
///
/// [`ErrorKind::DamagedMetadata`], when the shared schema, or each of the tenants of a version that are looked at, has not the
/// tables and columns that it has by the metadata tables.
pub(in crate::migrate) fn refuse_older(
    client: &mut Client,
    meta: &Meta,
    settings: &Settings,
) -> Result<()> {
    let sql = format!("SELECT {IS_NOT_COMPARED} FROM tenantry.meta AS m WHERE m.one = 1");
    let row = client.query_typed_opt(&sql, &[]).map_err(explain)?;
    if !row.map_or(Ok(false), |row| row.try_get::<_, bool>(0))? {
        return Ok(());
    }
    let parts = Parts(recorded(client)?);
    if meta.shared_step == 0 {
        let of = parts.of(PlacementKind::Shared, meta.shared_version);
        let shared = &meta.shared_schema;
        if let Some(wanted) = comparable(made(client, of, None, settings)?)?
            && let Some(change) = change(client, &wanted, (shared, shared))?
        {
            return Err(older("the shared schema", meta.shared_version, &change));
        }
    }
    for (version, tenants) in tenants(client)? {
        let of = parts.of(PlacementKind::Tenant, version);
        let made = made(client, of, Some(&meta.shared_schema), settings)?;
        let Some(wanted) = comparable(made)? else {
            continue;
        };
        let mut changed = None;
        for Candidate { key, schema } in tenants.iter().take(COMPARED) {
            let Some(change) = change(client, &wanted, (&meta.shared_schema, schema))? else {
                changed = None;
                break;
            };
            changed = changed.or(Some((key, change)));
        }
        if let Some((key, change)) = changed {
            return Err(older(&format!("the tenant `{key}`"), version, &change));
        }
    }
    settings.waits().change(client, |tx| note_compared(tx))
}

/// Leaves out what can't be made, and so can't be compared either. What could be made another time is not left out: this is asked once.
fn comparable(made: std::result::Result<Namespace, Error>) -> Result<Option<Namespace>> {
    match made {
        Ok(wanted) => Ok(Some(wanted)),
        Err(error) if may_pass(&error) => Err(error),
        Err(_) => Ok(None),
    }
}

fn older(who: &str, version: i32, change: &str) -> Error {
    Error::new(
        ErrorKind::DamagedMetadata,
        format!(
            "the metadata tables of this database were restored from a copy, and they do not say what is there: {who} is at version {version} \
             by the registry, and {change}\n\
             help: bring the whole database back from one copy, or correct `tenantry.meta`, `tenantry.tenant` and \
             `tenantry.ledger` to what is there; if the metadata tables are right, say so by `UPDATE tenantry.meta SET compared = 'tenantry.meta'::regclass`"
        ),
    )
}

/// Says what a schema has, or lacks, beside what it should have; nothing if it is not there.
fn change(
    client: &mut Client,
    wanted: &Namespace,
    schemas: (&SchemaName, &SchemaName),
) -> Result<Option<String>> {
    let mut tx = client.transaction()?;
    let live = read(&mut tx, schemas)?;
    tx.commit()?;
    if live == Namespace::default() {
        return Ok(None);
    }
    let (wanted, live) = (outline(wanted), outline(&live));
    let more = live.difference(&wanted).next();
    let less = wanted.difference(&live).next();
    Ok(more
        .map(|more| format!("has the {more}, which comes later or from elsewhere"))
        .or_else(|| less.map(|less| format!("lacks the {less}"))))
}

/// The tables, columns and types of a schema. What a restoration writes in another way, as expressions, is left out.
fn outline(namespace: &Namespace) -> BTreeSet<String> {
    let namespace = without_partitions(namespace);
    let mut names = BTreeSet::new();
    for (name, table) in &namespace.tables {
        names.insert(format!("table `{name}`"));
        for column in &table.columns {
            let (column, sql_type) = (&column.name, &column.sql_type);
            names.insert(format!("column `{column}` (`{sql_type}`) of `{name}`"));
        }
    }
    for (object, definition) in &namespace.objects {
        match object.kind {
            ObjectKind::Type => names.insert(format!("type `{}`: {definition}", object.name)),
            _ => names.insert(format!("{object}")),
        };
    }
    names
}
