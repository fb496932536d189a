//! Creation: one message and one transaction, if the chain allows that; otherwise step by step.

use postgres::Client;

use super::Tenant;
use super::claim::claim;
use super::holder::{Needs, name_holder};
use super::making::Making;
use super::new::{NewTenant, is_numbered};
use super::plan::Plan;
use super::provision::{Stepped, abandon, make_way, provision};
use super::ready::Ready;
use super::refusal::{committing, given_up, is_name_taken, is_passing, lacks_row, refused_name};
use super::route::{Claims, Entered, Means, Route, Source, until_made};
use super::row::TenantsRow;
use super::standby_key::check_key;
use super::tag::check_tag;
use super::token;
use super::within::Within;
use crate::bookkeeping::{Attempt, Waits, explaining, is_lost, is_overtaken};
use crate::error::{Error, ErrorKind, Result};

/// Creates a tenant.
///
/// # Errors
///
/// As [`Tenants::create`](crate::scope::Tenants::create).
pub fn create(client: &mut Client, new: &NewTenant) -> Result<Tenant> {
    explaining(client, |client| {
        create_from(client, new, &Ready::default(), &Waits::default())
    })
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
            .map_err(|error| name_holder(client, error.in_tenant(&new.key), Needs::Creation))?,
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
    let mut claims = Claims::Any;
    if ready.is_likely() {
        let name = new.schema_name();
        if let Some(tenant) = claim(client, new, name.as_ref(), ready, (Within::Itself, attempt))? {
            return Ok(tenant);
        }
        claims = Claims::NotAs(name);
    }
    let made = until_made(Route::claiming(claims), |route| {
        let Some(prepared) = prepare(client, new, route, waits)? else {
            return Ok(Entered::Overtaken);
        };
        let entered = enter(client, &prepared, new, ready, (Within::Itself, attempt));
        if !matches!(entered, Ok(Entered::Made(_))) {
            prepared.give_up(client, waits);
        }
        entered
    })?;
    made.ok_or_else(|| given_up(new))
}

/// Everything that is ready for the transaction in which a tenant is entered into the registry.
pub(crate) struct Prepared {
    plan: Plan,
    means: Means,
    route: Route,
}

impl Prepared {
    /// Drops what was made, when the tenant is not to be.
    pub(crate) fn give_up(&self, client: &mut Client, waits: &Waits) {
        if self.means == Means::Finish {
            abandon(client, self.plan.place().0, waits);
        }
    }
}

/// Plans a creation, and takes the steps that can't be in the transaction that enters the tenant. Returns nothing if it was
/// overtaken.
pub(crate) fn prepare(
    client: &mut Client,
    new: &NewTenant,
    route: &Route,
    waits: &Waits,
) -> Result<Option<Prepared>> {
    check(new)?;
    let mut route = route.clone();
    let mut plan = Plan::read(client, new, waits)?;
    if let Some(id) = plan.in_the_way {
        make_way(client, id, new, waits)?;
        return Ok(None);
    }
    if route.source == Source::Chain {
        plan.replay(client)?;
    }
    let may_claim = plan.has_standby && route.claims.allow(plan.name(new));
    let mut means = if may_claim {
        Means::Claim
    } else {
        Means::Whole
    };
    while means == Means::Whole && !plan.is_one_transaction(route.has_work) {
        let making = Making::of(&plan, new);
        let blame = |error: Error| error.in_tenant(&new.key).in_schema(plan.place().1);
        match provision(client, &plan, &making, waits).map_err(blame)? {
            Stepped::ToLast => means = Means::Finish,
            Stepped::Overtaken => return Ok(None),
            Stepped::Unfit => {
                plan.replay(client)?;
                route = route.without_baseline();
            }
        }
    }
    Ok(Some(Prepared { plan, means, route }))
}

/// Enters a tenant into the registry, and makes its schema, unless it claims a standby, or that was done by steps.
pub(super) fn enter(
    client: &mut Client,
    prepared: &Prepared,
    new: &NewTenant,
    ready: &Ready,
    (within, attempt): (Within, Attempt),
) -> Result<Entered<Tenant>> {
    let Prepared { plan, means, route } = prepared;
    let making = Making::of(plan, new);
    let message = match means {
        Means::Claim => {
            let name = plan.name(new);
            if let Some(tenant) = claim(client, new, name, ready, (within, attempt))? {
                return Ok(Entered::Made(tenant));
            }
            if !plan.is_one_transaction(route.has_work) {
                return Ok(Entered::Otherwise(route.without_claims()));
            }
            making.whole(within, attempt)
        }
        Means::Whole => making.whole(within, attempt),
        Means::Finish => making.finish(within, attempt),
    };
    let error = match message.send_for_rows(client) {
        Ok(rows) => return made(&making, &rows, new, ready),
        Err(error) => error,
    };
    if is_overtaken(&error) || is_name_taken(&error) {
        return Ok(Entered::Overtaken);
    }
    if lacks_row(&error) {
        return Err(Error::from(error).in_tenant(&new.key));
    }
    let has_baseline = plan.baseline.is_some() && *means != Means::Finish;
    if has_baseline && !client.is_closed() && !is_passing(&error) {
        return Ok(Entered::Otherwise(route.without_baseline()));
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
) -> Result<Entered<Tenant>> {
    told(making.tenant(rows, new, ready)).map(Entered::Made)
}

/// The tenant that the server has told of.
pub(super) fn told(tenant: Option<Tenant>) -> Result<Tenant> {
    tenant.ok_or_else(|| {
        Error::new(
            ErrorKind::Decode,
            "the server did not tell what was entered into the registry\n\
             help: look whether a trigger or rule on `tenantry.tenant` keeps rows back, and drop that",
        )
    })
}

/// The same as a part of the transaction that the connection is in. Only if it gives a tenant may that be committed.
pub(crate) fn enter_in(
    client: &mut Client,
    prepared: &Prepared,
    new: &NewTenant,
    ready: &Ready,
    attempt: Attempt,
) -> Result<Entered<Tenant>> {
    match enter(client, prepared, new, ready, (Within::Transaction, attempt)) {
        Err(error) if error.kind() == ErrorKind::Serialization => Ok(Entered::Overtaken),
        entered => entered,
    }
}

/// Refuses names that nobody can have.
pub(super) fn check(new: &NewTenant) -> Result<()> {
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
    new.row().map_or(Ok(()), TenantsRow::check)?;
    new.tags.iter().try_for_each(|tag| check_tag(tag))
}
