//! How far a run goes: as its phase allows, and the versions of the application that are running.

use postgres::Client;

use crate::bookkeeping::application::{Running, running};
use crate::error::Result;
use crate::migrate::chain::{Chain, Migration};
use crate::migrate::report::phase::Phase;
use crate::migrate::report::{Blocked, RunningRelease, WaitsFor};

/// Returns the position that a run goes to which leaves later phases alone, and the migration before which it stops; from the
/// versions of the shared schema and of new tenants.
///
/// A migration is left alone as long as new tenants are made without it: with one that was begun for some tenants it is not gone on.
pub(crate) fn within_phase(
    chain: &Chain,
    versions: (i32, i32),
    target: i32,
    phase: Option<Phase>,
) -> (i32, Option<Blocked>) {
    let Some(phase) = phase else {
        return (target, None);
    };
    match pending(chain, versions, target).find(|it| it.phase() > phase) {
        Some(later) => before(later, WaitsFor::Phase(later.phase())),
        None => (target, None),
    }
}

/// Returns the position that a run goes to which takes nothing away from those versions of the application that are running. Only
/// where something is to be taken away does it ask who is.
pub(crate) fn within_running(
    client: &mut Client,
    chain: &Chain,
    versions: (i32, i32),
    target: i32,
) -> Result<(i32, Option<Blocked>)> {
    let mut contracts = pending(chain, versions, target)
        .filter(|it| it.phase() == Phase::Contract)
        .peekable();
    if contracts.peek().is_none() {
        return Ok((target, None));
    }
    let running = running(client)?;
    let least = running.iter().map(|it| it.known).min();
    let Some(unknown) = contracts.find(|it| least.is_some_and(|least| least < it.position()))
    else {
        return Ok((target, None));
    };
    let need = running
        .into_iter()
        .filter(|it| it.known < unknown.position());
    let need = need.map(|it| {
        let Running {
            name,
            migration,
            processes,
            ..
        } = it;
        RunningRelease {
            name,
            migration,
            processes,
        }
    });
    Ok(before(unknown, WaitsFor::Applications(need.collect())))
}

/// The migrations up to a position that new tenants are made without, or that the shared schema lacks.
fn pending(
    chain: &Chain,
    (shared, new_tenants): (i32, i32),
    target: i32,
) -> impl Iterator<Item = &Migration> {
    let is_pending = move |it: &&Migration| {
        it.shared().is_some() && it.position() > shared
            || it.tenant().is_some() && it.position() > new_tenants
    };
    let migrations = chain.migrations().iter();
    migrations
        .take_while(move |it| it.position() <= target)
        .filter(is_pending)
}

fn before(migration: &Migration, waits_for: WaitsFor) -> (i32, Option<Blocked>) {
    let blocked = Blocked::new(migration.id(), waits_for);
    (migration.position() - 1, Some(blocked))
}
