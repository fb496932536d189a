//! The standbys that a process knows of.
//!
//! Threads take from one list. It is made by a lookup, which one thread does for all; how full it is decides what a
//! thread does that wants a standby:
//!
//! | supply | a standby is there | none is there |
//! |---|---|---|
//! | [`Supply::None`], and nobody looks | | looks |
//! | [`Supply::All`], and nobody looks | takes it | looks |
//! | [`Supply::Some`], and nobody looks | takes it, and looks for the others if few are left | looks |
//! | any, and somebody looks | takes it | waits for the lookup, at most for [`LOOKUP_WAIT`], and looks if that gave none |
//!
//! and a lookup leaves
//!
//! | found | supply |
//! |---|---|
//! | none | [`Supply::None`] |
//! | fewer than [`LOOKUP_LIMIT`] | [`Supply::All`] |
//! | [`LOOKUP_LIMIT`] | [`Supply::Some`] |
//! | an error, while a standby was there | [`Supply::All`]: the others go on with what is left |
//! | an error, while none was | as before |

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postgres::types::Type;
use postgres::{GenericClient, SimpleQueryRow};

use super::Tenant;
use crate::bookkeeping::facts::CLAIMABLE;
use crate::bookkeeping::{CHAIN_REVISION, IS_RESTORED, WHICH, damage, explain, latest_format};
use crate::error::Result;
use crate::name::SchemaName;

/// How many standbys are looked up at a time.
const LOOKUP_LIMIT: usize = 200;

/// If fewer are known and there are more, somebody looks for them while the others go on with these.
const REFILL_BELOW: usize = 50;

/// How long a standby that was taken from the list is not put back there: others still see it until the claim is committed.
const RECENTLY: Duration = Duration::from_secs(1);

/// How long a thread waits for what another one finds. It may have to wait for what this one holds, so not for ever.
const LOOKUP_WAIT: Duration = Duration::from_millis(50);

/// The standbys that a process knows of.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    known: Mutex<Known>,
    looked: Condvar,
    /// Whether the database was found to have event triggers, which may leave something in the session.
    has_event_triggers: AtomicBool,
}

/// A standby, and what must still be so when it is claimed.
#[derive(Debug)]
pub(super) struct Standby {
    pub(super) id: i64,
    pub(super) schema: SchemaName,
    /// The database that it was found in: another one may have come in its place, and have one of that number.
    pub(super) database: String,
    pub(super) version: i32,
    pub(super) chain_revision: i64,
    pub(super) tenant_version: i32,
    /// The last number that may have been a tenant's in a history that is lost.
    pub(super) numbers_after: i64,
    /// Whether renaming its schema is not enough.
    pub(super) is_beyond_tables: bool,
    /// The number of the lookup that found it.
    lookup: usize,
}

impl Ready {
    /// Whether there was a standby the last time. Whoever keeps none should not pay for a lookup at each creation.
    pub(super) fn is_likely(&self) -> bool {
        self.known().supply != Supply::None
    }

    /// Notes of the row that a tenant was entered with whether the database has event triggers.
    pub(super) fn note_triggers(&self, row: &SimpleQueryRow) {
        if row.get(Tenant::HAS_EVENT_TRIGGERS) == Some("t") {
            self.has_event_triggers.store(true, Ordering::Relaxed);
        }
    }

    /// Whether event triggers may have run with what made a tenant.
    pub(crate) fn has_event_triggers(&self) -> bool {
        self.has_event_triggers.load(Ordering::Relaxed)
    }

