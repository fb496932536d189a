//! Limits of how long statements wait and take.

use std::time::Duration;

use postgres::Client;

use super::settings::Settings;
use crate::bookkeeping::Waits;
use crate::error::Result;
use crate::migrate::chain::manifest::Limits;

/// The statements that limit how long the rest of a transaction waits and takes. Zero is PostgreSQL's word for no limit.
pub(crate) fn limits(settings: &Settings, limits: Limits) -> String {
    set("SET LOCAL", settings, limits)
}

/// The same for what is outside of a transaction: they last until they are reset.
pub(crate) fn session_limits(settings: &Settings, limits: Limits) -> String {
    set("SET", settings, limits)
}

/// Limits how long the session waits for locks where nothing else says so, as for those who read the metadata tables, behind whom
/// nobody waits. Tells whether it had no limit.
///
/// This is only for sessions of the server itself: a pooler would give the limit to others.
pub(crate) fn limit_waits(client: &mut Client) -> Result<bool> {
    let row = client.query_typed_opt(
        &format!(
            "SELECT pg_catalog.set_config('lock_timeout', '{}', false) \
             FROM pg_catalog.pg_settings WHERE name = 'lock_timeout' AND setting = '0' AND reset_val = '0'",
            milliseconds(Waits::TOTAL)
        ),
        &[],
    )?;
    Ok(row.is_some())
}

/// Has the session wait as before.
pub(crate) const UNLIMITED: &str = "RESET lock_timeout";

fn set(command: &str, settings: &Settings, limits: Limits) -> String {
    let lock = limits.lock_timeout.unwrap_or(settings.lock_timeout);
    let statement = limits
        .statement_timeout
        .unwrap_or(settings.statement_timeout);
    format!(
        "{command} lock_timeout = {};\n{command} statement_timeout = {};\n",
        milliseconds(lock),
        milliseconds(statement)
    )
}

fn milliseconds(span: Duration) -> u128 {
    let at_least = u128::from(span > Duration::ZERO);
    span.as_millis().clamp(at_least, i32::MAX as u128)
}
