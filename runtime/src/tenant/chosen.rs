//! The tenants that a selection chooses, for what only reads them.

use super::select::{Selection, sizes};
use super::{Tenant, TenantState};
use crate::bookkeeping::{explain_met, not_migrated, told};
use crate::error::Result;
use crate::exec::{Answer, Flow, Statement};
use crate::value::{Param, Params};

/// Fate of a tenant that was chosen a moment ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Became {
    /// None, if there is no such tenant any more.
    pub(crate) state: Option<TenantState>,
    pub(crate) version: i32,
    /// The version that the furthest tenant is at.
    pub(crate) reach: i32,
}

/// The tenants of a selection, in its order. All of those that are active, or those selected in whatever state, if it does not say in which;
/// `strictly`: keys and migrations that the database does not have are refused.
pub(crate) fn chosen(selection: Selection, strictly: bool) -> Flow<'static, Vec<Tenant>> {
    let checked = if strictly {
        selection.check_names()
    } else {
        Flow::Done(Ok(()))
    };
    told(checked.and_on(move |checked| match checked {
        Ok(()) => Flow::then(listed(&selection), |answer| Flow::Done(read(answer))),
        Err(error) => Flow::Done(Err(error)),
    }))
}

fn listed(selection: &Selection) -> Statement {
    let mut params = Params::default();
    let condition = selection.sql(&mut params);
    let states = if selection.names_states() {
        "true"
    } else if selection.is_partial() && selection.first.is_none() {
        "t.state <> 'standby'"
    } else {
        "t.state = 'active'"
    };
    let first = params.add(Param::bigint_or_null(selection.first.map(i64::from)));
    let sql = format!(
        "SELECT {} FROM tenantry.tenant AS t{} WHERE {states} AND {condition} ORDER BY {}, t.id LIMIT {first}",
        Tenant::COLUMNS,
        sizes(selection.needs_size()),
        selection.in_order().sql()
    );
    Statement::look("tenants", sql, params.into_params())
}

fn read(answer: Result<Answer>) -> Result<Vec<Tenant>> {
    let rows = answer.map_err(explain_met)?.rows();
    rows.iter().map(Tenant::read).collect()
}

/// Finds out what became of a tenant by its number.
pub(crate) fn became(id: i64) -> Flow<'static, Became> {
    let sql = "SELECT t.state, COALESCE(t.version, 0), r.reach \
         FROM (SELECT COALESCE(max(version), 0) AS reach FROM tenantry.tenant WHERE state <> 'standby') AS r \
         LEFT JOIN tenantry.tenant AS t ON t.id = $1";
    let look = Statement::look("tenant", sql, vec![Param::bigint(id)]);
    let read = |answer: Result<Answer>| -> Result<Became> {
        let rows = answer.map_err(explain_met)?.rows();
        let row = rows.first().ok_or_else(not_migrated)?;
        let state: Option<&str> = row.try_get(0)?;
        Ok(Became {
            state: state.map(str::parse).transpose()?,
            version: row.try_get(1)?,
            reach: row.try_get(2)?,
        })
    };
    told(Flow::then(look, move |answer| Flow::Done(read(answer))))
}
