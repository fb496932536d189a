//! Rolling back: tenants first, then the shared schema, in reverse order.
//!
//! It undoes what the database has recorded, so neither files nor the version of the application that applied it are needed. Files that
//! are there say only how long it may wait and take.

use postgres::Client;

use super::chain::Chain;
use super::chain::manifest::Limits;
use super::drift::refuse_older;
use super::fleet::batch::{Batch, BatchStep};
use super::fleet::batch_cache::Batches;
use super::fleet::pass::Pass;
use super::fleet::{Passed, trace};
use super::functions::Functions;
use super::recorded;
use super::recorded::undo::{Undo, read};
use super::report::direction::Direction;
use super::report::{Blocked, Report, WaitsFor};
use super::run::{ReleaseOnce, in_turn, release};
use super::session::settings::Settings;
use super::session::turn::Turn;
use super::shared::{NextRound, shared_step};
use super::status::contradictions::refuse_contradictions;
use crate::alike::most_alike_migration;
use crate::bookkeeping::batches::has_calls;
use crate::bookkeeping::effects::{Rows, is_unknowable, leaves_nothing};
use crate::bookkeeping::segment::{Stretch, cut_at_calls, in_rollback};
use crate::bookkeeping::{CHAIN_REVISION, FileSql, Guard, Meta, explain};
use crate::error::{Error, ErrorKind, Result};
use crate::model::PlacementKind;
use crate::name::quote_literal;
use crate::tenant::{Selection, sizes};
use crate::value::Params;

/// Rolls back all that comes after a migration, or everything.
pub(super) fn rollback(
    client: &mut Client,
    to: Option<&str>,
    files: &Chain,
    settings: &Settings,
) -> Result<Report> {
    in_turn(client, Direction::Down, settings, |client, turn| {
        turns(client, to, files, settings, turn)
    })
}

fn turns(
    client: &mut Client,
    to: Option<&str>,
    files: &Chain,
    settings: &Settings,
    turn: &mut Turn,
) -> Result<Report> {
    let mut pass = Pass::new(settings);
    recorded::read(client)?;
    refuse_contradictions(client)?;
    loop {
        let (meta, mut chain, left_out) = read(client)?;
        limit(&mut chain, files);
        let target = target(&chain, to)?;
        check(&chain, target, &settings.functions)?;
        turn.take(client, settings)?;
        if let Some(aborts) = turn.aborts() {
            pass.control.begin(aborts);
        }
        pass.spare.extend(turn.spare());
        check_whole(client, &settings.selection)?;
        refuse_older(client, &meta, settings)?;
        if round(&mut pass, client, &meta, &chain, target)? == NextRound::Done {
            pass.report.left_out = left_out;
            return Ok(pass.report);
        }
    }
}

fn round(
    pass: &mut Pass<'_>,
    client: &mut Client,
    meta: &Meta,
    chain: &[Undo],
    target: i32,
) -> Result<NextRound> {
    let last_shared = chain
        .iter()
        .rev()
        .find(|undo| undo.shared.is_some() && undo.position <= meta.shared_version)
        .filter(|undo| undo.position > target);
    let limit = last_shared.map_or(target, |undo| undo.position - 1);
    let to = last_tenant_part(chain, limit);
    // When some tenants are taken back only, new ones are made like the others.
    if meta.tenant_version > to && !pass.settings.selection.is_partial() {
        release(client, meta, to, ReleaseOnce::Now, &pass.settings.waits())?;
        return Ok(NextRound::Again);
    }
    let is_unknowable = is_unknowable(client)?;
    let batch = |from| batch(meta, chain, from, to).in_database(is_unknowable);
    match pass.go(client, meta, (Direction::Down, to), &Batches::new(&batch))? {
        Passed::Again => return Ok(NextRound::Again),
        Passed::Incomplete => {
            pass.report.blocked = last_shared.map(|undo| Blocked::new(&undo.id, WaitsFor::Tenants));
            return Ok(NextRound::Done);
        }
        Passed::Complete => {}
    }
    match last_shared {
        // Of some tenants only was it looked whether they are half-way.
        Some(undo) if is_half_way(check_whole(client, &Selection::all()))? => {
            pass.report.blocked = Some(Blocked::new(&undo.id, WaitsFor::Tenants));
            Ok(NextRound::Done)
        }
        Some(undo) if pass.may_go_on(client)? => undo_shared(pass, client, meta, chain, undo),
        _ => Ok(NextRound::Done),
    }
}

