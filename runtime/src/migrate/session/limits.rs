//! Limits of how long statements wait and take.

use std::time::Duration;

use super::settings::Settings;
use crate::migrate::chain::manifest::Limits;

/// The statements that limit how long the rest of a transaction waits and takes. Zero is PostgreSQL's word for no limit.
pub(crate) fn limits(settings: &Settings, limits: Limits) -> String {
    set("SET LOCAL", settings, limits)
}

/// The same for what is outside of a transaction: they last until they are reset.
pub(crate) fn session_limits(settings: &Settings, limits: Limits) -> String {
    set("SET", settings, limits)
}

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
