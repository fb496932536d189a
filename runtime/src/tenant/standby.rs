//! Standbys: schemas that are made and migrated in advance, so that a tenant gets one in milliseconds.
//!
//! A standby is a tenant in the state `standby`, made like any other and migrated with all. To claim it means to rename its
//! schema and to give it the tenant's key. Its own key and name can't be those of a tenant.

use postgres::types::Type;
use postgres::{Client, Row, Transaction};

use super::drop::drop_within;
use super::holder::{Needs, held_up, name_holder};
use super::making::Making;
use super::new::NewTenant;
use super::plan::Plan;
use super::provision::{Stepped, Whose, abandon, clean_up, provision};
use super::refusal::{committing, is_name_taken, is_passing};
use super::standby_key::standby_key;
use super::within::Within;
use crate::bookkeeping::facts::{
    AGREES, CLAIMABLE, HAS_SCHEMA, IS_STANDBY, STANDBYS, provision, standby_schema,
};
use crate::bookkeeping::{
    Attempt, Waits, check_whole, explain, explain_met, explaining, is_lost, is_overtaken,
    not_migrated, told,
};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Answer, Flow, Statement, over};
use crate::name::{SchemaName, TenantKey};

/// Why there are no standbys with some seeds and grants.
const SEED_REASON: &str = "the seed or the grants name the tenant in a text or touch the shared schema, which is not right for a \
    tenant that is not there yet";

/// The numbers of standbys that there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Standbys {
    /// How many can be claimed.
    pub ready: usize,
    /// How many can't, because they are being migrated, are from before the seeds or grants were changed, or were changed by
    /// hand.
    pub unready: usize,
    /// Why none can be claimed, if that is so.
    pub reason: Option<String>,
}

/// Counts the standbys.
///
/// # Errors
///
/// As [`Tenants::standbys`](crate::scope::Tenants::standbys).
pub(crate) fn standbys(client: &mut Client) -> Result<Standbys> {
    over(client, told(counted()))
}

/// The same as a flow.
pub(crate) fn counted<'f>() -> Flow<'f, Standbys> {
    let sql = format!(
        "SELECT (SELECT count(*) FROM tenantry.tenant WHERE {CLAIMABLE} AND {HAS_SCHEMA}), {STANDBYS}, \
         COALESCE(m.standby_reason, CASE WHEN {} IS FALSE THEN '{SEED_REASON}' END) \
         FROM tenantry.meta AS m WHERE m.one = 1",
        provision!("for_standbys", "m.tenant_version")
    );
    let count = Statement::look("standbys", sql, Vec::new());
    Flow::then(count, |answer| Flow::Done(Standbys::read(answer)))
}

impl Standbys {
    fn read(answer: Result<Answer>) -> Result<Self> {
        let rows = answer.map_err(explain_met)?.rows();
        let row = rows.first().ok_or_else(not_migrated)?;
        let (ready, all): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let size = |number: i64| usize::try_from(number).unwrap_or_default();
        Ok(Self {
            ready: size(ready),
            unready: size(all - ready),
            reason: row.try_get(2)?,
        })
    }
}

/// Makes standbys until there are so many, within limits of waiting, and tells how many it made.
pub(crate) fn refill_within(client: &mut Client, count: usize, waits: &Waits) -> Result<usize> {
    look(client, waits, |tx| check_whole(tx, "", None))?;
    clean_up(client, Whose::Nobodys, waits)?;
    drop_stale(client, waits)?;
    let mut made = 0;
    while !waits.is_stopped() {
        let there = look(client, waits, |tx| over(tx, counted()))?;
        if there.reason.is_some() || there.ready + there.unready >= count {
            break;
        }
        let was_made = waits.attempt(|attempt| make(client, count, (waits, attempt)));
        let was_made = was_made.map_err(|error| name_holder(client, error, Needs::Creation))?;
        made += usize::from(was_made);
    }
    Ok(made)
}

