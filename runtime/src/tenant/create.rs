//! Creation: one message and one transaction, if the chain allows that; otherwise step by step.

use postgres::Client;

use super::Tenant;
use super::claim::{Ready, claim};
use super::holder::{Needs, name_holder};
use super::making::{Making, Within};
use super::new::{NewTenant, is_numbered};
use super::plan::Plan;
use super::provision::{Stepped, abandon, make_way, provision};
use super::refusal::{committing, given_up, is_lost, is_name_taken, is_passing, refused_name};
use super::standby::check_key;
use super::tag::check_tag;
use super::token;
use crate::bookkeeping::{Attempt, Waits, is_overtaken};
use crate::error::{Error, ErrorKind, Result};
use crate::name::SchemaName;

/// How often creation is planned anew because a migrator or another process came in between.
const ATTEMPTS: usize = 100;

/// Creates a tenant.
///
/// # Errors
///
/// As [`Tenants::create`](crate::scope::Tenants::create).
pub fn create(client: &mut Client, new: &NewTenant) -> Result<Tenant> {
    create_from(client, new, &Ready::default(), &Waits::default())
}

/// The same, by a process that may know of standbys, within limits of waiting.
pub(crate) fn create_from(
    client: &mut Client,
    new: &NewTenant,
    ready: &Ready,
    waits: &Waits,
) -> Result<Tenant> {
    check(new)?;
    let created = waits.attempt(|attempt| attempt_once(client, new, ready, (waits, attempt)));
    let tenant = match created {
        Err(error) if error.kind() == ErrorKind::TenantExists => {
            token::made_before(client, new)?.ok_or(error)?
        }
        created => created
            .map_err(|error| name_holder(client, error.in_tenant(&new.key), Needs::Change))?,
    };
    tracing::info!(tenant = %tenant.key, schema = %tenant.schema, "created a tenant");
    Ok(tenant)
}

fn attempt_once(
    client: &mut Client,
    new: &NewTenant,
    ready: &Ready,
    (waits, attempt): (&Waits, Attempt),
) -> Result<Tenant> {
    let name = new.schema_name();
    let mut how = How::default();
    if ready.is_likely() {
        if let Some(tenant) = claim(client, new, name.as_ref(), ready, (Within::Itself, attempt))? {
            return Ok(tenant);
        }
        how.tried = Tried {
            is_tried: true,
            name,
        };
    }
    for _ in 0..ATTEMPTS {
        let Some(prepared) = prepare(client, new, &how, waits)? else {
            continue;
        };
        let entered = enter(client, &prepared, new, ready, (Within::Itself, attempt));
        if !matches!(entered, Ok(Entered::Tenant(_))) {
            prepared.give_up(client, waits);
        }
        match entered? {
            Entered::Tenant(tenant) => return Ok(tenant),
            Entered::Overtaken => {}
            Entered::Otherwise(other) => how = other,
        }
    }
    Err(given_up(new))
}

/// The name under which no standby could be claimed: without one, it has the standby's number.
#[derive(Debug, Clone, Default)]
struct Tried {
    is_tried: bool,
    name: Option<SchemaName>,
}

/// Ways that are known not to make a tenant.
#[derive(Debug, Clone, Default)]
pub(crate) struct How {
    /// No standby can be claimed.
    has_no_standby: bool,
    /// No standby can be claimed under this name.
    tried: Tried,
    /// The baseline has failed.
    has_no_baseline: bool,
    /// Whether hooks or a closure have work in the transaction that makes the tenant.
    has_work: bool,
}

impl How {
    /// With work of the application's in the transaction that makes the tenant.
    pub(crate) fn with_work() -> Self {
        Self {
            has_work: true,
            ..Self::default()
        }
    }
}

/// Everything that is ready for the transaction in which a tenant is entered into the registry.
pub(crate) struct Prepared {
    plan: Plan,
    may_claim: bool,
    /// Whether the schema is made already, by steps.
    is_made: bool,
    how: How,
}

impl Prepared {
    /// Drops what was made, when the tenant is not to be.
    pub(crate) fn give_up(&self, client: &mut Client, waits: &Waits) {
        if self.is_made {
            abandon(client, self.plan.place().0, waits);
        }
    }
}

