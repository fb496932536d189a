//! A worker: it takes tenants from the queue and migrates them over a connection of its own.

mod again;
mod called;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postgres::error::SqlState;

use self::again::{held, one_by_one, pass_over, put_off};
use super::batch::{Batch, BatchStep};
use super::batch_cache::Batches;
use super::pass::{Pass, contradiction, note};
use super::pending::Pending;
use super::queue::{Queue, Task};
use super::segmented::{Place, Stepped, Target, run_segments};
use super::trace;
use crate::bookkeeping::{Message, Meta, is_busy, is_overtaken};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::Locks;
use crate::migrate::report::event::Event;
use crate::migrate::report::{Failure, TenantReport};
use crate::migrate::session::Session;
use crate::migrate::session::retry::is_lock_failure;
use crate::migrate::session::settings::Settings;
use crate::migrate::session::turn::lost;
use crate::tenant::{Needs, name_holder};

/// State that all workers of a pass share.
pub(crate) struct Shared<'a, 's> {
    pub(crate) meta: &'a Meta,
    pub(crate) settings: &'a Settings,
    pub(crate) queue: Queue<'a>,
    pub(crate) batches: &'a Batches<'a>,
    pub(crate) pass: Mutex<&'a mut Pass<'s>>,
}

impl<'a, 's> Shared<'a, 's> {
    pub(crate) fn pass(&self) -> MutexGuard<'_, &'a mut Pass<'s>> {
        // No statement that changes the pass can panic half-way.
        self.pass.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Works until there is nothing left to do.
pub(crate) fn work(shared: &Shared<'_, '_>, client: &mut Session<'_>) {
    loop {
        let task = match shared.queue.next(client) {
            Ok(Some(task)) => task,
            Ok(None) => return,
            Err(error) => return shared.queue.fail(error),
        };
        let _over = TaskOver(&shared.queue, task.passed_over > 0);
        if let Err(error) = carry_out(shared, client, task) {
            return shared.queue.fail(error);
        }
    }
}

/// Notes that a task is over, also when whoever observes the run panics: the other workers wait for it, unless it was passed
/// over before.
struct TaskOver<'a>(&'a Queue<'a>, bool);

impl Drop for TaskOver<'_> {
    fn drop(&mut self) {
        self.0.over(self.1);
    }
}

/// Outcome of a message.
enum Delivery {
    Done,
    /// Somebody else is working on a tenant, or it is gone.
    Busy,
    /// Tenant or chain are not as they were read.
    Overtaken,
    /// A lock was not to be had.
    Locked(Error),
    /// The server has no room for so many locks.
    Crowded(Error),
    /// Runs were told to pause or to end.
    Held,
    /// The migration failed.
    Failed(Error),
}

fn carry_out(shared: &Shared<'_, '_>, client: &mut Session<'_>, mut task: Task) -> Result<()> {
    let Some(version) = task.tenants.first().map(|tenant| tenant.version) else {
        return Ok(());
    };
    let batch = shared.batches.from(version);
    let start = Instant::now();
    let is_alone = task.tenants.len() == 1;
    for tenant in &mut task.tenants {
        tenant.span = trace::tenant(tenant, task.attempts + 1);
    }
    // What happens to several at once is in the span of none of them.
    let _entered = is_alone.then(|| task.tenants[0].span.clone().entered());
    let steps = batch.steps();
    let has_segments = || {
        steps
            .iter()
            .any(|step| step.goes_in_segments(&task.tenants[0]))
    };
    let is_shared = batch.is_single() || batch.is_shareable();
    if is_alone && (!is_shared || has_segments()) {
        return step_by_step(shared, client, &batch, &task, start);
    }
    match send(shared, client, &batch, &task)? {
        Delivery::Done => {
            let each = start.elapsed() / u32::try_from(task.tenants.len()).unwrap_or(u32::MAX);
            for tenant in &task.tenants {
                report(shared, client, tenant, batch.ids(), None, each)?;
            }
        }
        Delivery::Busy if is_alone => pass_over(shared, task),
        Delivery::Overtaken if is_alone => overtaken(shared, client, &task.tenants[0], start)?,
        Delivery::Busy | Delivery::Overtaken => {
            shared.queue.jump();
            one_by_one(shared, &mut task);
        }
        Delivery::Crowded(_) if !is_alone => shared.queue.halve(&mut task),
        _ if !is_alone => one_by_one(shared, &mut task),
        Delivery::Held => held(shared, client, task)?,
        Delivery::Locked(error) | Delivery::Crowded(error)
            if task.attempts + 1 < shared.settings.attempts =>
        {
            put_off(shared, task, &error);
        }
        Delivery::Failed(_) if !batch.is_single() => {
            step_by_step(shared, client, &batch, &task, start)?;
        }
        Delivery::Locked(error) | Delivery::Crowded(error) | Delivery::Failed(error) => {
            let took = start.elapsed();
            report(
                shared,
                client,
                &task.tenants[0],
                Vec::new(),
                Some(error),
                took,
            )?;
        }
    }
    Ok(())
}

