//! The tenants that a process knows, so that opening a scope need not ask the registry.
//!
//! An entry is good for [`Options::registry_staleness`](super::Options::registry_staleness) after a query has seen the tenant. A thread looks at all entries
//! that are in use twice in that time, with one query, so that opening a scope costs no round trip however many tenants there are; it ends
//! when nobody opens scopes any more. Changes through the same database are known at once.

use std::collections::{HashMap, HashSet};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use postgres::Client;
use postgres::types::Type;

use crate::error::Result;
use crate::exec::{Looking, Pool, UNUSED, begin_looking, in_time};
use crate::hash::Seeded;
use crate::model::is_tolerant;
use crate::name::TenantKey;
use crate::place::{TenantPlace, TenantVersion, begun};
use crate::tenant::{SINCE, ServedRange};

/// The most tenants that are known at a time.
const MOST: usize = 10_000;

/// The tenants that are known.
#[derive(Debug)]
pub(crate) struct Known {
    /// How old what is known may be; zero: nothing is.
    bound: Duration,
    /// Those that may be known.
    serves: ServedRange,
    state: Mutex<KnownState>,
}

#[derive(Debug, Default)]
struct KnownState {
    entries: HashMap<TenantKey, KnownTenant, Seeded>,
    /// The version of the shared schema when the tenants were looked at last, if it matters who is served.
    shared: Option<i32>,
    /// Counts what is forgotten, so that nothing is put that was read before.
    forgotten: u64,
    /// Whether nothing is put any more.
    is_over: bool,
    /// Present while a thread looks at the entries, which ends when this is dropped.
    watched: Option<Sender<()>>,
}

#[derive(Debug)]
struct KnownTenant {
    place: TenantPlace,
    /// The version that it had when it was found to be served.
    version: i32,
    /// When the query was sent that has seen it.
    seen: Instant,
    used: Instant,
}

/// The moment before the registry is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    at: Instant,
    forgotten: u64,
}

/// Tenants that are being changed.
#[derive(Debug)]
pub(crate) struct Changing {
    known: Arc<Known>,
    keys: Vec<TenantKey>,
}

impl Changing {
    fn forget(&self) {
        self.keys.iter().for_each(|key| self.known.forget(key));
    }
}

impl Drop for Changing {
    fn drop(&mut self) {
        self.forget();
    }
}

impl Known {
    pub(crate) fn new(bound: Duration, serves: ServedRange) -> Arc<Self> {
        Arc::new(Self {
            bound,
            serves,
            state: Mutex::default(),
        })
    }

    /// How old what is known may be.
    #[cfg(feature = "tower")]
    pub(crate) fn bound(&self) -> Duration {
        self.bound
    }

    /// The tenants that are served.
    pub(crate) fn serves(&self) -> &ServedRange {
        &self.serves
    }

    fn state(&self) -> MutexGuard<'_, KnownState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns an active tenant that was seen a short time ago.
    pub(crate) fn get(&self, key: &TenantKey) -> Option<TenantPlace> {
        if self.bound.is_zero() {
            return None;
        }
        let now = Instant::now();
        let mut state = self.state();
        let entry = state.entries.get_mut(key)?;
        entry.used = now;
        let age = now.saturating_duration_since(entry.seen);
        if entry.place.is_doubted() || age >= self.bound {
            return None;
        }
        Some(entry.place.clone())
    }

    /// The number that a tenant had when it was seen last.
    pub(crate) fn number(&self, key: &TenantKey) -> Option<i64> {
        self.state().entries.get(key).map(|entry| entry.place.id)
    }

    /// Notes that the registry is about to be asked.
    pub(crate) fn asking(&self) -> Asked {
        Asked {
            at: Instant::now(),
            forgotten: self.state().forgotten,
        }
    }

    /// Keeps an active tenant that the registry has told, and has it looked at from now on.
    pub(crate) fn put(
        self: &Arc<Self>,
        place: &TenantPlace,
        version: i32,
        asked: Asked,
        pool: &Arc<Pool>,
    ) {
        if self.bound.is_zero() {
            return;
        }
        let mut state = self.state();
        let is_full = state.entries.len() >= MOST && !state.entries.contains_key(&place.key);
        if is_full || state.is_over || state.forgotten != asked.forgotten {
            return;
        }
        let entry = KnownTenant {
            place: place.clone(),
            version,
            seen: asked.at,
            used: Instant::now(),
        };
        state.entries.insert(place.key.clone(), entry);
        if state.watched.is_none() {
            state.watched = self.watch(pool);
        }
    }

    /// Forgets tenants that are about to be changed, and again when the change is over, also one that is given up.
    pub(crate) fn changing(self: &Arc<Self>, keys: &[&TenantKey]) -> Changing {
        let changing = Changing {
            known: Arc::clone(self),
            keys: keys.iter().map(|&key| key.clone()).collect(),
        };
        changing.forget();
        changing
    }

