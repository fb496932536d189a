//! How far a run goes that is limited to a phase.

use crate::migrate::chain::{Chain, Migration};
use crate::migrate::report::phase::Phase;
use crate::migrate::report::{Blocked, WaitsFor};

/// Returns the position that a run goes to which leaves later phases alone, and the migration before which it stops; from the
/// versions of the shared schema and of new tenants.
///
/// A migration is left alone as long as new tenants are made without it: with one that was begun for some tenants it is not gone on.
pub(crate) fn within_phase(
    chain: &Chain,
    (shared, new_tenants): (i32, i32),
    target: i32,
    phase: Option<Phase>,
) -> (i32, Option<Blocked>) {
    let Some(phase) = phase else {
        return (target, None);
    };
    let is_pending = |it: &Migration| {
        it.shared().is_some() && it.position() > shared
            || it.tenant().is_some() && it.position() > new_tenants
    };
    let mut migrations = chain.migrations().iter();
    let later =
        migrations.find(|it| it.position() <= target && it.phase() > phase && is_pending(it));
    match later {
        Some(migration) => {
            let blocked = Blocked::new(migration.id(), WaitsFor::Phase(migration.phase()));
            (migration.position() - 1, Some(blocked))
        }
        None => (target, None),
    }
}
