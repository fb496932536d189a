//! Creation: one message, one transaction.

use postgres::Client;
use postgres::error::SqlState;

use super::change::taken;
use super::claim::{Ready, claim};
use super::new::{NewTenant, is_numbered};
use super::plan::{Plan, refused, schema_exists};
use super::standby::check_key;
use super::tags::check_tag;
use super::{Tenant, TenantState, mark};
use crate::bookkeeping::{Message, Meta, is_overtaken};
use crate::error::{Error, ErrorKind, Result};
use crate::name::{SchemaName, TenantKey, quote_literal};

/// How often creation is planned anew because a migrator or another process came in between.
const ATTEMPTS: usize = 100;

/// Where a transaction goes back to when the baseline has failed in it.
const SAVEPOINT: &str = "tenantry_made";

/// The class of the locks that keep creations from taking all of the server for themselves.
const SLOTS: i32 = 0x7465_6e01;

/// Creates a tenant: its registry row, its schema, and what the chain has led to in the other tenants.
///
/// If there is a [standby], the tenant gets its schema. Otherwise all is made in one transaction of the server, sent
/// as one message. Either way a tenant is there as a whole or not at all.
///
/// [standby]: super::refill
///
/// # Errors
///
/// [`ErrorKind::TenantExists`]; [`ErrorKind::SchemaExists`], for creation never takes over a schema that is there;
/// [`ErrorKind::Name`], when the key is that of a standby, when a tag can't be one, or when the schema would be named
/// like the shared schema, like a role, or like that of a tenant that was dropped;
/// [`ErrorKind::NotMigrated`]; [`ErrorKind::Migration`], when a migration fails in the new schema.
pub fn create(client: &mut Client, new: &NewTenant) -> Result<Tenant> {
    create_from(client, new, &Ready::default())
}

/// The same, by a process that may know of standbys.
pub(crate) fn create_from(client: &mut Client, new: &NewTenant, ready: &Ready) -> Result<Tenant> {
    check(new)?;
    let name = new.schema_name();
    let mut claimed = None;
    let has_tried = ready.is_likely();
    if has_tried {
        claimed = claim(client, new, name.as_ref(), ready, Within::Itself)?;
    }
    let may_claim =
        |plan: &Plan| plan.has_standby && !(has_tried && plan.name(new) == name.as_ref());
    let tenant = match claimed {
        Some(tenant) => tenant,
        None => try_often(new, || plan_and_make(client, new, ready, may_claim))?,
    };
    tracing::info!(tenant = %tenant.key, schema = %tenant.schema, "created a tenant");
    Ok(tenant)
}

/// Creates a tenant as what is read before says. Gives nothing if it was overtaken.
fn plan_and_make(
    client: &mut Client,
    new: &NewTenant,
    ready: &Ready,
    may_claim: impl Fn(&Plan) -> bool,
) -> Result<Option<Tenant>> {
    let mut plan = Plan::read(client, new)?;
    if may_claim(&plan)
        && let Some(tenant) = claim(client, new, plan.name(new), ready, Within::Itself)?
    {
        return Ok(Some(tenant));
    }
    loop {
        match make(client, &plan, new, Within::Itself)? {
            Made::Whole => return super::get(client, &new.key).map(Some),
            Made::Overtaken => return Ok(None),
            Made::Unfit => plan.replay(client)?,
        }
    }
}

/// Creates a tenant, or claims a standby for it, as a part of the transaction that the connection is in. Gives its number
/// and schema; nothing if it was overtaken, and then the transaction has to be rolled back and begun anew.
pub(crate) fn create_in(
    client: &mut Client,
    new: &NewTenant,
    ready: &Ready,
) -> Result<Option<(i64, SchemaName)>> {
    check(new)?;
    let mut plan = Plan::read(client, new)?;
    if plan.has_standby {
        match claim(client, new, plan.name(new), ready, Within::Transaction) {
            Ok(Some(tenant)) => return Ok(Some((tenant.id, tenant.schema))),
            Ok(None) => {}
            Err(error) if error.kind() == ErrorKind::Serialization => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    if plan.is_baseline {
        client.batch_execute(&format!("SAVEPOINT {SAVEPOINT}"))?;
    }
    loop {
        match make(client, &plan, new, Within::Transaction)? {
            Made::Whole => return Ok(Some(plan.place())),
            Made::Overtaken => return Ok(None),
            Made::Unfit => {
                client.batch_execute(&format!("ROLLBACK TO SAVEPOINT {SAVEPOINT}"))?;
                plan.replay(client)?;
            }
        }
    }
}

/// Whether a message is a transaction of its own, or a part of the one that the connection is in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Itself,
    Transaction,
}

impl Within {
    /// What a message begins with. Its statements wait for others and then have to see what these have done, even where
    /// the default isolation of the database is stricter.
    pub(super) fn beginning(self) -> &'static str {
        match self {
            Self::Itself => "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;\n",
            Self::Transaction => "",
        }
    }
}

/// What became of the message that makes a tenant.
enum Made {
    Whole,
    /// A migration came in between.
    Overtaken,
    /// The baseline has failed. The chain makes the schema, or its error has the place in the chain.
    Unfit,
}

/// Sends the message that makes a tenant.
fn make(client: &mut Client, plan: &Plan, new: &NewTenant, within: Within) -> Result<Made> {
    let making = Making::of(plan, &new.key, None).tagged(new);
    let message = making.message(new.slots(), within);
    match message.send(client) {
        Ok(()) => Ok(Made::Whole),
        Err(error) if is_overtaken(&error) => Ok(Made::Overtaken),
        Err(error) => match refusal(&plan.schema, new, &error) {
            Some(refused) => Err(refused),
            None if plan.is_baseline && !client.is_closed() => Ok(Made::Unfit),
            None => {
                let error = match within {
                    Within::Itself => message.diagnose(client, error),
                    // In a transaction that has failed, no statement can be tried out.
                    Within::Transaction => message.explain(error),
                };
                Err(error.in_tenant(&new.key).in_schema(&plan.schema))
            }
        },
    }
}

