//! Work that takes no turn, or reads before it does: what it looks up waits for locks no longer than a run's.

use postgres::Client;

use super::limits::{UNLIMITED, limit_waits};
use super::settings::Settings;
use super::turn::keeps_its_session;
use crate::error::Result;
use crate::tenant::held_up;

/// Does a piece of work in a session that waits for no lock for ever, and leaves the session as patient as it was.
///
/// A limit of the session is set only where it stays with it: a pooler would give it to others.
pub(crate) fn within_limits<T>(
    client: &mut Client,
    settings: &Settings,
    work: impl FnOnce(&mut Client) -> Result<T>,
) -> Result<T> {
    let is_limited =
        is_unlimited(client)? && keeps_its_session(client, settings)? && limit_waits(client)?;
    let outcome = work(client).map_err(|error| held_up(client, error));
    if is_limited
        && !client.is_closed()
        && let Err(error) = client.batch_execute(UNLIMITED)
    {
        tracing::debug!(%error, "a session keeps its limit");
    }
    outcome
}

fn is_unlimited(client: &mut Client) -> Result<bool> {
    let sql = "SELECT pg_catalog.current_setting('lock_timeout') = '0'";
    Ok(client.query_typed_one(sql, &[])?.try_get(0)?)
}
