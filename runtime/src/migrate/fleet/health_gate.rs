//! Conditions after a group of a rollout, before the next one or a shared part follows.
//!
//! It is kept in the database which groups something was done to: another migrator that finds nothing left to do in a
//! group waits for it like the one that did the work, and so does the next run when this one is killed.

use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use postgres::types::Type;
use postgres::{Client, Row, Transaction};

use crate::bookkeeping::{Waits, explain};
use crate::error::{Error, Result};
use crate::exec::Locks;
use crate::migrate::report::event::Event;
use crate::migrate::rollout::RolloutGroup;
use crate::migrate::rollout::abort_watch::AbortWatch;
use crate::migrate::rollout::control::{Control, Pace};
use crate::migrate::session::Session;
use crate::migrate::session::settings::Settings;

/// How long to sleep at a time while a group bakes.
const NAP: Duration = Duration::from_millis(200);

/// How long a health query may take, unless the statements of the run have a limit of their own: whatever it waits for, no rollout waits for ever.
const HEALTH_LIMIT: Duration = Duration::from_mins(1);

/// How the groups stand that have nothing left to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// Nothing stands in the way, and no time has passed.
    Yes,
    /// Nothing stands in the way now; where everything is has to be looked at anew.
    Now,
    /// The run has to stop, for this reason.
    Stop(String),
}

/// Writes down that something is done to a group.
pub(crate) fn begin(
    client: &mut Client,
    goal: i32,
    group: &RolloutGroup,
    waits: &Waits,
) -> Result<()> {
    if !group.has_checks() {
        return Ok(());
    }
    // Tenants that come later don't have everybody wait once more, but the health is asked about again.
    let sql = "INSERT INTO tenantry.rollout_group (goal, name) VALUES ($1, $2) \
               ON CONFLICT (goal, name) DO UPDATE SET healthy_at = NULL";
    change(client, sql, (goal, group), waits)
}

/// Waits until the groups before a place have baked, and asks about their health.
pub(crate) fn pass_gate(
    client: &mut Client,
    goal: i32,
    before: usize,
    settings: &Settings,
    control: &Control,
) -> Result<Gate> {
    let rollout = &settings.rollout;
    let groups = &rollout.groups()[..before.min(rollout.groups().len())];
    if !groups.iter().any(RolloutGroup::has_checks) {
        return Ok(Gate::Yes);
    }
    control.begin_now(client)?;
    let open = open(client, goal)?;
    let mut gate = Gate::Yes;
    for group in groups.iter().filter(|group| open.contains(group.name())) {
        if let Some(why) = bake(client, goal, group, settings, control)? {
            return Ok(Gate::Stop(why));
        }
        gate = Gate::Now;
        // Another migrator may have asked meanwhile, and be at work in the next group.
        if !self::open(client, goal)?.contains(group.name()) {
            continue;
        }
        if let Some(why) = unhealthy(client, group, settings, control)? {
            return Ok(Gate::Stop(why));
        }
        let sql = "UPDATE tenantry.rollout_group SET healthy_at = pg_catalog.now() WHERE goal = $1 AND name = $2";
        change(client, sql, (goal, group), &settings.waits())?;
    }
    // An abort forgets the groups, which is no news of their health: who has seen them gone sees the abort, too.
    Ok(match control.pace_now(client, &settings.observer)? {
        Pace::Stop(why) => Gate::Stop(why),
        Pace::Go | Pace::Wait(_) => gate,
    })
}

/// Forgets the groups, because the rollout is over.
pub(crate) fn forget(client: &mut Client, waits: &Waits) -> Result<()> {
    waits.change(client, |tx| {
        tx.execute_typed("DELETE FROM tenantry.rollout_group", &[])
            .map_err(explain)?;
        Ok(())
    })
}

/// Notes something of a group, which is `$1` and `$2` in the statement.
fn change(
    client: &mut Client,
    sql: &str,
    (goal, group): (i32, &RolloutGroup),
    waits: &Waits,
) -> Result<()> {
    waits.change(client, |tx| {
        let params = [(&goal as _, Type::INT4), (&group.name() as _, Type::TEXT)];
        tx.execute_typed(sql, &params).map_err(explain)?;
        Ok(())
    })
}