/// Plans a creation, and takes the steps that can't be in the transaction that enters the tenant. Gives nothing if it was
/// overtaken.
pub(crate) fn prepare(
    client: &mut Client,
    new: &NewTenant,
    how: &How,
    waits: &Waits,
) -> Result<Option<Prepared>> {
    check(new)?;
    let mut how = how.clone();
    let mut plan = Plan::read(client, new, waits)?;
    if let Some(id) = plan.in_the_way {
        make_way(client, id, new, waits)?;
        return Ok(None);
    }
    if how.has_no_baseline {
        plan.replay(client)?;
    }
    let was_tried = how.tried.is_tried && how.tried.name.as_ref() == plan.name(new);
    let may_claim = plan.has_standby && !how.has_no_standby && !was_tried;
    let mut is_made = false;
    while !may_claim && !is_made && !plan.is_one_transaction(how.has_work) {
        let making = Making::of(&plan, new);
        let blame = |error: Error| error.in_tenant(&new.key).in_schema(plan.place().1);
        match provision(client, &plan, &making, waits).map_err(blame)? {
            Stepped::ToLast => is_made = true,
            Stepped::Overtaken => return Ok(None),
            Stepped::Unfit => {
                plan.replay(client)?;
                how.has_no_baseline = true;
            }
        }
    }
    Ok(Some(Prepared {
        plan,
        may_claim,
        is_made,
        how,
    }))
}

/// Outcome of the message that enters a tenant.
pub(crate) enum Entered {
    Tenant(Tenant),
    /// A migration, or another tenant, came in between.
    Overtaken,
    /// It has to be prepared in another way.
    Otherwise(How),
}

/// Enters a tenant into the registry, and makes its schema, unless it claims a standby, or that was done by steps.
pub(super) fn enter(
    client: &mut Client,
    prepared: &Prepared,
    new: &NewTenant,
    ready: &Ready,
    (within, attempt): (Within, Attempt),
) -> Result<Entered> {
    let Prepared {
        plan,
        may_claim,
        is_made,
        how,
    } = prepared;
    if *may_claim {
        let name = plan.name(new);
        if let Some(tenant) = claim(client, new, name, ready, (within, attempt))? {
            return Ok(Entered::Tenant(tenant));
        }
        if !plan.is_one_transaction(how.has_work) {
            let has_no_standby = true;
            return Ok(Entered::Otherwise(How {
                has_no_standby,
                ..how.clone()
            }));
        }
    }
    let making = Making::of(plan, new);
    let message = if *is_made {
        making.finish(within, attempt)
    } else {
        making.whole(within, attempt)
    };
    let error = match message.send_for_rows(client) {
        Ok(rows) => return made(&making, &rows, new, ready),
        Err(error) => error,
    };
    if is_overtaken(&error) || is_name_taken(&error) {
        return Ok(Entered::Overtaken);
    }
    let has_baseline = plan.baseline.is_some() && !is_made;
    if has_baseline && !client.is_closed() && !is_passing(&error) {
        let has_no_baseline = true;
        return Ok(Entered::Otherwise(How {
            has_no_baseline,
            ..how.clone()
        }));
    }
    let error = match within {
        Within::Itself if is_lost(&error) => committing(error),
        _ if is_passing(&error) => message.explain_passing(error),
        Within::Itself => message.diagnose(client, error),
        // In a transaction that has failed, no statement can be tried out.
        Within::Transaction => message.explain(error),
    };
    Err(error.in_tenant(&new.key).in_schema(plan.place().1))
}

fn made(
    making: &Making<'_>,
    rows: &[postgres::SimpleQueryRow],
    new: &NewTenant,
    ready: &Ready,
) -> Result<Entered> {
    let tenant = making.tenant(rows, new, ready).ok_or_else(|| {
        Error::new(
            ErrorKind::Decode,
            "the server did not tell what was entered into the registry",
        )
    })?;
    Ok(Entered::Tenant(tenant))
}

/// The same as a part of the transaction that the connection is in. Only if it gives a tenant may that be committed.
pub(crate) fn enter_in(
    client: &mut Client,
    prepared: &Prepared,
    new: &NewTenant,
    ready: &Ready,
    attempt: Attempt,
) -> Result<Entered> {
    match enter(client, prepared, new, ready, (Within::Transaction, attempt)) {
        Err(error) if error.kind() == ErrorKind::Serialization => Ok(Entered::Overtaken),
        entered => entered,
    }
}

/// Refuses names that nobody can have.
fn check(new: &NewTenant) -> Result<()> {
    if let Some(schema) = &new.schema
        && is_numbered(schema.as_str())
    {
        return Err(refused_name(
            new,
            schema.as_str(),
            "has the form of the names that tenantry makes up",
        ));
    }
    check_key(&new.key)?;
    new.tags.iter().try_for_each(|tag| check_tag(tag))
}