/// Plans the tenant anew, unless that was done so often that the metadata tables must contradict themselves.
fn overtaken(
    shared: &Shared<'_, '_>,
    client: &mut Session<'_>,
    tenant: &Pending,
    start: Instant,
) -> Result<()> {
    let planned_on = format!(
        "{} {} {}",
        tenant.id, tenant.version, shared.meta.chain_revision
    );
    if shared.pass().tries_again(&planned_on) {
        return Ok(());
    }
    let error = contradiction(client, tenant.id, tenant.version)?;
    report(
        shared,
        client,
        tenant,
        Vec::new(),
        Some(error),
        start.elapsed(),
    )
}

/// Applies each migration on its own: because one of several has failed, so that the tenant gets as far as it can and the
/// error names the one that fails; or because one can't be done in a transaction with others.
fn step_by_step(
    shared: &Shared<'_, '_>,
    client: &mut Session<'_>,
    batch: &Batch,
    task: &Task,
    start: Instant,
) -> Result<()> {
    let Some(tenant) = task.tenants.first() else {
        return Ok(());
    };
    let mut now = Task {
        tenants: vec![tenant.clone()],
        attempts: task.attempts,
        passed_over: task.passed_over,
        is_probe: false,
    };
    let mut done = Vec::new();
    for step in batch.steps() {
        let sent = if step.goes_in_segments(&now.tenants[0]) {
            in_segments(shared, client, step, &mut now)?
        } else {
            send(shared, client, &batch.only(step), &now)?
        };
        match sent {
            Delivery::Done => {
                done.push(step.file.migration().to_owned());
                now.tenants[0].version = step.to;
                now.tenants[0].step = Place::NotBegun;
            }
            Delivery::Busy => {
                pass_over(shared, now);
                break;
            }
            Delivery::Overtaken => {
                overtaken(shared, client, &now.tenants[0], start)?;
                break;
            }
            Delivery::Held => {
                held(shared, client, now)?;
                break;
            }
            Delivery::Locked(error) | Delivery::Crowded(error)
                if now.attempts + 1 < shared.settings.attempts =>
            {
                put_off(shared, now, &error);
                break;
            }
            Delivery::Locked(error) | Delivery::Crowded(error) | Delivery::Failed(error) => {
                return report(shared, client, tenant, done, Some(error), start.elapsed());
            }
        }
    }
    if done.is_empty() {
        return Ok(());
    }
    report(shared, client, tenant, done, None, start.elapsed())
}

/// Applies a migration that is not one transaction, and keeps how far it went.
fn in_segments(
    shared: &Shared<'_, '_>,
    client: &mut Session<'_>,
    step: &BatchStep,
    task: &mut Task,
) -> Result<Delivery> {
    let tenant = &mut task.tenants[0];
    let target = Target::Tenant(tenant);
    let stepped = run_segments(
        client,
        target,
        shared.meta,
        step,
        (shared.settings, shared.queue.control(), task.attempts),
        tenant.step,
    )?;
    Ok(match stepped {
        Stepped::Done => Delivery::Done,
        Stepped::Busy => Delivery::Busy,
        Stepped::Overtaken => Delivery::Overtaken,
        Stepped::Locked(locked) => {
            tenant.step = locked.at;
            if locked.got_on {
                task.attempts = 0;
            }
            Delivery::Locked(locked.error)
        }
        Stepped::Held(at) => {
            tenant.step = at;
            Delivery::Held
        }
        Stepped::Failed(error) => Delivery::Failed(error),
    })
}

