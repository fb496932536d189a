//! The spans of a run: one for the run, one for each stage of tenants and each shared part, and one for each attempt at a
//! tenant. None has a value of a row.

use std::time::Duration;

use tracing::Span;
use tracing::field::Empty;

use super::pending::Pending;
use crate::error::Error;
use crate::migrate::report::Report;
use crate::migrate::report::direction::Direction;

/// The span of a run; [`end_run`] ends it.
pub(crate) fn run(direction: Direction) -> Span {
    tracing::info_span!(
        "run",
        direction = word(direction),
        migrated = Empty,
        failed = Empty,
        stopped = Empty
    )
}

/// Takes down what a run did.
pub(crate) fn end_run(span: &Span, report: &Report) {
    span.record("migrated", report.migrated);
    span.record("failed", report.failures().count());
    span.record("stopped", report.stopped.as_deref());
}

/// The span of bringing the tenants of a group to a version.
pub(crate) fn stage(
    (direction, version): (Direction, i32),
    group: Option<&str>,
    tenants: usize,
    workers: usize,
) -> Span {
    let direction = word(direction);
    tracing::info_span!("stage", direction, version, group, tenants, workers)
}

/// The span of a shared part.
pub(crate) fn shared(migration: &str) -> Span {
    tracing::info_span!("shared", migration, outcome = Empty, duration_ms = Empty)
}

/// The span of an attempt at a tenant.
pub(crate) fn tenant(tenant: &Pending, attempt: usize) -> Span {
    tracing::info_span!(
        "tenant",
        tenant = %tenant.key,
        schema = %tenant.schema,
        version = tenant.version,
        attempt,
        migrations = Empty,
        outcome = Empty,
        duration_ms = Empty
    )
}

/// Takes down what became of a tenant.
pub(crate) fn end_tenant(
    span: &Span,
    migrations: &[String],
    error: Option<&Error>,
    duration: Duration,
) {
    span.record("migrations", migrations.join(", "));
    end(span, error, duration);
}

/// Takes down how it went.
pub(crate) fn end(span: &Span, error: Option<&Error>, duration: Duration) {
    span.record("outcome", if error.is_some() { "failed" } else { "done" });
    span.record("duration_ms", duration.as_secs_f64() * 1000.0);
}

/// Takes down that it is to be tried again.
pub(crate) fn put_off(span: &Span) {
    span.record("outcome", "put off");
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "up",
        Direction::Down => "down",
    }
}