    /// Returns a standby that nobody else in this process gets, and that is not one of these.
    pub(super) fn take(
        &self,
        client: &mut impl GenericClient,
        except: &[i64],
    ) -> Result<Option<Standby>> {
        let mut known = self.known();
        let at_hand = match known.next(except) {
            Next::Take(standby) => return Ok(Some(standby)),
            Next::Look(at_hand) => at_hand,
            Next::Wait => {
                let lookups = known.lookups;
                let is_looking = |known: &mut Known| known.is_looking;
                let waited = self
                    .looked
                    .wait_timeout_while(known, LOOKUP_WAIT, is_looking);
                known = waited.unwrap_or_else(PoisonError::into_inner).0;
                let found = known.take(except);
                // A lookup that has failed tells nothing.
                let is_known = known.lookups > lookups && known.supply == Supply::None;
                if found.is_some() || is_known {
                    return Ok(found);
                }
                None
            }
        };
        known.is_looking = true;
        drop(known);
        let found = look_up(client, except);
        let mut known = self.known();
        known.is_looking = false;
        self.looked.notify_all();
        match (found, at_hand) {
            (Ok(found), at_hand) => {
                known.learn(found);
                Ok(at_hand.or_else(|| known.take(except)))
            }
            (Err(error), None) => Err(error),
            (Err(error), Some(standby)) => {
                known.go_on_with_these();
                known.put_back(standby);
                Err(error)
            }
        }
    }

    /// Lets others take a standby that this claim could not use.
    pub(super) fn put_back(&self, standby: Standby) {
        self.known().put_back(standby);
    }

    /// Drops every standby that the same lookup has found as this stale one.
    pub(super) fn forget(&self, stale: &Standby) {
        let mut known = self.known();
        known
            .standbys
            .retain(|standby| standby.lookup != stale.lookup);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // A list of standbys is good at any time.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Known {
    standbys: Vec<Standby>,
    /// The standbys that were given, and when.
    taken: Vec<(i64, Instant)>,
    /// How many lookups have succeeded.
    lookups: usize,
    supply: Supply,
    is_looking: bool,
}

/// How much of what there is in the database the last lookup has found.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Supply {
    /// There was nothing, or nobody has looked yet.
    #[default]
    None,
    /// All that there was.
    All,
    /// As many as are looked up at a time, and there may be more.
    Some,
}

/// The next step of a thread that wants a standby.
#[derive(Debug)]
enum Next {
    Take(Standby),
    /// Another thread looks.
    Wait,
    /// This one looks. It may have taken a standby, for itself.
    Look(Option<Standby>),
}

impl Known {
    fn next(&mut self, except: &[i64]) -> Next {
        match self.take(except) {
            Some(standby) if self.is_running_out() => Next::Look(Some(standby)),
            Some(standby) => Next::Take(standby),
            None if self.is_looking => Next::Wait,
            None => Next::Look(None),
        }
    }

    fn take(&mut self, except: &[i64]) -> Option<Standby> {
        let mut places = self.standbys.iter();
        let place = places.rposition(|standby| !except.contains(&standby.id))?;
        let standby = self.standbys.swap_remove(place);
        self.taken.push((standby.id, Instant::now()));
        Some(standby)
    }

    fn put_back(&mut self, standby: Standby) {
        self.taken.retain(|(id, _)| *id != standby.id);
        self.standbys.push(standby);
    }

    fn is_running_out(&self) -> bool {
        self.supply == Supply::Some && !self.is_looking && self.standbys.len() < REFILL_BELOW
    }

    /// Looks for no more until these are used up.
    fn go_on_with_these(&mut self) {
        if self.supply == Supply::Some {
            self.supply = Supply::All;
        }
    }

    /// Takes over what a lookup has found.
    fn learn(&mut self, found: Vec<Standby>) {
        self.lookups += 1;
        self.supply = match found.len() {
            0 => Supply::None,
            LOOKUP_LIMIT.. => Supply::Some,
            _ => Supply::All,
        };
        self.taken.retain(|(_, at)| at.elapsed() < RECENTLY);
        let is_free = |standby: &Standby| self.taken.iter().all(|(id, _)| *id != standby.id);
        let (free, taken): (Vec<_>, Vec<_>) = found.into_iter().partition(is_free);
        // What was taken may be free again, if there is nothing else.
        let news = if free.is_empty() { taken } else { free };
        let lookup = self.lookups;
        self.standbys = news
            .into_iter()
            .map(|standby| Standby { lookup, ..standby })
            .collect();
    }
}

impl Standby {
    /// Whether the number may have been given to a tenant before what the server has was brought back.
    pub(super) fn needs_number(&self) -> bool {
        self.id <= self.numbers_after
    }
}