/// Tries until it is not overtaken.
pub(crate) fn try_often<T>(
    new: &NewTenant,
    mut attempt: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    for _ in 0..ATTEMPTS {
        if let Some(done) = attempt()? {
            return Ok(done);
        }
    }
    Err(given_up(new))
}

pub(crate) fn given_up(new: &NewTenant) -> Error {
    Error::new(
        ErrorKind::Serialization,
        "migrations came in between again and again\nhelp: try again when the migrator is done",
    )
    .in_tenant(&new.key)
}

/// Refuses names that nobody can have.
fn check(new: &NewTenant) -> Result<()> {
    if let Some(schema) = &new.schema
        && is_numbered(schema.as_str())
    {
        return Err(refused(
            new,
            schema.as_str(),
            "has the form of the names that tenantry makes up",
        ));
    }
    check_key(&new.key)?;
    new.tags.iter().try_for_each(|tag| check_tag(tag))
}

/// A schema that is being made: for a tenant, or as one of so many standbys.
pub(super) struct Making<'a> {
    plan: &'a Plan,
    key: &'a TenantKey,
    standbys: Option<i64>,
    tags: String,
}

impl<'a> Making<'a> {
    pub(super) fn of(plan: &'a Plan, key: &'a TenantKey, standbys: Option<i64>) -> Self {
        Self {
            plan,
            key,
            standbys,
            tags: "'{}'".to_owned(),
        }
    }

    /// With the tags of a new tenant.
    fn tagged(mut self, new: &NewTenant) -> Self {
        self.tags = new.tags_sql();
        self
    }

    pub(super) fn message(&self, at_once: usize, within: Within) -> Message<'a> {
        let control = format!("{}{}", within.beginning(), self.control(at_once));
        let mut message = Message::new(control);
        for file in &self.plan.files {
            message.add(file, Some(&self.plan.schema));
        }
        for file in &self.plan.after {
            message.add(file, Some(&self.plan.schema));
        }
        message
    }

    /// The statements before those of the migrations. One fails unless the database is as it was read, and keeps
    /// migrators from recording or releasing anything until the tenant is there for them to see.
    fn control(&self, at_once: usize) -> String {
        let Meta {
            edition,
            tenant_version,
            ..
        } = self.plan.meta;
        let id = self.plan.id;
        let name = quote_literal(self.plan.schema.as_str());
        let (state, enough) = match self.standbys {
            None => (TenantState::Active, String::new()),
            // Whoever makes standbys waits for the lock before it counts.
            Some(number) => (
                TenantState::Standby,
                format!(
                    " AND {number} > (SELECT count(*) FROM tenantry.tenant WHERE state = 'standby')"
                ),
            ),
        };
        let queue = match self.standbys {
            None => {
                // Numbers follow each other, so the slots are used evenly.
                let slots = i64::try_from(at_once.max(1)).unwrap_or(i64::MAX);
                format!(
                    "SELECT pg_catalog.pg_advisory_xact_lock({SLOTS}, {});\n",
                    id % slots
                )
            }
            Some(_) => format!("SELECT pg_catalog.pg_advisory_xact_lock({SLOTS}, -1);\n"),
        };
        let after = self.plan.after_checksum.as_deref();
        let after = after.map_or_else(|| "NULL".to_owned(), quote_literal);
        let schema = self.plan.schema.quoted();
        let mark = quote_literal(&mark(id));
        // Whoever changes the recorded chain locks the ledger before the row of `meta`, so it is done in that order here.
        // Since the name was looked up, another tenant may have been given it and have been dropped again: therefore the
        // second look.
        format!(
            "{queue}LOCK TABLE tenantry.ledger IN ROW EXCLUSIVE MODE;\n\
             INSERT INTO tenantry.tenant (id, key, schema_name, state, tags, provision, version) \
             VALUES ({id}, {key}, {name}, '{state}', {tags}, {after}, (SELECT tenant_version FROM tenantry.meta \
             WHERE one = 1 AND edition = {edition} AND tenant_version = {tenant_version}{enough} FOR SHARE));\n\
             UPDATE tenantry.tenant SET version = NULL \
             WHERE id = {id} AND EXISTS (SELECT FROM tenantry.retired_schema WHERE name = {name});\n\
             INSERT INTO tenantry.ledger (tenant_id, migration, checksum) \
             SELECT {id}, id, tenant_checksum FROM tenantry.migration \
             WHERE tenant_up IS NOT NULL AND position <= {tenant_version};\n\
             CREATE SCHEMA {schema};\nCOMMENT ON SCHEMA {schema} IS {mark};",
            key = quote_literal(self.key.as_str()),
            tags = self.tags,
        )
    }
}

/// What it means when the registry or the catalogue has a key or name already.
pub(super) fn refusal(
    schema: &SchemaName,
    new: &NewTenant,
    error: &postgres::Error,
) -> Option<Error> {
    let refused = error.as_db_error()?;
    let in_books = refused.schema() == Some(crate::name::BOOKKEEPING_SCHEMA);
    let constraint = refused.constraint().filter(|_| in_books);
    match constraint {
        Some("tenant_key_key" | "tenant_key_lower_key") => return Some(taken(&new.key)),
        Some("tenant_schema_name_key") => return Some(schema_exists(schema, None, new)),
        _ => {}
    }
    let is_duplicate = *refused.code() == SqlState::DUPLICATE_SCHEMA;
    is_duplicate.then(|| schema_exists(schema, None, new))
}