/// Limits migrations as their files say, where there are any. What undoes them is one transaction all the same.
fn limit(chain: &mut [Undo], files: &Chain) {
    for undo in chain {
        let mut files = files.migrations().iter();
        if let Some(migration) = files.find(|it| it.id() == undo.id) {
            undo.limits = Limits {
                is_transaction: true,
                ..migration.limits()
            };
        }
    }
}

/// Whether somebody was found to be half-way.
fn is_half_way(found: Result<()>) -> Result<bool> {
    match found {
        Err(error) if error.kind() != ErrorKind::Migration => Err(error),
        found => Ok(found.is_err()),
    }
}

/// The position of the last tenant part up to a position.
fn last_tenant_part(chain: &[Undo], limit: i32) -> i32 {
    let mut parts = chain.iter().rev();
    parts
        .find(|undo| undo.tenant.is_some() && undo.position <= limit)
        .map_or(0, |undo| undo.position)
}

/// Messages that take a tenant at one version back to another.
fn batch(meta: &Meta, chain: &[Undo], from: i32, to: i32) -> Batch {
    let within = chain
        .iter()
        .rev()
        .filter(|undo| undo.position > to && undo.position <= from);
    let steps = within.filter_map(|undo| {
        let part = undo.tenant.as_ref()?;
        let down = part.down.as_deref()?;
        Some(BatchStep {
            leaves_nothing: leaves_nothing(down, Rows::Possible),
            to: last_tenant_part(chain, undo.position - 1),
            file: FileSql::in_use(
                &undo.id,
                "tenant.down.sql",
                &in_rollback(down),
                &meta.shared_schema,
            ),
            sql: String::new(),
            limits: undo.limits,
            checksum: part.checksum.clone(),
            with_calls: with_calls(down),
        })
    });
    Batch::new(Direction::Down, steps.collect())
}

/// The SQL of a rollback, cut where functions are called.
fn with_calls(down: &str) -> Vec<Stretch> {
    if has_calls(down) {
        cut_at_calls(&in_rollback(down))
    } else {
        Vec::new()
    }
}

fn undo_shared(
    pass: &mut Pass<'_>,
    client: &mut Client,
    meta: &Meta,
    chain: &[Undo],
    undo: &Undo,
) -> Result<NextRound> {
    let _span = trace::shared(&undo.id).entered();
    let part = undo.shared.as_ref();
    let down = part
        .and_then(|part| part.down.as_deref())
        .unwrap_or_default();
    let down = in_rollback(down);
    let file = FileSql::in_use(&undo.id, "shared.down.sql", &down, &meta.shared_schema);
    let before = chain
        .iter()
        .rev()
        .find(|before| before.shared.is_some() && before.position < undo.position)
        .map_or(0, |before| before.position);
    let as_read = format!(
        "{CHAIN_REVISION} = {} AND shared_version = {} AND tenant_version = {}",
        meta.chain_revision, meta.shared_version, meta.tenant_version
    );
    let control = format!(
        "UPDATE tenantry.meta SET shared_version = {}; \
         DELETE FROM tenantry.ledger WHERE tenant_id = 0 AND migration = {};",
        Guard::Overtaken.unless(&as_read, before),
        quote_literal(&undo.id)
    );
    let step = BatchStep {
        to: before,
        leaves_nothing: leaves_nothing(&down, Rows::Possible) && !is_unknowable(client)?,
        file,
        sql: String::new(),
        limits: undo.limits,
        checksum: String::new(),
        with_calls: with_calls(&down),
    };
    shared_step(pass, client, (&control, &meta.shared_schema), &step)
}

/// The position of the migration that a rollback goes back to.
pub(super) fn target_of(client: &mut Client, to: Option<&str>) -> Result<i32> {
    let (_, chain, _) = read(client)?;
    target(&chain, to)
}

