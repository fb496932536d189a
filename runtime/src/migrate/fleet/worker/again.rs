//! Tenants that are worked on again, or later.

use std::time::Duration;

use postgres::Client;

use super::Shared;
use crate::error::{Error, Result};
use crate::migrate::fleet::queue::Task;
use crate::migrate::report::Failure;
use crate::migrate::report::event::Event;
use crate::migrate::session::retry::backoff;

/// Has the tenants of a task tried again, each on its own: one of them may be what the others failed for.
pub(super) fn one_by_one(shared: &Shared<'_, '_>, task: &mut Task) {
    for tenant in task.tenants.drain(..) {
        shared.queue.again(tenant, 0, Duration::ZERO);
    }
}

pub(super) fn put_off(shared: &Shared<'_, '_>, task: Task, error: &Error) {
    let attempts = task.attempts + 1;
    let after = backoff(attempts);
    for tenant in task.tenants {
        tracing::info!(tenant = %tenant.key, attempts, ?after, %error, "a tenant is tried again later");
        shared.settings.observer.tell(&Event::Retry {
            tenant: Some(tenant.key.clone()),
            attempts,
            after,
            why: Failure::from(error),
        });
        shared.queue.again(tenant, attempts, after);
    }
}

/// Has a tenant gone on with once the run goes on; whoever takes it from the queue waits for that.
pub(super) fn held(shared: &Shared<'_, '_>, client: &mut Client, task: Task) -> Result<()> {
    shared.queue.look(client)?;
    for tenant in task.tenants {
        shared.queue.again(tenant, task.attempts, Duration::ZERO);
    }
    Ok(())
}

pub(super) fn pass_over(shared: &Shared<'_, '_>, task: Task) {
    shared.pass().pass_over(&task.tenants);
    for tenant in task.tenants {
        shared
            .queue
            .pass_over(tenant, task.attempts, task.passed_over + 1);
    }
}
