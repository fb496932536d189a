//! The chain as the database has it, and how it is made to agree with the one on disk.

pub(super) mod compare;
pub(super) mod migration;
pub(super) mod repair;
pub(super) mod squashed;
pub(super) mod undo;
mod written;

use postgres::types::Type;
use postgres::{Client, GenericClient, Row, Transaction};

use self::compare::{ChainDifference, diverged};
use self::migration::{RecordedMigration, RecordedPart};
use self::repair::{differ, repair};
use self::squashed::Squashed;
use self::written::{insert, write_provision};
use super::chain::Chain;
use super::plan::stage::{Reached, last_tenant_part};
use super::report::LeftOut;
use super::session::settings::Settings;
use super::session::turn::Turn;
use crate::bookkeeping::facts::UNFINISHED;
use crate::bookkeeping::{
    self, AGREE, APPLIED, CHAIN_REVISION, LEFT_OUT, Meta, RECORDED_CHAIN, damaged, explain, fits,
    lacking, not_migrated,
};
use crate::error::{Error, ErrorKind, Result};
use crate::model::PlacementKind;
use crate::name::{SchemaName, TenantKey};

/// Where the database is, and the chain that it has recorded.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) meta: Meta,
    pub(crate) migrations: Vec<RecordedMigration>,
    /// Checksum of the rights and rows of new tenants, and the position from which on they hold.
    pub(crate) provision: Option<(i32, String)>,
    /// Whether it is known what new tenants are made of.
    pub(crate) has_baseline: bool,
    /// The version of the tenants that are furthest behind.
    pub(crate) lowest: Option<i32>,
    /// The same of those that are active.
    pub(crate) lowest_active: Option<i32>,
    /// The tenants that migrations leave out.
    pub(crate) left_out: Vec<LeftOut>,
    /// Whether anything may be left of creations that nobody finishes.
    pub(crate) has_unfinished: bool,
    /// The migrations that were just booked in the place of others.
    pub(crate) booked: Vec<String>,
    /// The rows that the metadata tables lack, if they do not hold together.
    lacking: Option<String>,
}

/// How many migrations may come after the baseline before it is found out anew, which takes as long as several creations.
const TAIL: usize = 8;

/// Whether the baseline is good enough for the chain for new tenants, and what they get after it, as columns, which are
/// found out once and not for each row. Without a chain for tenants there is no baseline.
fn new_tenant_columns() -> String {
    format!(
        "(SELECT m.tenant_version = 0 OR EXISTS (SELECT FROM tenantry.baseline AS b WHERE {} AND (SELECT \
         count(*) < {TAIL} AND NOT COALESCE(pg_catalog.bool_or(beyond_tables), false) FROM tenantry.migration \
         WHERE tenant_up IS NOT NULL AND position > b.version AND position <= m.tenant_version)) \
         FROM tenantry.meta AS m WHERE m.one = 1), \
         (SELECT max(position) FROM tenantry.provision), \
         (SELECT checksum FROM tenantry.provision ORDER BY position DESC LIMIT 1), \
         {UNFINISHED}",
        fits()
    )
}

/// How far the last tenant is, and who is left out, as columns.
pub(crate) fn fleet_columns() -> String {
    format!(
        "(SELECT ARRAY[min(version), min(version) FILTER (WHERE state = 'active')] \
         FROM tenantry.tenant WHERE state NOT IN {LEFT_OUT}), \
         ARRAY(SELECT pg_catalog.concat_ws(' ', state, key) FROM tenantry.tenant WHERE state IN {LEFT_OUT} ORDER BY id)"
    )
}

/// Reads where the database is, with one query.
///
/// # Errors
///
/// [`ErrorKind::DamagedMetadata`], when the metadata tables do not hold together.
pub(crate) fn read(client: &mut impl GenericClient) -> Result<Recorded> {
    let recorded = read_as_is(client)?;
    match &recorded.lacking {
        Some(lacking) => Err(damaged(std::slice::from_ref(lacking))),
        None => Ok(recorded),
    }
}

