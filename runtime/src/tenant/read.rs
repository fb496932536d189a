//! Reading the registry.

use postgres::Client;

use super::matching::Match;
use super::select::{Selection, sizes};
use super::unknown::unknown;
#[cfg(feature = "cli")]
use super::unknown::unknown_or_new;
use super::{Tenant, TenantState};
use crate::bookkeeping::{explain_met, told};
use crate::error::Result;
use crate::exec::{Answer, Flow, Statement, over};
use crate::name::TenantKey;
use crate::value::{Param, Params};

/// Finds a tenant in whatever state.
pub(crate) fn got<'f>(key: &TenantKey) -> Flow<'f, Tenant> {
    found_or(key, Tenant::COLUMNS, unknown)
}

/// Looks for a tenant in whatever state.
///
/// # Errors
///
/// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated), when the database has no registry.
pub(crate) fn find(client: &mut Client, key: &TenantKey) -> Result<Option<Tenant>> {
    over(client, told(found(key, Tenant::COLUMNS)))
}

fn found<'f>(key: &TenantKey, columns: &str) -> Flow<'f, Option<Tenant>> {
    let sql = format!("SELECT {columns} FROM tenantry.tenant WHERE key = $1");
    let find = Statement::look("tenant", sql, vec![Param::text(key.as_str())]);
    Flow::then(find, |answer| {
        Flow::Done(read(answer).map(|mut all| all.pop()))
    })
}

fn found_or<'f>(
    key: &TenantKey,
    columns: &str,
    otherwise: impl FnOnce(&TenantKey) -> Flow<'f, Tenant> + Send + 'f,
) -> Flow<'f, Tenant> {
    let wanted = key.clone();
    found(key, columns).and_on(move |found| match found {
        Ok(Some(tenant)) => Flow::Done(Ok(tenant)),
        Ok(None) => otherwise(&wanted),
        Err(error) => Flow::Done(Err(error)),
    })
}

fn read(answer: Result<Answer>) -> Result<Vec<Tenant>> {
    let rows = answer.map_err(explain_met)?.rows();
    rows.iter().map(Tenant::read).collect()
}

/// Finds a tenant in whatever state; whether it has failed is measured by how far migrations lead.
///
/// # Errors
///
/// As [`Tenants::get`](crate::scope::Tenants::get).
#[cfg(feature = "cli")]
pub(crate) fn get_within(client: &mut Client, key: &TenantKey, reach: i32) -> Result<Tenant> {
    let columns = Tenant::columns_within(reach);
    over(client, found_or(key, &columns, unknown_or_new))
}

/// The tenants that [`Tenants::list`](crate::scope::Tenants::list) returns, a page at a time if there are many.
///
/// ```no_run
/// # use tenantry::prelude::*;
/// use tenantry::tenant::{Match, TenantFilter, TenantState};
///
/// # fn print(db: &Database) -> tenantry::Result<()> {
/// let trials = TenantFilter::all().state(TenantState::Active).matching(Match::all().tag("trial")?).limit(100);
/// let mut page = db.tenants().list(&trials)?;
/// while let Some(last) = page.last() {
///     for tenant in &page {
///         println!("{} since {:?}", tenant.key(), tenant.created_at());
///     }
///     page = db.tenants().list(&trials.clone().after(last.key()))?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct TenantFilter {
    selection: Selection,
    states: Vec<TenantState>,
    prefix: Option<String>,
    after: Option<TenantKey>,
    limit: Option<i64>,
}

impl TenantFilter {
    /// All tenants. Standbys are none, and are given only when they are asked for by their state.
    pub fn all() -> Self {
        Self::default()
    }

    /// Takes only tenants in this state, or in one of those that were given before.
    pub fn state(mut self, state: TenantState) -> Self {
        self.states.push(state);
        self
    }

    /// Takes only those of the tenants that match.
    pub fn matching(mut self, only: Match) -> Self {
        self.selection = self.selection.matching(only);
        self
    }

    /// Leaves out tenants that match.
    pub fn except(mut self, except: Match) -> Self {
        self.selection = self.selection.except(except);
        self
    }

    /// Takes only tenants whose key begins so.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Takes only tenants whose key comes after this one: the last of the page before.
    pub fn after(mut self, key: &TenantKey) -> Self {
        self.after = Some(key.clone());
        self
    }

    /// Takes at most this many.
    pub fn limit(mut self, tenants: u32) -> Self {
        self.limit = Some(i64::from(tenants));
        self
    }
}

/// Lists tenants in the order of their keys, byte by byte.
pub(crate) fn listed<'f>(filter: &TenantFilter) -> Flow<'f, Vec<Tenant>> {
    listed_with(filter, Tenant::COLUMNS)
}

/// The same; whether a tenant has failed is measured by how far migrations lead.
///
/// # Errors
///
/// As [`Tenants::list`](crate::scope::Tenants::list).
#[cfg(feature = "cli")]
pub(crate) fn list_within(
    client: &mut Client,
    filter: &TenantFilter,
    reach: i32,
) -> Result<Vec<Tenant>> {
    over(client, listed_with(filter, &Tenant::columns_within(reach)))
}

fn listed_with<'f>(filter: &TenantFilter, columns: &str) -> Flow<'f, Vec<Tenant>> {
    let list = filter.statement(columns);
    filter
        .selection
        .check_names()
        .and_on(|checked| match checked {
            Ok(()) => Flow::then(list, |answer| Flow::Done(read(answer))),
            Err(error) => Flow::Done(Err(error)),
        })
}

impl TenantFilter {
    fn statement(&self, columns: &str) -> Statement {
        let Self {
            selection,
            states,
            prefix,
            after,
            limit,
        } = self;
        let mut params = Params::default();
        let mut parts = vec![selection.sql(&mut params)];
        if !states.is_empty() {
            let states = states
                .iter()
                .fold(Match::all(), |all, &state| all.state(state));
            parts.push(states.sql(&mut params));
        } else if !selection.names_states() {
            parts.push("t.state <> 'standby'".to_owned());
        }
        if let Some(prefix) = prefix {
            let prefix = params.add(Param::text(prefix));
            parts.push(format!("pg_catalog.starts_with(t.key, {prefix})"));
        }
        if let Some(after) = after {
            let after = params.add(Param::text(after.as_str()));
            parts.push(format!("t.key COLLATE pg_catalog.\"C\" > {after}"));
        }
        let sql = format!(
            "SELECT {columns} FROM tenantry.tenant AS t{} WHERE {} ORDER BY t.key COLLATE pg_catalog.\"C\" LIMIT {}",
            sizes(selection.needs_size()),
            parts.join(" AND "),
            params.add(Param::bigint_or_null(*limit))
        );
        Statement::look("tenants", sql, params.into_params())
    }
}
