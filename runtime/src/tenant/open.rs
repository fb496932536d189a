//! The tenant that an application wants to work in.

use super::unknown::{unknown_to_visitors, wrong_state};
use super::{Tenant, TenantState};
use crate::bookkeeping::{damage_or, explain_met};
use crate::error::Result;
use crate::exec::{Answer, Flow, Statement};
use crate::name::TenantKey;
use crate::value::Param;

/// Finds the tenant that an application wants to work in, with one query.
pub(crate) fn opened<'f>(key: &TenantKey) -> Flow<'f, Tenant> {
    let key = key.clone();
    let columns = Tenant::COLUMNS;
    let find = Statement::look(
        "tenant",
        format!("SELECT {columns} FROM tenantry.tenant WHERE key = $1"),
        vec![Param::text(key.as_str())],
    );
    let read = |answer: Result<Answer>| -> Result<Option<Tenant>> {
        let rows = answer.map_err(explain_met)?.rows();
        rows.first().map(Tenant::read).transpose()
    };
    Flow::then(find, move |answer| match read(answer) {
        Ok(Some(tenant)) if tenant.state == TenantState::Active => Flow::Done(Ok(tenant)),
        Ok(Some(tenant)) => Flow::Done(Err(wrong_state(&tenant))),
        Ok(None) => unknown_to_visitors(&key),
        Err(error) => damage_or(error),
    })
}