/// The groups that something was done to and whose health was not asked about since.
fn open(client: &mut Client, goal: i32) -> Result<HashSet<String>> {
    let rows = client
        .query_typed(
            "SELECT name FROM tenantry.rollout_group WHERE goal = $1 AND healthy_at IS NULL",
            &[(&goal, Type::INT4)],
        )
        .map_err(explain)?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Waits until the time since the group was done is over. Gives the reason if the run is to end.
fn bake(
    client: &mut Client,
    goal: i32,
    group: &RolloutGroup,
    settings: &Settings,
    control: &Control,
) -> Result<Option<String>> {
    let mut is_told = false;
    loop {
        let left = left(client, goal, group, &settings.waits())?;
        if !is_told && !left.is_zero() {
            is_told = true;
            tracing::info!(group = group.name(), ?left, "a rollout group bakes");
            settings.observer.tell(&Event::Bake {
                group: group.name().to_owned(),
                left,
            });
        }
        match control.pace(client, &settings.observer)? {
            Pace::Stop(why) => return Ok(Some(why)),
            Pace::Go if left.is_zero() => return Ok(None),
            Pace::Go | Pace::Wait(_) if left.is_zero() => thread::sleep(NAP),
            Pace::Go | Pace::Wait(_) => thread::sleep(left.min(NAP)),
        }
    }
}

/// How long the group still has to bake, by the clock of the server.
fn left(client: &mut Client, goal: i32, group: &RolloutGroup, waits: &Waits) -> Result<Duration> {
    let row = waits.change(client, |tx| {
        tx.query_typed_opt(
            "UPDATE tenantry.rollout_group SET done_at = COALESCE(done_at, pg_catalog.clock_timestamp()) \
             WHERE goal = $1 AND name = $2 \
             RETURNING EXTRACT(epoch FROM pg_catalog.clock_timestamp() - done_at)::float8",
            &[(&goal, Type::INT4), (&group.name(), Type::TEXT)],
        )
        .map_err(explain)
    })?;
    // Somebody has ended the rollout meanwhile.
    let Some(row) = row else {
        return Ok(Duration::ZERO);
    };
    let passed = Duration::try_from_secs_f64(row.try_get(0)?).unwrap_or_default();
    Ok(group.bake_time().saturating_sub(passed))
}

/// Asks about the health after a group, and tells what is wrong, if anything.
fn unhealthy(
    client: &mut Client,
    group: &RolloutGroup,
    settings: &Settings,
    control: &Control,
) -> Result<Option<String>> {
    let Some(query) = group.health_query() else {
        return Ok(None);
    };
    let watch = watch(client, settings, control)?;
    let mut session = Session::new(client, None);
    session.remember()?;
    let limit = match settings.statement_timeout {
        Duration::ZERO => HEALTH_LIMIT,
        limit => limit,
    };
    let answer = ask(&mut session, query, limit);
    drop(watch);
    // It only reads: where the connection is lost with its answer, nothing is in doubt.
    let lost = |error: Error| {
        error
            .unsent()
            .help("run it again: it asks about the health once more")
    };
    if let Err(error) = session.reset(Locks::Released) {
        return Err(lost(answer.err().unwrap_or(error)));
    }
    // That may be why it was cancelled, and then it says nothing of the health.
    if answer.is_err()
        && !client.is_closed()
        && let Pace::Stop(why) = control.pace_now(client, &settings.observer)?
    {
        return Ok(Some(why));
    }
    let why = match answer {
        Ok(Some(true)) => None,
        Ok(Some(false)) => Some("the query says no".to_owned()),
        Ok(None) => Some("the query gives no answer".to_owned()),
        Err(error) if client.is_closed() => return Err(lost(error)),
        Err(error) => Some(format!("the query fails: {error}")),
    };
    settings.observer.tell(&Event::Health {
        group: group.name().to_owned(),
        error: why.clone(),
    });
    Ok(why.map(|why| {
        tracing::warn!(group = group.name(), why, "a rollout group is not healthy");
        format!(
            "the health check of the group `{}` failed: {why}",
            group.name()
        )
    }))
}

/// Begins to look whether the run is aborted meanwhile, if there is a way to another connection.
fn watch(
    client: &mut Client,
    settings: &Settings,
    control: &Control,
) -> Result<Option<AbortWatch>> {
    let Some(connect) = settings.connect.clone() else {
        return Ok(None);
    };
    let aborts = control.aborts(client)?;
    let row = client.query_typed_one("SELECT pg_catalog.pg_backend_pid()", &[])?;
    let pid = row.try_get(0)?;
    Ok(Some(AbortWatch::begin(pid, aborts, move || connect())))
}

fn ask(client: &mut Client, query: &str, limit: Duration) -> Result<Option<bool>> {
    let mut tx = client.build_transaction().read_only(true).start()?;
    let limit = limit.as_millis().clamp(1, i32::MAX as u128);
    tx.batch_execute(&format!("SET LOCAL statement_timeout = {limit}"))?;
    // Whatever the server says of it may quote what the query compares, and what it finds.
    let rows = first_rows(&mut tx, query).map_err(|error| Error::of_sql(error, query))?;
    let answer = match rows.as_slice() {
        [row] if !row.is_empty() => row.try_get(0).map_err(Error::from)?,
        _ => None,
    };
    tx.rollback()?;
    Ok(answer)
}

/// Takes as many rows as tell that there is one. A type that the driver has to ask for is asked for before: while rows are on
/// their way nobody would answer, and no limit of the server's ends a wait for a client.
fn first_rows(tx: &mut Transaction<'_>, query: &str) -> Result<Vec<Row>, postgres::Error> {
    let statement = tx.prepare(query)?;
    let portal = tx.bind(&statement, &[])?;
    tx.query_portal(&portal, 2)
}
