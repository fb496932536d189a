//! Pausing, resuming and aborting runs, from anywhere, through the database.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use postgres::{Client, GenericClient};

use crate::bookkeeping::{Waits, explain};
use crate::error::{ErrorKind, Result};
use crate::migrate::report::event::{Event, Observer};
use crate::tenant::{Needs, name_holder};

/// How often a run looks whether it is to pause or to end.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(400);

/// Has all runs pause.
pub(crate) fn pause(client: &mut Client) -> Result<()> {
    change(
        client,
        "INSERT INTO tenantry.rollout AS r (paused_at) VALUES (pg_catalog.now()) \
         ON CONFLICT (one) DO UPDATE SET paused_at = COALESCE(r.paused_at, excluded.paused_at)",
    )
}

/// Has all runs go on that were paused.
pub(crate) fn resume(client: &mut Client) -> Result<()> {
    change(
        client,
        "UPDATE tenantry.rollout SET paused_at = NULL WHERE one = 1",
    )
}

/// Has all runs end that are under way.
pub(crate) fn abort(client: &mut Client) -> Result<()> {
    change(
        client,
        "WITH gone AS (DELETE FROM tenantry.rollout_group) \
         INSERT INTO tenantry.rollout AS r (aborts) VALUES (1) \
         ON CONFLICT (one) DO UPDATE SET paused_at = NULL, aborts = r.aborts + 1",
    )
}

/// Tells whether any session migrates or rolls back.
#[cfg(feature = "cli")]
pub(crate) fn is_running(client: &mut Client) -> Result<bool> {
    // The time tells a session from one that had its number before.
    let row = client
        .query_typed_one(
            "SELECT EXISTS (SELECT FROM tenantry.turn AS r CROSS JOIN LATERAL pg_catalog.pg_stat_get_activity(r.pid) AS a \
             WHERE a.backend_start IS NULL OR a.backend_start = r.session_start)",
            &[],
        )
        .map_err(explain)?;
    Ok(row.try_get(0)?)
}

/// Tells whether runs are paused.
pub(crate) fn is_paused(client: &mut Client) -> Result<bool> {
    Ok(read(client)?.0)
}

fn change(client: &mut Client, sql: &str) -> Result<()> {
    let changed = Waits::default().change(client, |tx| {
        tx.execute_typed(sql, &[]).map_err(explain)?;
        Ok(())
    });
    changed.map_err(|error| match error.kind() {
        ErrorKind::CommitUnknown => error.retold(ErrorKind::CommitUnknown, IN_DOUBT.to_owned()),
        _ => name_holder(client, error, Needs::Change),
    })
}

const IN_DOUBT: &str = "the connection broke before the server had answered: whether runs are told so is not known\n\
    help: look at `rollout status`, and say it again if they are not; an abort that is said twice ends what has begun in between, too";

/// How often runs were aborted.
pub(crate) fn aborts(client: &mut impl GenericClient) -> Result<i64> {
    Ok(read(client)?.1)
}

/// Whether runs are paused, and how often they were aborted.
pub(crate) fn read(client: &mut impl GenericClient) -> Result<(bool, i64)> {
    let row = client
        .query_typed_opt(
            "SELECT paused_at IS NOT NULL, aborts FROM tenantry.rollout WHERE one = 1",
            &[],
        )
        .map_err(explain)?;
    // Without its row nobody was ever told anything.
    row.map_or(Ok((false, 0)), |row| Ok((row.try_get(0)?, row.try_get(1)?)))
}

/// Whether to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pace {
    /// The next piece of work can begin.
    Go,
    /// It can't yet: ask again after this long.
    Wait(Duration),
    /// Nothing more is begun, for this reason.
    Stop(String),
}

/// The pauses and aborts that a run knows of.
#[derive(Debug, Default)]
pub(crate) struct Control {
    state: Mutex<ControlState>,
}

#[derive(Debug, Default)]
struct ControlState {
    looked: Option<Instant>,
    /// How often runs had been aborted when this one began.
    aborts: Option<i64>,
    is_aborted: bool,
    paused: Option<Instant>,
    paused_before: Duration,
}

impl Control {
    /// Notes how often runs had been aborted when this one took its turn.
    pub(crate) fn begin(&self, aborts: i64) {
        self.state().aborts.get_or_insert(aborts);
    }

    /// The same for a run without a turn, which only looks and waits.
    pub(crate) fn begin_now(&self, client: &mut Client) -> Result<()> {
        let mut state = self.state();
        if state.aborts.is_none() {
            state.aborts = Some(aborts(client)?);
        }
        Ok(())
    }

    /// Returns how often runs had been aborted when this one began.
    pub(crate) fn aborts(&self, client: &mut Client) -> Result<i64> {
        self.begin_now(client)?;
        Ok(self.state().aborts.unwrap_or_default())
    }

    /// Tells whether to go on; looks into the database now and then.
    pub(crate) fn pace(&self, client: &mut Client, observer: &Observer) -> Result<Pace> {
        let mut state = self.state();
        if state
            .looked
            .is_none_or(|looked| looked.elapsed() >= LOOK_EVERY)
        {
            let (is_paused, aborts) = read(client)?;
            let now = Instant::now();
            state.looked = Some(now);
            state.is_aborted = aborts > *state.aborts.get_or_insert(aborts);
            match state.paused {
                None if is_paused => {
                    state.paused = Some(now);
                    tracing::info!("the run is paused");
                    observer.tell(&Event::Paused);
                }
                Some(since) if !is_paused => {
                    state.paused = None;
                    state.paused_before += now - since;
                    // An abort ends the pause, and with it the run.
                    if !state.is_aborted {
                        tracing::info!("the run is resumed");
                        observer.tell(&Event::Resumed);
                    }
                }
                _ => {}
            }
        }
        Ok(if state.is_aborted {
            Pace::Stop("it was aborted".to_owned())
        } else if state.paused.is_some() {
            Pace::Wait(LOOK_EVERY)
        } else {
            Pace::Go
        })
    }

    /// The same, with a look into the database in any case.
    pub(crate) fn pace_now(&self, client: &mut Client, observer: &Observer) -> Result<Pace> {
        self.state().looked = None;
        self.pace(client, observer)
    }

    /// Waits until the run can go on; gives the reason if it is to end.
    pub(crate) fn wait(&self, client: &mut Client, observer: &Observer) -> Result<Option<String>> {
        loop {
            match self.pace(client, observer)? {
                Pace::Go => return Ok(None),
                Pace::Wait(time) => thread::sleep(time),
                Pace::Stop(why) => return Ok(Some(why)),
            }
        }
    }

    /// How long the run was paused.
    pub(crate) fn paused(&self) -> Duration {
        let state = self.state();
        state.paused_before + state.paused.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn state(&self) -> MutexGuard<'_, ControlState> {
        // No statement that changes the state can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