/// The ids of the migrations that are applied anywhere; none where nothing was migrated yet.
///
/// # Errors
///
/// When the database does not answer, or its metadata tables were made by an older version of tenantry.
#[cfg(feature = "cli")]
pub(crate) fn applied(client: &mut impl GenericClient) -> Result<Vec<String>> {
    match read_as_is(client) {
        Ok(recorded) => {
            let migrations = recorded.migrations.into_iter();
            let applied = migrations.filter(RecordedMigration::is_applied);
            Ok(applied.map(|migration| migration.id).collect())
        }
        Err(error) if error.kind() == ErrorKind::NotMigrated => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The same for whoever only shows what the metadata tables have, damaged or not.
pub(crate) fn read_as_is(client: &mut impl GenericClient) -> Result<Recorded> {
    let sql = format!(
        "SELECT {}, g.position, g.id, g.shared_checksum, g.tenant_checksum, {APPLIED}, {}, {}, \
         COALESCE({}, CASE WHEN NOT {AGREE} THEN 'rows of `tenant` or `ledger`' END) \
         FROM tenantry.meta AS m LEFT JOIN tenantry.migration AS g ON true WHERE m.one = 1 ORDER BY g.position",
        Meta::COLUMNS,
        fleet_columns(),
        new_tenant_columns(),
        lacking()
    );
    let rows = client.query_typed(&sql, &[]).map_err(explain)?;
    let first = rows.first().ok_or_else(not_migrated)?;
    let meta = Meta::read(first)?;
    let at = Meta::WIDTH;
    let mut migrations = Vec::new();
    for row in &rows {
        let Some(position) = row.try_get(at)? else {
            continue;
        };
        let part = |checksum: usize, applied: usize| -> Result<Option<RecordedPart>> {
            let Some(checksum) = row.try_get(at + checksum)? else {
                return Ok(None);
            };
            let applied = row.try_get(at + applied)?;
            Ok(Some(RecordedPart { checksum, applied }))
        };
        migrations.push(RecordedMigration {
            position,
            id: row.try_get(at + 1)?,
            shared: part(2, 4)?,
            tenant: part(3, 5)?,
        });
    }
    Recorded::of(first, meta, migrations, at + 6)
}

/// Reads again where the database is, with the migrations, and whether they were applied, as it was read before, and without
/// another look at the metadata tables; nothing if the recorded chain, or the format of the metadata tables, is another by now.
fn read_again(client: &mut Client, before: &Recorded) -> Result<Option<Recorded>> {
    let sql = format!(
        "SELECT {}, {}, {}, NULL::text FROM tenantry.meta AS m WHERE m.one = 1 AND m.{CHAIN_REVISION} = $1",
        Meta::COLUMNS,
        fleet_columns(),
        new_tenant_columns(),
    );
    let row = client
        .query_typed_opt(&sql, &[(&before.meta.chain_revision, Type::INT8)])
        .map_err(explain)?;
    let Some(row) = row else { return Ok(None) };
    let meta = Meta::read(&row)?;
    if !meta.is_current() {
        return Ok(None);
    }
    Recorded::of(&row, meta, before.migrations.clone(), Meta::WIDTH).map(Some)
}

impl Recorded {
    /// Where the database is.
    pub(crate) fn reached(&self) -> Reached {
        Reached {
            shared: self.meta.shared_version,
            new_tenants: self.meta.tenant_version,
            active: self.lowest_active,
        }
    }

    /// Reads what stands in a row beside the meta data and the migrations.
    fn of(row: &Row, meta: Meta, migrations: Vec<RecordedMigration>, at: usize) -> Result<Self> {
        let [lowest, lowest_active] = lowest(row, at)?;
        Ok(Self {
            meta,
            migrations,
            lowest,
            lowest_active,
            left_out: left_out(row, at + 1)?,
            has_baseline: row.try_get(at + 2)?,
            provision: row
                .try_get::<_, Option<i32>>(at + 3)?
                .zip(row.try_get(at + 4)?),
            has_unfinished: row.try_get(at + 5)?,
            booked: Vec::new(),
            lacking: row.try_get(at + 6)?,
        })
    }
}

/// Reads how far the last tenant is, and the last of those that are active.
pub(crate) fn lowest(row: &Row, at: usize) -> Result<[Option<i32>; 2]> {
    let versions: Vec<Option<i32>> = row.try_get(at)?;
    Ok([0, 1].map(|place| versions.get(place).copied().flatten()))
}

pub(crate) fn left_out(row: &Row, at: usize) -> Result<Vec<LeftOut>> {
    let tenants: Vec<&str> = row.try_get(at)?;
    tenants
        .into_iter()
        .filter_map(|tenant| tenant.split_once(' '))
        .map(|(state, key)| {
            Ok(LeftOut {
                key: TenantKey::new(key)?,
                state: state.parse()?,
            })
        })
        .collect()
}

/// Makes the recorded chain agree with the one on disk, and reads where the database is.
///
/// When they agree, as they mostly do, this is one query, a smaller one if the run knows that they did `before`. Where there
/// are no metadata tables yet, it makes them. Before it changes what is recorded the run takes its turn.
///
/// # Errors
///
/// [`ErrorKind::Diverged`], when a migration was changed after it was applied somewhere.
pub(crate) fn record(
    client: &mut Client,
    chain: &Chain,
    shared: &SchemaName,
    (turn, settings): (&mut Turn, &Settings),
    before: Option<&Recorded>,
) -> Result<Recorded> {
    if let Some(before) = before
        && let Some(recorded) = read_again(client, before)?
    {
        return Ok(recorded);
    }
    let recorded = read_or_make(client, shared, (&mut *turn, settings))?;
    let difference = agreed(client, chain, &recorded)?;
    if difference.is_none() && provides(chain, &recorded) {
        return Ok(recorded);
    }
    turn.take(client, settings)?;
    settings.waits().change(client, |tx| {
        write_down(tx, chain, recorded.clone(), difference.clone())
    })
}

/// Writes down how the chain differs from the recorded one, which was read before.
fn write_down(
    tx: &mut Transaction<'_>,
    chain: &Chain,
    mut recorded: Recorded,
    mut difference: Option<ChainDifference>,
) -> Result<Recorded> {
    // Whoever applies migrations inserts into the ledger first, and tenants that are being created hold a lock on the
    // row of `meta` until they are there: so nothing is in the making while the chain changes. All take the two in this
    // order.
    tx.batch_execute("LOCK TABLE tenantry.ledger IN SHARE ROW EXCLUSIVE MODE")?;
    let meta = tx.query_typed_one(
        &format!("SELECT {CHAIN_REVISION} FROM tenantry.meta FOR UPDATE"),
        &[],
    )?;
    let is_as_read = meta.try_get::<_, i64>(0)? == recorded.meta.chain_revision;
    // What was not applied when it was read may be by now.
    let replaces = |difference: &ChainDifference| {
        !(difference.replaced.is_empty() && difference.squashed.is_empty())
    };
    if !is_as_read || difference.as_ref().is_some_and(replaces) {
        recorded = read(tx)?;
        difference = agreed(tx, chain, &recorded)?;
    }
    let difference = difference.unwrap_or_default();
    if !provides(chain, &recorded) {
        write_provision(tx, provided_from(chain), chain.provision())?;
    }
    if !difference.replaced.is_empty() {
        tx.execute_typed(
            "DELETE FROM tenantry.migration WHERE position = ANY($1)",
            &[(&difference.replaced, Type::INT4_ARRAY)],
        )?;
    }
    for squashed in &difference.squashed {
        if let Some(migration) = chain.at(squashed.position()) {
            squashed.book(tx, migration)?;
        }
    }
    for position in difference.added {
        if let Some(migration) = chain.at(position) {
            insert(tx, migration)?;
        }
    }
    repair(tx, &difference.replaced)?;
    let noted = format!(
        "UPDATE tenantry.meta SET {CHAIN_REVISION} = {CHAIN_REVISION} + 1, chain = {RECORDED_CHAIN}"
    );
    tx.execute_typed(&noted, &[])?;
    let squashed = difference.squashed.iter();
    Ok(Recorded {
        booked: squashed.map(|it| it.id().to_owned()).collect(),
        ..read(tx)?
    })
}

fn read_or_make(
    client: &mut Client,
    shared: &SchemaName,
    (turn, settings): (&mut Turn, &Settings),
) -> Result<Recorded> {
    let waits = settings.waits();
    let found = match waits.attempt(|_| waits.read(client, |tx| read(tx))) {
        Ok(recorded) if recorded.meta.is_current() => recorded,
        Err(error) if !is_older(&error) => return Err(error),
        _ => {
            turn.check(client, settings)?;
            bookkeeping::ensure(client, shared, &waits)?;
            waits.read(client, |tx| read(tx))?
        }
    };
    bookkeeping::check_shared(&found.meta.shared_schema, shared)?;
    Ok(found)
}

/// Whether a query over the metadata tables failed because they are not there, or were made by an older version of tenantry.
fn is_older(error: &Error) -> bool {
    [ErrorKind::NotMigrated, ErrorKind::MissingColumn].contains(&error.kind())
}

/// Returns what to write, nothing if there is nothing, and an error if it must not be written.
fn agreed(
    client: &mut impl GenericClient,
    chain: &Chain,
    recorded: &Recorded,
) -> Result<Option<ChainDifference>> {
    let difference = differ(client, chain, &recorded.migrations)?;
    if let Some(conflict) = difference.conflicts.first() {
        return Err(diverged(client, chain, conflict)?);
    }
    for squashed in &difference.squashed {
        squashed.refuse_running(client)?;
    }
    let is_same = difference.added.is_empty() && difference.squashed.is_empty();
    Ok((!is_same).then_some(difference))
}

/// The position in the chain from which on new tenants get what the chain provides: its last part for tenants.
fn provided_from(chain: &Chain) -> i32 {
    last_tenant_part(chain, chain.last())
}

/// Whether what new tenants get after their tables is recorded as it is on disk. What a newer version of the application
/// has recorded stays.
fn provides(chain: &Chain, recorded: &Recorded) -> bool {
    let here = provided_from(chain);
    match (&recorded.provision, chain.provision().checksum()) {
        (Some((position, _)), _) if *position > here => true,
        (Some((_, found)), Some(wanted)) => *found == wanted,
        (Some((_, found)), None) => found.is_empty(),
        (None, wanted) => wanted.is_none(),
    }
}

/// Reads where the database is, and refuses a chain that was changed after it was applied; changes nothing. Migrations that would
/// be booked in the place of others count as if they were.
pub(crate) fn check(client: &mut Client, chain: &Chain) -> Result<(Recorded, Vec<Squashed>)> {
    let mut recorded = read(client)?;
    let difference = agreed(client, chain, &recorded)?;
    let squashed = difference.map_or_else(Vec::new, |difference| difference.squashed);
    book_ahead(&mut recorded.meta, &squashed);
    Ok((recorded, squashed))
}

/// Reads where the database is as if all migrations of the chain were booked that take the place of others.
pub(crate) fn read_booked(client: &mut Client, chain: &Chain) -> Result<Meta> {
    let mut recorded = read(client)?;
    let difference = differ(client, chain, &recorded.migrations)?;
    book_ahead(&mut recorded.meta, &difference.squashed);
    Ok(recorded.meta)
}

fn book_ahead(meta: &mut Meta, squashed: &[Squashed]) {
    meta.shared_version = booked(squashed, PlacementKind::Shared, meta.shared_version);
    meta.tenant_version = booked(squashed, PlacementKind::Tenant, meta.tenant_version);
}

/// The version that a schema has once migrations are booked in the place of others.
pub(crate) fn booked(squashed: &[Squashed], placement: PlacementKind, version: i32) -> i32 {
    let all = squashed.iter();
    all.fold(version, |version, one| one.booked(placement, version))
}
