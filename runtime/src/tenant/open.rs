//! The tenant that an application wants to work in.

use super::unknown::{unknown_to_visitors, wrong_state};
use super::{ServedRange, Tenant, TenantState};
use crate::bookkeeping::{damage_or, explain_met};
use crate::error::Result;
use crate::exec::{Answer, Flow, Statement};
use crate::name::TenantKey;
use crate::value::Param;

/// Finds the tenant that an application wants to work in, with one query.
pub(crate) fn opened<'f>(key: &TenantKey, serves: &ServedRange) -> Flow<'f, Tenant> {
    let (key, serves) = (key.clone(), serves.clone());
    let (columns, more) = (Tenant::COLUMNS, serves.columns());
    let find = Statement::look(
        "tenant",
        format!("SELECT {columns}{more} FROM tenantry.tenant WHERE key = $1"),
        vec![Param::text(key.as_str())],
    );
    let read = move |answer: Result<Answer>| -> Result<Option<Result<Tenant>>> {
        let rows = answer.map_err(explain_met)?.rows();
        let read = |row| {
            let tenant = Tenant::read(row)?;
            if tenant.state != TenantState::Active {
                return Ok(Err(wrong_state(&tenant)));
            }
            let checked = serves.check(&tenant, row, Tenant::WIDTH);
            Ok(checked.map(|()| tenant))
        };
        rows.first().map(read).transpose()
    };
    Flow::then(find, move |answer| match read(answer) {
        Ok(Some(tenant)) => Flow::Done(tenant),
        Ok(None) => unknown_to_visitors(&key),
        Err(error) => damage_or(error),
    })
}