/// Whether the schema of a row of `tenantry.tenant` can be renamed by this role.
const OURS: &str = "(SELECT pg_catalog.pg_has_role(nspowner, 'USAGE') FROM pg_catalog.pg_namespace \
    WHERE nspname = tenant.schema_name::pg_catalog.name)";

/// Looks for standbys, in an order that is another one in each process.
fn look_up(client: &mut impl GenericClient, except: &[i64]) -> Result<Vec<Standby>> {
    let sql = format!(
        "WITH m AS MATERIALIZED (SELECT m.*, {WHICH} AS which FROM tenantry.meta AS m WHERE m.one = 1 AND m.format = {} \
         AND NOT {IS_RESTORED} AND {} IS NULL) \
         SELECT tenant.id, tenant.schema_name, tenant.version, m.{CHAIN_REVISION}, m.tenant_version, \
         EXISTS (SELECT FROM tenantry.migration WHERE beyond_tables), m.numbers_after, m.which \
         FROM tenantry.tenant CROSS JOIN m WHERE {CLAIMABLE} AND tenant.id <> ALL ($1) AND {OURS} \
         ORDER BY pg_catalog.random() LIMIT {LOOKUP_LIMIT}",
        latest_format(),
        damage()
    );
    let rows = client
        .query_typed(&sql, &[(&except, Type::INT8_ARRAY)])
        .map_err(explain)?;
    rows.iter()
        .map(|row| {
            Ok(Standby {
                id: row.try_get(0)?,
                schema: SchemaName::new(row.try_get::<_, &str>(1)?)?,
                version: row.try_get(2)?,
                chain_revision: row.try_get(3)?,
                tenant_version: row.try_get(4)?,
                is_beyond_tables: row.try_get(5)?,
                numbers_after: row.try_get(6)?,
                database: row.try_get(7)?,
                lookup: 0,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standbys(ids: std::ops::Range<i64>) -> Vec<Standby> {
        ids.map(|id| Standby {
            id,
            schema: SchemaName::new(format!("t{id}_standby")).unwrap(),
            database: "1 1".to_owned(),
            version: 1,
            chain_revision: 1,
            tenant_version: 1,
            is_beyond_tables: false,
            numbers_after: 0,
            lookup: 0,
        })
        .collect()
    }

    fn known(number: i64) -> Known {
        let mut known = Known::default();
        known.learn(standbys(0..number));
        known
    }

    #[test]
    fn one_thread_looks_and_the_others_wait() {
        let mut known = Known::default();
        assert!(matches!(known.next(&[]), Next::Look(None)));
        known.is_looking = true;
        assert!(matches!(known.next(&[]), Next::Wait));
    }

    #[test]
    fn a_lookup_that_is_not_full_has_found_all() {
        let supplies = [(0, Supply::None), (199, Supply::All), (200, Supply::Some)];
        for (number, supply) in supplies {
            assert_eq!(known(number).supply, supply, "{number}");
        }
    }

    #[test]
    fn more_are_looked_for_before_the_list_is_empty_and_only_if_there_are_more() {
        let mut all = known(199);
        assert!((0..199).all(|_| matches!(all.next(&[]), Next::Take(_))));
        assert!(matches!(all.next(&[]), Next::Look(None)));

        let mut some = known(200);
        assert!((0..150).all(|_| matches!(some.next(&[]), Next::Take(_))));
        assert!(matches!(some.next(&[]), Next::Look(Some(_))));
        some.is_looking = true;
        assert!(matches!(some.next(&[]), Next::Take(_)));
        some.is_looking = false;
        some.go_on_with_these();
        assert!(matches!(some.next(&[]), Next::Take(_)));
    }

    #[test]
    fn a_standby_that_was_tried_is_not_given_again() {
        let mut known = known(1);
        assert!(matches!(known.next(&[0]), Next::Look(None)));
        assert!(matches!(known.next(&[]), Next::Take(_)));
        // It was taken just now, but there is nothing else.
        known.learn(standbys(0..1));
        assert!(matches!(known.next(&[]), Next::Take(_)));
        // Now there is.
        known.learn(standbys(0..2));
        assert!(matches!(known.next(&[]), Next::Take(Standby { id: 1, .. })));
        assert!(matches!(known.next(&[]), Next::Look(None)));
    }
}
