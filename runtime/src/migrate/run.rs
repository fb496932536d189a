//! Running a chain over the shared schema and the fleet.

use std::time::Instant;

use postgres::Client;
use postgres::types::Type;

use super::batch::{Batch, Direction};
use super::chain::{Chain, Migration, Part};
use super::compare::compare;
use super::event::Event;
use super::migrator::check_target;
use super::plan::{Stage, stage};
use super::recorded::{Recorded, read, record};
use super::report::{Blocked, Failure, Report, SharedReport};
use super::settings::Settings;
use super::sweep::{Sweep, Swept, contradiction};
use crate::bookkeeping::{FileSql, Message, Meta, explain, is_overtaken, ledger_rows};
use crate::error::{ErrorKind, Result};
use crate::name::SchemaName;

/// Whether there is more to do.
#[derive(PartialEq, Eq)]
pub(super) enum Next {
    Again,
    Done,
}

/// Goes from stage to stage, up to a position, until nobody is behind or nothing more can be done.
///
/// Every round looks anew at where everything is, so that a tenant that was created meanwhile, or what another migrator
/// does, is nothing special.
pub(super) fn run(
    client: &mut Client,
    chain: &Chain,
    shared: &SchemaName,
    target: i32,
    settings: &Settings,
) -> Result<Report> {
    let start = Instant::now();
    let mut sweep = Sweep::new(settings);
    loop {
        let recorded = record(client, chain, shared)?;
        check_target(chain, &recorded.meta, target)?;
        sweep.report.ahead = compare(chain, &recorded.migrations).ahead;
        let stage = stage(chain, recorded.meta.shared_version, target);
        if round(&mut sweep, client, chain, &recorded, stage)? == Next::Done {
            sweep.report.left_out = recorded.left_out;
            break;
        }
    }
    let mut report = sweep.report;
    report.duration = start.elapsed();
    settings.observer.tell(&Event::Finished(report.clone()));
    Ok(report)
}

fn round(
    sweep: &mut Sweep<'_>,
    client: &mut Client,
    chain: &Chain,
    recorded: &Recorded,
    stage: Stage,
) -> Result<Next> {
    let meta = &recorded.meta;
    let to = stage.tenants_to;
    let shared = &meta.shared_schema;
    let batch = |from| Batch::up(chain, from, to, shared);
    let is_behind = recorded.lowest.is_some_and(|lowest| lowest < to);
    let swept = if is_behind {
        sweep.go(client, meta, (Direction::Up, to), &batch)?
    } else {
        Swept::Complete
    };
    match swept {
        Swept::Again => return Ok(Next::Again),
        Swept::Incomplete => {
            let blocked = stage.then_shared.and_then(|position| chain.at(position));
            sweep.report.blocked = blocked.map(|migration| Blocked {
                migration: migration.id().to_owned(),
            });
            return Ok(Next::Done);
        }
        Swept::Complete => {}
    }
    if meta.tenant_version < to {
        release(client, meta, to)?;
        return Ok(Next::Again);
    }
    let migration = stage.then_shared.and_then(|position| chain.at(position));
    match migration.and_then(|migration| Some((migration, migration.shared()?))) {
        Some((migration, part)) => migrate_shared(sweep, client, meta, migration, part),
        None => Ok(Next::Done),
    }
}

/// Lets new tenants be made at a version.
///
/// This waits for the tenants that are being created at the version before; the next round finds them.
pub(super) fn release(client: &mut Client, meta: &Meta, version: i32) -> Result<()> {
    client
        .execute_typed(
            "UPDATE tenantry.meta SET tenant_version = $1 \
             WHERE edition = $2 AND shared_version = $3 AND tenant_version = $4",
            &[
                (&version, Type::INT4),
                (&meta.edition, Type::INT8),
                (&meta.shared_version, Type::INT4),
                (&meta.tenant_version, Type::INT4),
            ],
        )
        .map_err(explain)?;
    Ok(())
}

fn migrate_shared(
    sweep: &mut Sweep<'_>,
    client: &mut Client,
    meta: &Meta,
    migration: &Migration,
    part: &Part,
) -> Result<Next> {
    let file = FileSql::new(
        migration.id(),
        "shared.up.sql",
        part.up(),
        &meta.shared_schema,
    );
    // It fails unless the database is as it was read.
    let control = format!(
        "WITH m AS (UPDATE tenantry.meta SET shared_version = {position} \
         WHERE edition = {edition} AND shared_version = {from} AND tenant_version = {tenants} RETURNING 0 AS id) \
         INSERT INTO tenantry.ledger (tenant_id, migration, checksum) \
         SELECT (SELECT id FROM m), v.migration, v.checksum FROM (VALUES {rows}) AS v (migration, checksum);",
        position = migration.position(),
        edition = meta.edition,
        from = meta.shared_version,
        tenants = meta.tenant_version,
        rows = ledger_rows([(migration.id(), part.checksum().as_str())]),
    );
    shared_step(sweep, client, &control, &file)
}

/// Sends the message of a shared step, and reports what became of it.
pub(super) fn shared_step(
    sweep: &mut Sweep<'_>,
    client: &mut Client,
    control: &str,
    file: &FileSql,
) -> Result<Next> {
    let start = Instant::now();
    let mut message = Message::new(control.to_owned());
    message.add(file, None);
    let error = match message.send(client) {
        Ok(()) => None,
        Err(error) if is_overtaken(&error) => {
            if sweep.tries_again(control) {
                return Ok(Next::Again);
            }
            let version = read(client)?.meta.shared_version;
            Some(contradiction(client, 0, version)?)
        }
        Err(error) => Some(message.diagnose(client, error)),
    };
    if let Some(error) = error {
        if error.kind() != ErrorKind::Migration {
            return Err(error);
        }
        tracing::warn!(migration = file.migration(), %error, "the shared schema could not be migrated");
        sweep.report.shared.push(SharedReport {
            migration: file.migration().to_owned(),
            error: Some(Failure::from(&error)),
            duration: start.elapsed(),
        });
        return Ok(Next::Done);
    }
    tracing::info!(migration = file.migration(), "migrated the shared schema");
    sweep.report.shared.push(SharedReport {
        migration: file.migration().to_owned(),
        error: None,
        duration: start.elapsed(),
    });
    Ok(Next::Again)
}
