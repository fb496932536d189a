//! A pass over the tenants that are not where they should be, with as many workers as are asked for.

pub(super) mod batch;
pub(super) mod batch_cache;
pub(super) mod health_gate;
pub(super) mod pass;
pub(super) mod pending;
mod queue;
pub(super) mod segmented;
pub(super) mod table_size;
pub(super) mod trace;
mod worker;

use std::mem;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use postgres::Client;
use tracing::{Span, dispatcher};

use self::batch_cache::Batches;
use self::health_gate::{Gate, begin};
use self::pass::Pass;
use self::pending::{PendingTenants, pending_tenants};
use self::queue::Queue;
use self::worker::{Shared, work};
use super::report::direction::Direction;
use super::session::Session;
use super::session::limits::limit_waits;
use super::session::settings::Settings;
use crate::bookkeeping::Meta;
use crate::error::{Error, Result};

/// How a pass ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passed {
    /// Something was done, or somebody else is at work: look again.
    Again,
    /// There was nothing to do, though some tenants, which failed or were not asked for, are not where they should be;
    /// or the run was stopped.
    Incomplete,
    /// Every tenant is where it should be.
    Complete,
}

impl Pass<'_> {
    /// Brings the tenants that are not at a version there: those of the first group that has any.
    pub(crate) fn go(
        &mut self,
        client: &mut Client,
        meta: &Meta,
        goal: (Direction, i32),
        batches: &Batches<'_>,
    ) -> Result<Passed> {
        let settings = self.settings;
        let rollout = &settings.rollout;
        let pending = pending_tenants(client, goal, &settings.selection, rollout, &self.failed)?;
        match self.pass_gate(client, goal.1, pending.place.unwrap_or(usize::MAX))? {
            Gate::Yes => {}
            Gate::Now => return Ok(Passed::Again),
            Gate::Stop(_) => return Ok(Passed::Incomplete),
        }
        let Some(place) = pending.place else {
            return Ok(if pending.anybody {
                Passed::Incomplete
            } else {
                Passed::Complete
            });
        };
        begin(client, goal.1, rollout.at(place), &settings.waits())?;
        let settings = settings.of_group(place);
        let workers = settings.workers.min(pending.ids.len());
        self.begin(&pending, goal.1, place, workers);
        let done = self.turns + self.failed.len();
        let start = Instant::now();
        let span = trace::stage(
            goal,
            rollout.name(place).as_deref(),
            pending.ids.len(),
            workers,
        );
        let (error, stopped) =
            span.in_scope(|| self.share(client, meta, goal, batches, pending, &settings));
        self.busy += start.elapsed();
        if let Some(error) = error {
            return Err(error);
        }
        if stopped.is_some() {
            self.report.stopped = stopped;
            return Ok(Passed::Incomplete);
        }
        if self.is_busy && self.turns + self.failed.len() == done {
            // All that is left is being worked on by others.
            self.beside.wait(client, &self.passed_over, self.settings)?;
        } else {
            self.beside.is_over();
        }
        Ok(Passed::Again)
    }

    /// Has the workers share the tenants. Gives what ended it before its time.
    fn share(
        &mut self,
        client: &mut Client,
        meta: &Meta,
        goal: (Direction, i32),
        batches: &Batches<'_>,
        pending: PendingTenants,
        settings: &Settings,
    ) -> (Option<Error>, Option<String>) {
        let workers = settings.workers.min(pending.ids.len());
        // The control is looked at by all workers, while one at a time adds to the rest.
        let control = mem::take(&mut self.control);
        let shared = Shared {
            meta,
            settings,
            queue: Queue::new(goal, settings, pending, batches, &control),
            batches,
            pass: Mutex::new(self),
        };
        // The workers tell whoever listens to the thread that began the run.
        let (listener, stage) = (dispatcher::get_default(Clone::clone), Span::current());
        thread::scope(|scope| {
            for _ in 1..workers {
                let work = || stage.in_scope(|| work_over_own_connection(&shared));
                let listener = &listener;
                scope.spawn(move || dispatcher::with_default(listener, work));
            }
            work(&shared, &mut Session::new(client, None));
        });
        let end = shared.queue.into_end();
        self.control = control;
        self.spare.clear();
        end
    }
}

/// Works over a connection of its own.
fn work_over_own_connection(shared: &Shared<'_, '_>) {
    let Some(connect) = &shared.settings.connect else {
        return;
    };
    let spare = shared.pass().spare.pop();
    match spare.map_or_else(&**connect, Ok) {
        Ok(mut client) => match limit_waits(&mut client) {
            Ok(_) => work(shared, &mut Session::new(&mut client, Some(&**connect))),
            Err(error) => shared.queue.fail(error),
        },
        // The others can do it without this one.
        Err(error) => tracing::warn!(%error, "a worker has no connection"),
    }
}
