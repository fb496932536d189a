//! Changes of a tenant's row alone.

use super::holder::{Needs, holder_named};
use super::read::got;
use super::refusal::{of_change, taken_by};
use super::unknown::wrong_state;
use super::{Tenant, TenantState};
use crate::bookkeeping::{Waits, checked_whole, explain_met};
use crate::error::{ErrorKind, Result};
use crate::exec::{Answer, Flow, Statement};
use crate::name::TenantKey;
use crate::value::Param;

/// Locks a tenant out, within limits of waiting.
pub(crate) fn suspended<'f>(key: &TenantKey, waits: &Waits) -> Flow<'f, Tenant> {
    moved(key, (TenantState::Active, TenantState::Suspended), waits)
}

/// Lets a suspended tenant in again, within limits of waiting.
pub(crate) fn resumed<'f>(key: &TenantKey, waits: &Waits) -> Flow<'f, Tenant> {
    moved(key, (TenantState::Suspended, TenantState::Active), waits)
}

/// Gives a tenant another key, within limits of waiting.
pub(crate) fn renamed<'f>(key: &TenantKey, to: &TenantKey, waits: &Waits) -> Flow<'f, Tenant> {
    if let Err(error) = super::standby_key::check_key(to) {
        return Flow::Done(Err(error));
    }
    let sql = format!(
        "UPDATE tenantry.tenant SET key = $2, epoch = epoch + 1, changed_at = pg_catalog.now() \
         WHERE key = $1 AND state NOT IN ('dropping', 'standby') RETURNING {}",
        Tenant::COLUMNS
    );
    let params = vec![Param::text(key.as_str()), Param::text(to.as_str())];
    let (key, to) = (key.clone(), to.clone());
    changed(&key, Statement::change("rename", sql, params), waits).and_on(move |changed| {
        match changed {
            Ok(Some(tenant)) => Flow::Done(Ok(tenant)),
            Ok(None) => refused(&key),
            Err(error) if error.kind() == ErrorKind::Unique => taken_by(&to),
            Err(error) => Flow::Done(Err(error.in_tenant(&key))),
        }
    })
}

fn moved<'f>(
    key: &TenantKey,
    (from, to): (TenantState, TenantState),
    waits: &Waits,
) -> Flow<'f, Tenant> {
    let sql = format!(
        "UPDATE tenantry.tenant SET state = $3, \
         epoch = epoch + (state = $2)::int, \
         changed_at = CASE WHEN state = $2 THEN pg_catalog.now() ELSE changed_at END \
         WHERE key = $1 AND state IN ($2, $3) RETURNING {}",
        Tenant::COLUMNS
    );
    let params = [key.as_str(), from.as_str(), to.as_str()].map(Param::text);
    let change = Statement::change("state", sql, params.into());
    let key = key.clone();
    changed(&key, change, waits).and_on(move |changed| match changed {
        Ok(Some(tenant)) => Flow::Done(Ok(tenant)),
        Ok(None) => refused(&key),
        Err(error) => Flow::Done(Err(error.in_tenant(&key))),
    })
}

/// The reason why a change met no row: the tenant's state, or that there is none.
fn refused<'f>(key: &TenantKey) -> Flow<'f, Tenant> {
    got(key).and_on(|tenant| Flow::Done(tenant.and_then(|tenant| Err(wrong_state(&tenant)))))
}

/// Runs a statement that changes the tenant's row of the registry, in a transaction of its own.
pub(super) fn changed<'f>(
    key: &TenantKey,
    change: Statement,
    waits: &Waits,
) -> Flow<'f, Option<Tenant>> {
    let key = key.clone();
    let changed = waits.attempts(move |attempt| {
        let change = change.clone();
        let work = checked_whole(Some(&key)).and_on(|checked| match checked {
            Ok(()) => Flow::then(change, |answer| Flow::Done(read(answer))),
            Err(error) => Flow::Done(Err(error)),
        });
        work.in_transaction(attempt.begin())
    });
    changed.and_on(|changed| match changed {
        Err(error) => holder_named(of_change(error), Needs::Change),
        changed => Flow::Done(changed),
    })
}

fn read(answer: Result<Answer>) -> Result<Option<Tenant>> {
    let rows = answer.map_err(explain_met)?.rows();
    rows.first().map(Tenant::read).transpose()
}