/// Sends a message. What is wrong with a tenant is an outcome; anything else is the end of the run.
fn send(
    shared: &Shared<'_, '_>,
    client: &mut Session<'_>,
    batch: &Batch,
    task: &Task,
) -> Result<Delivery> {
    if let [step] = batch.steps()
        && !step.with_calls.is_empty()
    {
        return called::send(shared, client, (batch, step), task);
    }
    let how = (shared.settings, task.attempts);
    let message = batch.message(&task.tenants, shared.meta.chain_revision, how);
    let start = Instant::now();
    let is_known = batch.is_shareable();
    if !is_known {
        client.remember()?;
    }
    let sent = if task.is_probe {
        message.send_counting_locks(client)
    } else {
        message.send(client).map(|()| None)
    };
    if !is_known {
        client.reset(Locks::Released)?;
    }
    match sent {
        Ok(locks) => {
            shared.queue.learn(task, start.elapsed(), locks);
            Ok(Delivery::Done)
        }
        Err(error) => {
            let is_whole = task.tenants.len() == 1 && batch.is_single();
            let refused = refused(client, &message, error, is_whole, shared.settings);
            // To find the place the statements were run once more.
            if !is_known {
                client.reset(Locks::Released)?;
            }
            refused.map_err(|error| lost(error, &doing(batch, task)))
        }
    }
}

fn doing(batch: &Batch, task: &Task) -> String {
    let ids = batch.ids().join("`, `");
    match task.tenants.as_slice() {
        [one] => format!("`{ids}` of the tenant `{}`", one.key),
        several => format!("`{ids}` of {} tenants", several.len()),
    }
}

/// Tells what it means that a message was refused.
fn refused(
    client: &mut Session<'_>,
    message: &Message<'_>,
    error: postgres::Error,
    is_whole: bool,
    settings: &Settings,
) -> Result<Delivery> {
    if is_busy(&error) {
        return Ok(Delivery::Busy);
    }
    if is_overtaken(&error) {
        return Ok(Delivery::Overtaken);
    }
    let code = error.code().cloned();
    let is_locked = is_lock_failure(&error);
    let error = if is_whole && !is_locked {
        message.diagnose(client, error)
    } else {
        message.explain(error)
    };
    if error.kind() != ErrorKind::Migration {
        return Err(error);
    }
    if code == Some(SqlState::LOCK_NOT_AVAILABLE) {
        // If it is the metadata tables that are locked, all others wait for them, too.
        settings.waits().attempt(|_| message.try_guards(client))?;
    }
    Ok(match code {
        Some(code) if code == SqlState::OUT_OF_MEMORY => Delivery::Crowded(error),
        _ if is_locked => Delivery::Locked(error),
        _ => Delivery::Failed(error),
    })
}

/// Notes and tells what became of a tenant.
fn report(
    shared: &Shared<'_, '_>,
    client: &mut Session<'_>,
    tenant: &Pending,
    migrations: Vec<String>,
    error: Option<Error>,
    duration: Duration,
) -> Result<()> {
    let error = error.map(|error| {
        let needs = Needs::Drop(Some(&tenant.schema));
        name_holder(client, error, needs)
            .in_tenant(&tenant.key)
            .in_schema(&tenant.schema)
    });
    if let Some(error) = &error {
        let waits = shared.settings.waits();
        if !note(client, tenant, shared.queue.goal(), error, &waits)? {
            tracing::info!(tenant = %tenant.key, %error, "a tenant was dropped or renamed meanwhile");
            shared.pass().is_busy = true;
            return Ok(());
        }
        tracing::warn!(tenant = %tenant.key, %error, "a tenant could not be migrated");
    } else {
        tracing::info!(tenant = %tenant.key, ?migrations, "migrated a tenant");
    }
    trace::end_tenant(&tenant.span, &migrations, error.as_ref(), duration);
    let report = TenantReport {
        key: tenant.key.clone(),
        schema: tenant.schema.clone(),
        migrations,
        error: error.as_ref().map(Failure::from),
        duration,
    };
    shared
        .settings
        .observer
        .tell(&Event::Tenant(report.clone()));
    let mut pass = shared.pass();
    if let Some(why) = pass.add(tenant.id, report) {
        shared.queue.stop(why);
    }
    Ok(())
}