    /// Knows nothing from now on, and looks at nothing.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.is_over = true;
        state.entries.clear();
        state.watched = None;
    }

    fn forget(&self, key: &TenantKey) {
        let mut state = self.state();
        state.forgotten += 1;
        state.entries.remove(key);
    }

    /// Starts the thread that keeps entries true. Without it they are asked for when they are too old.
    fn watch(self: &Arc<Self>, pool: &Arc<Pool>) -> Option<Sender<()>> {
        // As long as the others live, so that another server under the same name is found.
        let mut looking = Looking::new(pool.max_lifetime().unwrap_or(Duration::MAX));
        let (known, pool) = (Arc::downgrade(self), Arc::downgrade(pool));
        let every = in_time(self.bound, 2);
        // The first entry has just been read.
        begin_looking("tenantry-registry", (every, every), move || {
            look(&known, &pool, &mut looking)
        })
    }

    /// The tenants that are in use. If there are none, nobody watches any more.
    fn in_use(&self) -> Vec<i64> {
        let mut state = self.state();
        state
            .entries
            .retain(|_, entry| entry.used.elapsed() < UNUSED && !entry.place.is_doubted());
        let in_use: Vec<i64> = state.entries.values().map(|entry| entry.place.id).collect();
        if in_use.is_empty() {
            state.watched = None;
        }
        in_use
    }

    /// Takes what a query has seen that was sent then.
    fn seen(&self, at: Instant, active: &HashMap<i64, SeenTenant>, asked: &[i64]) {
        let asked: HashSet<i64> = asked.iter().copied().collect();
        let mut state = self.state();
        let shared = active.values().next().map(|seen| seen.shared);
        if !self.serves.is_all() && shared != state.shared {
            // Each was found to be served beside another shared schema, or may have been, as what is being asked for just now.
            state.shared = shared;
            state.forgotten += 1;
            state.entries.clear();
            return;
        }
        state.entries.retain(|key, entry| {
            let place = &entry.place;
            // What was seen later is known better.
            if entry.seen >= at {
                return true;
            }
            match active.get(&place.id) {
                Some(seen)
                    if seen.since == place.since
                        && seen.key == key.as_str()
                        && seen.schema == place.schema.as_str()
                        && (self.serves.is_all() || seen.version.reached == entry.version) =>
                {
                    // Scopes that are open learn it too.
                    if place
                        .standing
                        .version()
                        .is_some_and(|it| it != seen.version)
                    {
                        place.standing.learn(seen.version);
                    }
                    entry.seen = at;
                    true
                }
                Some(_) => false,
                None => !asked.contains(&place.id),
            }
        });
    }
}

/// Looks at all that is in use. Gives `false` when there is nothing left to do.
fn look(known: &Weak<Known>, pool: &Weak<Pool>, looking: &mut Looking) -> bool {
    let Some(known) = known.upgrade() else {
        return false;
    };
    let asked = known.in_use();
    if asked.is_empty() {
        return false;
    }
    let at = Instant::now();
    let open = || pool.upgrade().map(|pool| pool.connect_for_looks());
    match looking.ask(open, |client| active(client, &asked, known.serves())) {
        None => return false,
        Some(Ok(active)) => known.seen(at, &active, &asked),
        Some(Err(error)) => {
            tracing::debug!(%error, "the registry could not be asked; each scope asks it by itself");
        }
    }
    true
}

/// An active tenant, as a query has seen it.
#[derive(Debug)]
struct SeenTenant {
    key: String,
    schema: String,
    version: TenantVersion,
    /// The version of the shared schema.
    shared: i32,
    since: i64,
}

/// Returns those that are active. Which version they have is asked only where it matters.
fn active(
    client: &mut Client,
    ids: &[i64],
    serves: &ServedRange,
) -> Result<HashMap<i64, SeenTenant>> {
    let versions = if serves.is_all() && !is_tolerant() {
        "0, 0, 0"
    } else {
        concat!(
            "version, (SELECT m.shared_version FROM tenantry.meta AS m WHERE m.one = 1), ",
            begun!()
        )
    };
    let sql = format!(
        "SELECT id, key, schema_name, {versions}, {SINCE} FROM tenantry.tenant WHERE id = ANY ($1) AND state = 'active'"
    );
    let rows = client.query_typed(&sql, &[(&ids, Type::INT8_ARRAY)])?;
    rows.iter()
        .map(|row| {
            let seen = SeenTenant {
                key: row.try_get(1)?,
                schema: row.try_get(2)?,
                version: TenantVersion {
                    reached: row.try_get(3)?,
                    begun: row.try_get(5)?,
                },
                shared: row.try_get(4)?,
                since: row.try_get(6)?,
            };
            Ok((row.try_get(0)?, seen))
        })
        .collect()
}

#[cfg(test)]
mod tests;