/// Drops standbys until there are so many, and tells how many it dropped.
///
/// # Errors
///
/// As [`Tenants::trim_standbys`](crate::scope::Tenants::trim_standbys).
pub(crate) fn trim(client: &mut Client, count: usize, waits: &Waits) -> Result<usize> {
    // Those whose schema is gone are of no use.
    let surplus = format!(
        "SELECT key FROM tenantry.tenant WHERE {IS_STANDBY} ORDER BY NOT {HAS_SCHEMA}, id OFFSET $1"
    );
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    explaining(client, |client| {
        let rows = look(client, waits, |tx| {
            check_whole(tx, "", None)?;
            tx.query_typed(&surplus, &[(&count, Type::INT8)])
                .map_err(explain)
        })?;
        drop_all(client, &rows, waits)
    })
}

fn drop_stale(client: &mut Client, waits: &Waits) -> Result<usize> {
    let stale = format!(
        "SELECT tenant.key FROM tenantry.tenant CROSS JOIN tenantry.meta AS m \
         WHERE m.one = 1 AND {IS_STANDBY} AND (NOT {HAS_SCHEMA} OR NOT {AGREES} \
         OR tenant.version >= m.tenant_version AND tenant.provision IS DISTINCT FROM {})",
        provision!("checksum", "m.tenant_version")
    );
    let rows = look(client, waits, |tx| {
        tx.query_typed(&stale, &[]).map_err(explain)
    })?;
    drop_all(client, &rows, waits)
}

/// Reads the registry, and says of a lock that was not to be had who has it.
fn look<T>(
    client: &mut Client,
    waits: &Waits,
    work: impl FnOnce(&mut Transaction<'_>) -> Result<T>,
) -> Result<T> {
    let read = waits.read(client, work);
    read.map_err(|error| held_up(client, error))
}

fn drop_all(client: &mut Client, rows: &[Row], waits: &Waits) -> Result<usize> {
    let mut dropped = 0;
    for row in rows {
        let key = TenantKey::new(row.try_get::<_, &str>(0)?)?;
        match drop_within(client, &key, waits) {
            Ok(()) => dropped += 1,
            // Somebody has claimed it meanwhile, or dropped it.
            Err(error) if error.kind() == ErrorKind::UnknownTenant => {}
            Err(error) => return Err(error),
        }
    }
    Ok(dropped)
}

/// Makes a standby, unless there are enough.
fn make(client: &mut Client, count: usize, (waits, attempt): (&Waits, Attempt)) -> Result<bool> {
    let new = NewTenant::standby();
    let mut plan = Plan::read(client, &new, waits)?;
    plan.schema = SchemaName::new(standby_schema(plan.id))?;
    let key = standby_key(plan.id)?;
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let mut is_made = false;
    while !is_made && !plan.is_one_transaction(false) {
        let making = Making::standby(&plan, &key, count);
        let blame = |error: Error| error.in_schema(&plan.schema);
        match provision(client, &plan, &making, waits).map_err(blame)? {
            Stepped::ToLast => is_made = true,
            Stepped::Overtaken => return Ok(false),
            Stepped::Unfit => plan.replay(client)?,
        }
    }
    let making = Making::standby(&plan, &key, count);
    let message = if is_made {
        making.finish(Within::Itself, attempt)
    } else {
        making.whole(Within::Itself, attempt)
    };
    let error = match message.send(client) {
        Ok(()) => {
            tracing::info!(schema = %plan.schema, "made a standby");
            return Ok(true);
        }
        Err(error) => error,
    };
    // There are enough, or a migrator came in between.
    let outcome = if is_overtaken(&error) || is_name_taken(&error) {
        Ok(false)
    } else if is_lost(&error) {
        Err(committing(error))
    } else if is_passing(&error) {
        Err(message.explain_passing(error))
    } else {
        Err(message.diagnose(client, error))
    };
    if is_made {
        abandon(client, plan.id, waits);
    }
    outcome.map_err(|error| error.in_schema(&plan.schema))
}
