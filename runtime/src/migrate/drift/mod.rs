//! Schemas that are not what their migrations make any more: somebody has changed them by hand.
//!
//! The result of the recorded migrations is found out in a transaction that is rolled back, once for each version that there
//! are tenants at. The schemas are read many at a time, so it takes a few statements for a hundred tenants.

mod alike;
#[cfg(feature = "cli")]
mod dangling;
mod older;
mod tied;
#[cfg(feature = "cli")]
mod undo;

use std::collections::BTreeMap;

use postgres::{Client, Transaction};
use serde::Serialize;

#[cfg(feature = "cli")]
pub(crate) use self::dangling::{Unchecked, find_dangling, unchecked};
pub(super) use self::older::refuse_older;
#[cfg(feature = "cli")]
pub(crate) use self::undo::Repair;
#[cfg(feature = "cli")]
pub(super) use self::undo::undo;
use super::baseline::by_itself;
use super::chain::manifest::Limits;
use super::replay::ReplayPart;
use super::session::Session;
use super::session::retry::{is_of_transactions, may_pass};
use super::session::scratch::scratch_name;
use super::session::settings::Settings;
use crate::bookkeeping::{LEFT_OUT, Meta, explain};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Given, Locks};
use crate::model::PlacementKind;
use crate::name::{SchemaName, TenantKey};
use crate::place::TenantPlace;
use crate::structure::{Namespace, ObjectKind, State, diff, introspect, render_with_sequences};

/// How many schemas are read at a time.
const CHUNK: usize = 100;

/// The schemas that are not what their migrations make.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Drift {
    /// How many schemas were compared, the shared one included.
    pub compared: usize,
    /// Those that differ, the shared one first.
    pub found: Vec<Drifted>,
    /// Schemas that could not be compared, and why.
    pub uncompared: Vec<String>,
}

/// A schema that is not what its migrations make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Drifted {
    /// The tenant; none for the shared schema.
    pub tenant: Option<TenantKey>,
    /// The schema.
    pub schema: SchemaName,
    /// The changes that can be seen; each names its object.
    pub changes: Vec<String>,
}

/// A tenant to compare.
struct Candidate {
    key: TenantKey,
    schema: SchemaName,
}

/// How a schema differs from what parts make of it.
pub(super) struct Difference {
    /// The changes that somebody would have made to what the parts make, in words.
    pub(super) changes: Vec<String>,
    /// SQL that makes the schema what the parts make, as far as tables have words for it; with slots.
    #[cfg_attr(
        not(feature = "cli"),
        expect(dead_code, reason = "the commands print it")
    )]
    pub(super) sql: Vec<String>,
    /// The changes that the SQL does not undo.
    #[cfg_attr(
        not(feature = "cli"),
        expect(dead_code, reason = "the commands print it")
    )]
    pub(super) rest: Vec<String>,
}

/// Compares a schema with what parts make; or tells why that can't be known. Nothing changes.
pub(super) fn difference<'a>(
    client: &mut Client,
    (shared, schema): (&SchemaName, &SchemaName),
    parts: impl Iterator<Item = &'a ReplayPart> + Clone,
    settings: &Settings,
) -> Result<std::result::Result<Difference, Error>> {
    let is_shared = shared == schema;
    let placement = if is_shared {
        PlacementKind::Shared
    } else {
        PlacementKind::Tenant
    };
    let wanted = match made(client, parts, (!is_shared).then_some(shared), settings)? {
        Ok(wanted) => wanted,
        Err(error) if may_pass(&error) => return Err(error),
        Err(error) => return Ok(Err(error)),
    };
    let mut found = introspect(client, std::slice::from_ref(schema), shared)?;
    let live = found.remove(schema).unwrap_or_default();
    let [from, to] = [&live, &wanted].map(|it| state(placement, &without_partitions(it)));
    let changes = changes(placement, &wanted, &live);
    let worded: Vec<String> = diff(&to, &from).iter().map(ToString::to_string).collect();
    let rest = changes.iter().filter(|change| !worded.contains(change));
    Ok(Ok(Difference {
        rest: rest.cloned().collect(),
        changes,
        sql: render_with_sequences(&diff(&from, &to), &live),
    }))
}

