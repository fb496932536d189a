//! The next stage of a run: a pure function of the chain and of where everything is.

use crate::bookkeeping;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::chain::{Chain, Migration};
use crate::migrate::report::phase::Phase;
use crate::migrate::report::{Blocked, WaitsFor};

/// The work before the next barrier, and the barrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stage {
    /// The position that every tenant is to be at.
    pub(crate) tenants_to: i32,
    /// The shared part that comes then.
    pub(crate) then_shared: Option<i32>,
    /// The contract migration that comes then.
    pub(crate) then_contract: Option<i32>,
}

impl Stage {
    /// The migration that comes then, as one that waits for tenants.
    pub(crate) fn blocked(self, chain: &Chain) -> Option<Blocked> {
        let (position, waits_for) = match (self.then_contract, self.then_shared) {
            (Some(position), _) => (position, WaitsFor::ActiveTenants),
            (None, Some(position)) => (position, WaitsFor::Tenants),
            (None, None) => return None,
        };
        Some(Blocked::new(chain.at(position)?.id(), waits_for))
    }
}

/// Where the database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reached {
    /// The version of the shared schema.
    pub(crate) shared: i32,
    /// The version that new tenants are made at.
    pub(crate) new_tenants: i32,
    /// The version of the active tenants that are furthest behind.
    pub(crate) active: Option<i32>,
}

/// Finds the next stage from where the database is.
pub(crate) fn stage(chain: &Chain, reached: Reached, target: i32) -> Stage {
    let within = |migration: &&Migration| migration.position() <= target;
    let then_shared = chain
        .migrations()
        .iter()
        .filter(within)
        .find(|migration| migration.shared().is_some() && migration.position() > reached.shared)
        .map(Migration::position);
    let limit = then_shared.map_or(target, |position| position - 1);
    let then_contract = contract(chain, reached, limit);
    let limit = then_contract.map_or(limit, |position| position - 1);
    Stage {
        tenants_to: last_tenant_part(chain, limit),
        then_shared: then_shared.filter(|_| then_contract.is_none()),
        then_contract,
    }
}

/// Finds the first contract migration that nobody is to have as long as an active tenant lacks something before it. One that new
/// tenants are made with already holds nobody up any more.
fn contract(chain: &Chain, reached: Reached, limit: i32) -> Option<i32> {
    let mut lacking = tenant_parts(chain, reached.active?, limit);
    lacking.next()?;
    lacking
        .find(|it| it.phase() == Phase::Contract && it.position() > reached.new_tenants)
        .map(Migration::position)
}

/// The position of the last tenant part up to a position.
pub(crate) fn last_tenant_part(chain: &Chain, limit: i32) -> i32 {
    chain
        .migrations()
        .iter()
        .rev()
        .find(|migration| migration.tenant().is_some() && migration.position() <= limit)
        .map_or(0, Migration::position)
}

/// The migrations whose tenant parts lead from one version to another.
pub(crate) fn tenant_parts(chain: &Chain, from: i32, to: i32) -> impl Iterator<Item = &Migration> {
    chain
        .migrations()
        .iter()
        .filter(move |migration| migration.position() > from && migration.position() <= to)
        .filter(|migration| migration.tenant().is_some())
}

/// Refuses a target that is behind where the database is.
pub(crate) fn check_target(chain: &Chain, meta: &bookkeeping::Meta, target: i32) -> Result<()> {
    if target == chain.last() || meta.shared_version.max(meta.tenant_version) <= target {
        return Ok(());
    }
    let id = chain.at(target).map_or("", Migration::id);
    Err(Error::new(
        ErrorKind::Migration,
        format!("the database is past `{id}` already\nhelp: roll back to `{id}` instead"),
    ))
}