fn target(chain: &[Undo], to: Option<&str>) -> Result<i32> {
    let Some(to) = to else { return Ok(0) };
    let number = to.parse::<i32>().ok();
    let found = chain
        .iter()
        .find(|undo| undo.id == to || Some(undo.position) == number);
    found.map(|undo| undo.position).ok_or_else(|| {
        let ids = chain.iter().map(|undo| undo.id.as_str());
        let help = most_alike_migration(to, ids).map_or_else(
            || "name the last one that is to stay".to_owned(),
            |meant| format!("did you mean `{meant}`?"),
        );
        Error::new(
            ErrorKind::Chain,
            format!("the database has no migration `{to}` to roll back to\nhelp: {help}"),
        )
    })
}

/// Refuses to roll back a schema that is half-way through a migration: what it has of it, the SQL that undoes all of it
/// does not undo.
fn check_whole(client: &mut Client, selection: &Selection) -> Result<()> {
    let mut params = Params::default();
    let selected = selection.sql(&mut params);
    // Some tenants alone leave the shared schema as it is.
    let shared = if selection.is_partial() {
        "false"
    } else {
        "m.shared_step > 0"
    };
    let sql = format!(
        "SELECT w.who, w.done, g.id FROM ( \
             (SELECT 'the tenant `' || t.key || '`' AS who, t.step - 1 AS done, (SELECT min(position) \
              FROM tenantry.migration WHERE tenant_up IS NOT NULL AND position > t.version) AS position \
              FROM tenantry.tenant AS t{} WHERE t.step > 0 AND {selected} ORDER BY t.id LIMIT 1) \
             UNION ALL SELECT 'the shared schema', m.shared_step - 1, (SELECT min(position) \
              FROM tenantry.migration WHERE shared_up IS NOT NULL AND position > m.shared_version) \
              FROM tenantry.meta AS m WHERE {shared}) AS w \
         LEFT JOIN tenantry.migration AS g ON g.position = w.position LIMIT 1",
        sizes(selection.needs_size())
    );
    let row = client
        .query_typed_opt(&sql, &params.typed())
        .map_err(explain)?;
    let Some(row) = row else { return Ok(()) };
    let (who, done): (&str, i32) = (row.try_get(0)?, row.try_get(1)?);
    let id: Option<&str> = row.try_get(2)?;
    let id = id.map_or_else(|| "a migration".to_owned(), |id| format!("`{id}`"));
    let done = match done {
        1 => "1 of its steps is done".to_owned(),
        _ => format!("{done} of its steps are done"),
    };
    Err(Error::new(
        ErrorKind::Migration,
        format!(
            "{who} is half-way through {id}, which is not one transaction: {done}, and what undoes all of it does not \
             undo them\n\
             help: migrate first, so that it is done, and roll back then. If the rest of it does not work, change the rest \
             in its folder and migrate; if the folder is gone, bring it back: `tenantry.migration` has its SQL"
        ),
    ))
}

/// Refuses to begin what can't be ended.
fn check(chain: &[Undo], target: i32, functions: &Functions) -> Result<()> {
    for undo in chain.iter().filter(|undo| undo.position > target) {
        for (part, kind) in [
            (&undo.shared, PlacementKind::Shared),
            (&undo.tenant, PlacementKind::Tenant),
        ] {
            let placement = kind.as_str();
            let applied = part.as_ref().filter(|part| part.applied);
            if let Some(down) = applied.and_then(|part| part.down.as_deref()) {
                let path = format!("{}/{placement}.down.sql", undo.id);
                functions.check_sql(down, kind, &path)?;
            }
            if part
                .as_ref()
                .is_some_and(|part| part.applied && part.down.is_none())
            {
                return Err(Error::new(
                    ErrorKind::Migration,
                    format!(
                        "the migration `{0}` can't be rolled back: it had no `{placement}.down.sql` when it was applied\n\
                         help: write a migration that does the opposite, or roll back to `{0}` only",
                        undo.id
                    ),
                ));
            }
        }
    }
    Ok(())
}