/// Compares all schemas with what the migrations make that are applied to them.
pub(super) fn drift(client: &mut Client, meta: &Meta, settings: &Settings) -> Result<Drift> {
    let mut drift = Drift::default();
    let parts = Parts(recorded(client)?);
    let of = |placement, version| parts.of(placement, version);
    if meta.shared_step == 0 {
        let wanted = made(
            client,
            of(PlacementKind::Shared, meta.shared_version),
            None,
            settings,
        )?;
        match wanted {
            Ok(wanted) => compare_shared(client, meta, &wanted, &mut drift)?,
            Err(why) => {
                let why = why.message();
                drift.uncompared.push(format!("the shared schema: {why}"));
            }
        }
    }
    for (version, tenants) in tenants(client)? {
        let wanted = made(
            client,
            of(PlacementKind::Tenant, version),
            Some(&meta.shared_schema),
            settings,
        )?;
        match wanted {
            Ok(wanted) => compare(client, meta, &wanted, &tenants, &mut drift)?,
            Err(why) => drift.uncompared.push(format!(
                "the tenants at version {version} ({}): {}",
                tenants.len(),
                why.message()
            )),
        }
    }
    Ok(drift)
}

/// The parts of the recorded migrations, with their positions.
struct Parts(Vec<(i32, ReplayPart)>);

impl Parts {
    /// Those that lead to a version.
    fn of(
        &self,
        placement: PlacementKind,
        version: i32,
    ) -> impl Iterator<Item = &ReplayPart> + Clone {
        let those = self.0.iter();
        let those = those.filter(move |(position, _)| *position <= version);
        let parts = those.map(|(_, part)| part);
        parts.filter(move |part| part.is_for_tenants() == (placement == PlacementKind::Tenant))
    }
}

fn recorded(client: &mut Client) -> Result<Vec<(i32, ReplayPart)>> {
    let rows = client
        .query_typed(
            "SELECT position, id, shared_up, tenant_up, is_transaction FROM tenantry.migration ORDER BY position",
            &[],
        )
        .map_err(explain)?;
    let mut parts = Vec::new();
    for row in &rows {
        let (position, id): (i32, &str) = (row.try_get(0)?, row.try_get(1)?);
        let limits = Limits {
            is_transaction: row.try_get(4)?,
            ..Limits::default()
        };
        for (column, placement) in [(2, PlacementKind::Shared), (3, PlacementKind::Tenant)] {
            if let Some(sql) = row.try_get::<_, Option<&str>>(column)? {
                let part = ReplayPart::new(placement, id, sql, limits);
                parts.push((position, part));
            }
        }
    }
    Ok(parts)
}

/// The tenants whose schemas are there and whole, standbys included, by their versions.
fn tenants(client: &mut Client) -> Result<BTreeMap<i32, Vec<Candidate>>> {
    let sql = format!(
        "SELECT version, key, schema_name FROM tenantry.tenant \
         WHERE state NOT IN {LEFT_OUT} AND step = 0 ORDER BY id"
    );
    let rows = client.query_typed(&sql, &[]).map_err(explain)?;
    let mut tenants: BTreeMap<i32, Vec<Candidate>> = BTreeMap::new();
    for row in &rows {
        tenants.entry(row.try_get(0)?).or_default().push(Candidate {
            key: TenantKey::new(row.try_get::<_, &str>(1)?)?,
            schema: SchemaName::new(row.try_get::<_, &str>(2)?)?,
        });
    }
    Ok(tenants)
}

/// Makes the result of parts in a schema that nobody sees; or tells why that can't be done. Without a shared schema they make one.
///
/// Where one transaction can't do it, it is done in those that creation falls back to.
fn made<'a>(
    client: &mut Client,
    parts: impl Iterator<Item = &'a ReplayPart> + Clone,
    shared: Option<&SchemaName>,
    settings: &Settings,
) -> Result<std::result::Result<Namespace, Error>> {
    let scratch = scratch_name()?;
    let schemas = (shared.unwrap_or(&scratch), &scratch);
    let mut session = Session::new(client, None);
    let given = session.remember()?.clone();
    let mut tx = session.transaction()?;
    let made = make(&mut tx, parts.clone(), schemas, (settings, &given));
    let over = tx.rollback();
    session.reset(Locks::Released)?;
    match made {
        // Why a session was lost is told by what was lost, and not by what comes after it.
        Ok(namespace) => Ok(over.map(|()| Ok(namespace))?),
        Err(error) if error.kind() == ErrorKind::Connection => Err(error),
        Err(error) if is_of_transactions(&error) => {
            let look = |tx: &mut Transaction<'_>, schema: &SchemaName| {
                read(tx, (shared.unwrap_or(schema), schema))
            };
            let made = by_itself(&mut session, parts, shared, settings, look);
            session.reset(Locks::Released)?;
            match made {
                Err(error) if error.kind() == ErrorKind::Connection => Err(error),
                Err(error) => Ok(Err(error)),
                Ok(made) => Ok(made.map_err(|why| {
                    let message = format!("{why}\nhelp: `check` tries them out");
                    Error::new(ErrorKind::Migration, message)
                })),
            }
        }
        Err(error) => Ok(Err(error)),
    }
}

