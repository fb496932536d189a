//! Trying migrations out: in transactions that are rolled back, or in a schema that is dropped at once.

mod others;

use postgres::types::Type;
use postgres::{Client, Transaction};
use serde::Serialize;

use self::others::Others;
use super::baseline::by_itself;
use super::chain::Chain;
use super::fleet::pending::size_of;
use super::fleet::table_size::BIG;
use super::fleet::table_size::sized_tables;
use super::plan::Standing;
use super::replay::ReplayPart;
use super::report::Failure;
use super::session::Session;
use super::session::retry::{is_of_transactions, may_pass};
use super::session::scratch::scratch_name;
use super::session::settings::Settings;
use crate::bookkeeping::segment::{is_cut_by_choice, needs_segments};
use crate::bookkeeping::{Meta, explain};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Given, Locks};
use crate::model::PlacementKind;
use crate::name::{SchemaName, TenantKey};
use crate::place::TenantPlace;
use crate::tenant::{Needs, name_holder};

/// Result of trying migrations out. Nothing of it stays.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Trial {
    /// The result for each tenant.
    pub tenants: Vec<Tried>,
}

/// Result of trying migrations out on a schema.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Tried {
    /// The tenant; none for a new one, which was made for it.
    pub tenant: Option<TenantKey>,
    /// The ids of the migrations that work, in order.
    pub migrations: Vec<String>,
    /// Why the next one would fail.
    pub error: Option<Failure>,
    /// The parts that could not be tried, or were tried in another way, and why.
    pub untried: Vec<String>,
}

impl Trial {
    /// Tells whether nothing failed of what could be tried.
    pub fn is_success(&self) -> bool {
        self.failures().next().is_none()
    }

    /// Returns the failures: for which tenant, and why.
    pub fn failures(&self) -> impl Iterator<Item = (&Tried, &Failure)> {
        let all = self.tenants.iter();
        all.filter_map(|tried| Some((tried, tried.error.as_ref()?)))
    }
}

/// Tries what a tenant lacks from a version on, shared parts included that come before.
pub(super) fn try_on(
    client: &mut Client,
    chain: &Chain,
    meta: &Meta,
    (tenant, from, target): (&Standing, i32, i32),
    settings: &Settings,
) -> Result<Tried> {
    let mut tried = Tried {
        tenant: Some(tenant.key.clone()),
        ..Tried::default()
    };
    if tenant.step > 0 {
        tried.untried.push(
            "it is half-way through a migration that is not one transaction, and goes on there"
                .to_owned(),
        );
        return Ok(tried);
    }
    let mut parts = parts(chain, meta.shared_version, from, target);
    for (place, part) in parts.iter().enumerate() {
        let is_costly = is_cut_by_choice(part.sql()) || needs_segments(part.sql());
        if !part.is_for_tenants() || !is_costly {
            continue;
        }
        let tables = sized_tables([part.sql()], "{tenant}");
        if size_of(client, &tenant.schema, &tables)? > BIG {
            tried.untried.push(format!(
                "`{}` and what comes after it: it looks at all rows of tables that are big, which would hold up whoever writes \
                 to them",
                part.id()
            ));
            parts.truncate(place);
            break;
        }
    }
    let mut session = Session::new(client, None);
    let given = session.remember()?.clone();
    let mut tx = session.transaction()?;
    let row = tx
        .query_typed_opt(
            "SELECT FROM tenantry.tenant WHERE key = $1 AND schema_name = $2 AND version = $3 AND step = 0 \
             FOR SHARE SKIP LOCKED",
            &[
                (&tenant.key.as_str(), Type::TEXT),
                (&tenant.schema.as_str(), Type::TEXT),
                (&tenant.version, Type::INT4),
            ],
        )
        .map_err(explain)?;
    if row.is_none() {
        tried
            .untried
            .push("somebody else is working on it, or it is gone".to_owned());
        return Ok(tried);
    }
    let others = Others::of(&mut tx, chain, &tenant.schema)?;
    let place = TenantPlace::new(0, tenant.key.clone(), tenant.schema.clone());
    let schemas = (&meta.shared_schema, &place);
    let end = replay_all(
        &mut tx,
        &parts,
        schemas,
        (settings, &given),
        (&others, &mut tried),
    )?;
    tx.rollback()?;
    // Not all that a session has is rolled back: prepared statements and locks are not.
    session.reset(Locks::Released)?;
    note_passing(&mut session, end, &tenant.schema, &mut tried);
    Ok(tried)
}

