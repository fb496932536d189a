//! A step back in whose transaction functions of the application are called.

use super::{Delivery, Shared, Task};
use crate::bookkeeping::{Message, is_busy, is_overtaken};
use crate::error::{ErrorKind, Result};
use crate::exec::Locks;
use crate::migrate::fleet::batch::{Batch, BatchStep};
use crate::migrate::fleet::segmented::{Unfinished, is_passing, with_calls};
use crate::migrate::functions::CallPlace;
use crate::migrate::session::Session;

/// Takes a tenant back by one step.
pub(super) fn send(
    shared: &Shared<'_, '_>,
    client: &mut Session<'_>,
    (batch, step): (&Batch, &BatchStep),
    task: &Task,
) -> Result<Delivery> {
    let control = batch.control(&task.tenants, shared.meta.chain_revision, shared.settings);
    let tenant = task.tenants[0].place();
    let place = CallPlace {
        shared: &shared.meta.shared_schema,
        tenant: Some(&tenant),
    };
    let file = (step, "tenant.down.sql");
    let sent = with_calls(client, &control, file, place, shared.settings);
    client.reset(Locks::Released)?;
    match sent {
        Ok(()) => Ok(Delivery::Done),
        Err(Unfinished::Control(error)) if is_busy(&error) => Ok(Delivery::Busy),
        Err(Unfinished::Control(error)) if is_overtaken(&error) => Ok(Delivery::Overtaken),
        Err(Unfinished::Control(error)) => {
            let message = Message::new(control);
            super::refused(client, &message, error, true, shared.settings)
        }
        Err(Unfinished::Part(error)) if error.kind() == ErrorKind::Connection => Err(error),
        Err(Unfinished::Part(error)) if is_passing(&error) => Ok(Delivery::Locked(error)),
        Err(Unfinished::Part(error)) => Ok(Delivery::Failed(error)),
    }
}