fn make<'a>(
    tx: &mut Transaction<'_>,
    parts: impl Iterator<Item = &'a ReplayPart>,
    schemas: (&SchemaName, &SchemaName),
    (settings, given): (&Settings, &Given),
) -> Result<Namespace> {
    let (shared, scratch) = schemas;
    let tenant = TenantPlace::nobodys(scratch)?;
    tx.batch_execute(&format!("CREATE SCHEMA {}", scratch.quoted()))?;
    for part in parts {
        part.replay(tx, (shared, &tenant), settings, given)?;
    }
    read(tx, schemas)
}

fn read(
    tx: &mut Transaction<'_>,
    (shared, schema): (&SchemaName, &SchemaName),
) -> Result<Namespace> {
    let mut found = introspect(tx, std::slice::from_ref(schema), shared)?;
    Ok(found.remove(schema).unwrap_or_default())
}

fn compare_shared(
    client: &mut Client,
    meta: &Meta,
    wanted: &Namespace,
    drift: &mut Drift,
) -> Result<()> {
    let schema = &meta.shared_schema;
    let found = introspect(client, std::slice::from_ref(schema), schema)?;
    drift.compared += 1;
    let live = found.get(schema).cloned().unwrap_or_default();
    let mut changes = changes(PlacementKind::Shared, wanted, &live);
    changes.extend(tied::untied(client, schema, wanted)?);
    if !changes.is_empty() {
        drift.found.push(Drifted {
            tenant: None,
            schema: schema.clone(),
            changes,
        });
    }
    Ok(())
}

fn compare(
    client: &mut Client,
    meta: &Meta,
    wanted: &Namespace,
    tenants: &[Candidate],
    drift: &mut Drift,
) -> Result<()> {
    for chunk in tenants.chunks(CHUNK) {
        let schemas: Vec<SchemaName> = chunk.iter().map(|it| it.schema.clone()).collect();
        let found = introspect(client, &schemas, &meta.shared_schema)?;
        for tenant in chunk {
            // A schema that is not there is told of by the status.
            let Some(live) = found.get(&tenant.schema) else {
                continue;
            };
            drift.compared += 1;
            let changes = changes(PlacementKind::Tenant, wanted, live);
            if !changes.is_empty() {
                drift.found.push(Drifted {
                    tenant: Some(tenant.key.clone()),
                    schema: tenant.schema.clone(),
                    changes,
                });
            }
        }
    }
    Ok(())
}

/// Changes from one namespace to another, in words. Partitions come and go with time, and are no change.
pub(super) fn changes(
    placement: PlacementKind,
    wanted: &Namespace,
    live: &Namespace,
) -> Vec<String> {
    if wanted == live {
        return Vec::new();
    }
    let (wanted, live) = (without_partitions(wanted), without_partitions(live));
    let ops = diff(&state(placement, &wanted), &state(placement, &live));
    let mut changes: Vec<String> = ops.iter().map(ToString::to_string).collect();
    for (name, definition) in &wanted.objects {
        match live.objects.get(name) {
            None => changes.push(format!("drop {name}")),
            Some(found) if found != definition => changes.push(format!("change {name}")),
            Some(_) => {}
        }
    }
    let added = live.objects.keys();
    let added = added.filter(|name| !wanted.objects.contains_key(name));
    changes.extend(added.map(|name| format!("create {name}")));
    // What the structure has no operation for, such as options of a table.
    let both = wanted.tables.iter().filter_map(|(name, table)| {
        let found = live.tables.get(name)?;
        let is_told = ops.iter().any(|op| op.table == *name);
        (found != table && !is_told)
            .then(|| format!("change {} table `{name}`", placement.as_str()))
    });
    changes.extend(both);
    changes
}

fn state(placement: PlacementKind, namespace: &Namespace) -> State {
    match placement {
        PlacementKind::Shared => State::new(namespace.clone(), Namespace::default()),
        PlacementKind::Tenant => State::new(Namespace::default(), namespace.clone()),
    }
}

/// The same without partitions, and without what is unusual about them.
pub(crate) fn without_partitions(namespace: &Namespace) -> Namespace {
    let mut namespace = namespace.clone();
    let partitions: Vec<String> = namespace
        .objects
        .iter()
        .filter(|(name, text)| name.kind == ObjectKind::Table && text.contains("PARTITION OF "))
        .map(|(name, _)| name.name.clone())
        .collect();
    let is_of = |name: &str| {
        partitions.iter().any(|partition| {
            let rest = name.strip_prefix(partition.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    namespace.tables.retain(|name, _| !is_of(name));
    namespace.objects.retain(|name, _| !is_of(&name.name));
    namespace
}