/// Tries what makes a new tenant, in a schema that nobody sees. Shared parts that are not applied are tried in their places;
/// where the database was never migrated, in the shared schema that is there, or else in one that nobody sees either.
pub(super) fn try_new(
    client: &mut Client,
    chain: &Chain,
    (meta, shared): (Option<&Meta>, &SchemaName),
    target: i32,
    settings: &Settings,
) -> Result<Tried> {
    let mut tried = Tried::default();
    let parts = parts(chain, meta.map_or(0, |meta| meta.shared_version), 0, target);
    let tenant = scratch_name()?;
    let mut session = Session::new(client, None);
    let given = session.remember()?.clone();
    let mut tx = session.transaction()?;
    tx.batch_execute(&format!("CREATE SCHEMA {}", tenant.quoted()))?;
    let shared = if meta.is_some() || is_there(&mut tx, shared)? {
        shared.clone()
    } else {
        let shared = scratch_name()?;
        tx.batch_execute(&format!("CREATE SCHEMA {}", shared.quoted()))?;
        shared
    };
    let others = match meta {
        Some(_) => Others::of(&mut tx, chain, &tenant)?,
        None => Others::none(chain),
    };
    let place = TenantPlace::nobodys(&tenant)?;
    let schemas = (&shared, &place);
    let end = replay_all(
        &mut tx,
        &parts,
        schemas,
        (settings, &given),
        (&others, &mut tried),
    )?;
    tx.rollback()?;
    session.reset(Locks::Released)?;
    if matches!(end, TrialEnd::OfTransaction)
        && meta.is_some()
        && parts.iter().all(ReplayPart::is_for_tenants)
    {
        let look = |_: &mut Transaction<'_>, _: &SchemaName| Ok(());
        let made = by_itself(&mut session, parts.iter(), Some(&shared), settings, look);
        session.reset(Locks::Released)?;
        tried.untried.pop();
        let untried = match made {
            Ok(Ok(())) => {
                tried.migrations = ids(&parts);
                // There it was done as it is written.
                tried.untried.clear();
                None
            }
            Ok(Err(why)) => Some(why),
            Err(error) if error.kind() == ErrorKind::Connection => return Err(error),
            Err(error) if may_pass(&error) => Some(error.message().to_owned()),
            Err(error) => {
                tried.error = Some(failure(error, None));
                None
            }
        };
        tried.untried.extend(untried.map(|why| {
            let last = tried.migrations.last();
            let last = last.map_or("nothing", String::as_str);
            format!("what comes after `{last}`: {why}")
        }));
    }
    note_passing(&mut session, end, &tenant, &mut tried);
    Ok(tried)
}

/// The ids of the migrations that parts are of.
fn ids(parts: &[ReplayPart]) -> Vec<String> {
    let mut ids: Vec<String> = parts.iter().map(|part| part.id().to_owned()).collect();
    ids.dedup();
    ids
}

fn is_there(tx: &mut Transaction<'_>, schema: &SchemaName) -> Result<bool> {
    let sql = "SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1::name";
    let found = tx.query_typed_opt(sql, &[(&schema.as_str(), Type::TEXT)])?;
    Ok(found.is_some())
}

/// The parts that a tenant at a version lacks, up to a position, each where it comes in the chain.
fn parts(chain: &Chain, shared_version: i32, version: i32, target: i32) -> Vec<ReplayPart> {
    let within = chain
        .migrations()
        .iter()
        .filter(|it| it.position() <= target);
    let both = within.flat_map(|migration| {
        let shared = (migration.position() > shared_version)
            .then(|| ReplayPart::of(migration, PlacementKind::Shared));
        let tenant = (migration.position() > version)
            .then(|| ReplayPart::of(migration, PlacementKind::Tenant));
        [shared.flatten(), tenant.flatten()]
    });
    both.flatten().collect()
}

fn replay_all(
    tx: &mut Transaction<'_>,
    parts: &[ReplayPart],
    schemas: (&SchemaName, &TenantPlace),
    (settings, given): (&Settings, &Given),
    (others, tried): (&Others<'_>, &mut Tried),
) -> Result<TrialEnd> {
    for (place, part) in parts.iter().enumerate() {
        let id = part.id();
        if !part.is_transaction() {
            tried.untried.push(format!(
                "`{id}` and what comes after it: it is not one transaction, so it can't be rolled back"
            ));
            return Ok(TrialEnd::OfTransaction);
        }
        if needs_segments(part.sql()) {
            tried.untried.push(format!(
                "what `{id}` does outside of a transaction: indexes were made without `CONCURRENTLY`, the rest was left out"
            ));
        }
        match part.replay(tx, schemas, settings, given) {
            Ok(()) if tried.migrations.last().is_some_and(|last| last == id) => {}
            Ok(()) => tried.migrations.push(id.to_owned()),
            Err(error) if error.kind() == ErrorKind::Connection => return Err(error),
            // Before the first there is no earlier transaction: it would fail.
            Err(error) if is_of_transactions(&error) && place > 0 => {
                tried.untried.push(format!(
                    "`{id}` and what comes after it: it needs that an earlier transaction is over: {}",
                    error.message()
                ));
                return Ok(TrialEnd::OfTransaction);
            }
            Err(error) if may_pass(&error) => {
                return Ok(TrialEnd::Passing(id.to_owned(), Box::new(error)));
            }
            Err(error) => {
                match others.hold(part, &error, &schemas.1.schema) {
                    Some(before) => tried.untried.push(format!(
                        "`{id}` and what comes after it: it drops what other tenants depend on until they have `{before}`"
                    )),
                    None => tried.error = Some(failure(error, tried.tenant.as_ref())),
                }
                return Ok(TrialEnd::Other);
            }
        }
    }
    Ok(TrialEnd::Other)
}

/// Why no more was tried.
enum TrialEnd {
    /// The next part needs that a transaction is over, or is none.
    OfTransaction,
    /// This migration failed for what may pass.
    Passing(String, Box<Error>),
    /// All was tried, or there is another reason.
    Other,
}

/// Tells what kept the rest from being tried, once the transaction is over: then it can be asked who has a lock.
fn note_passing(client: &mut Client, end: TrialEnd, schema: &SchemaName, tried: &mut Tried) {
    let TrialEnd::Passing(id, error) = end else {
        return;
    };
    let error = name_holder(client, *error, Needs::Drop(Some(schema)));
    let why = error.message();
    tried
        .untried
        .push(format!("`{id}` and what comes after it: {why}"));
}

fn failure(error: Error, tenant: Option<&TenantKey>) -> Failure {
    let error = match tenant {
        Some(key) => error.in_tenant(key),
        None => error,
    };
    Failure::from(&error)
}
