//! The scope of many tenants, which only reads.

use std::collections::BTreeSet;
use std::time::Duration;

use super::gathered::{LeftOut, Why};
use crate::exec::reach::{Sealed, Session};
use crate::exec::{Connection, Flow, Pooled};
use crate::name::TenantKey;
use crate::place::Context;
use crate::tenant::{Match, Selection, Tenant, TenantState, ToTenant, chosen};

/// The most tenants that a statement asks, unless something is said.
const TENANTS: usize = 100;

/// How long a statement waits for a lock, unless something is said.
const LOCKS: Duration = Duration::from_secs(2);

/// Somebody who may read the rows of all tenants: a type of the application's, of whom only its own log-in makes one.
///
/// ```
/// use tenantry::across::SeesAllTenants;
///
/// /// Somebody of the provider's staff.
/// pub struct Staff {
///     name: String,
/// }
///
/// impl SeesAllTenants for Staff {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not see the rows of all tenants",
    label = "not somebody who sees all tenants",
    note = "implement `tenantry::across::SeesAllTenants` for a type that stands for the provider's staff, and that no handler of a tenant's request can make"
)]
pub trait SeesAllTenants {}

/// The scope of many tenants, which only reads: a query is given it by `across`, `by_tenant` or `for_each_tenant`. Made by
/// [`Database::across`](crate::Database::across).
///
/// It is of all tenants that are active unless something is said.
#[derive(Debug)]
pub struct Fleet<C = Pooled> {
    connection: C,
    context: Context,
    which: Which,
    pub(super) tenants_per_statement: usize,
    pub(super) lock_timeout: u32,
}

#[derive(Debug, Clone)]
enum Which {
    Selected(Selection),
    Keys(Vec<TenantKey>),
}

impl<C: Connection> Fleet<C> {
    pub(crate) fn new(mut connection: C, database: &Context) -> Self {
        let context = database.opened(None, connection.transactions().log());
        Self {
            connection,
            context,
            which: Which::Selected(Selection::all()),
            tenants_per_statement: TENANTS,
            lock_timeout: milliseconds(LOCKS),
        }
    }

    /// Narrows it to the tenants of a selection, in its order, as `migrate` has it: by tags, patterns, sizes, …
    ///
    /// Those that are not active are [left out](super::Gathered::left_out), unless the selection says in which states tenants have to be. Keys
    /// that the registry does not have are an error of the query; a selection that nobody belongs to is none.
    pub fn selection(mut self, selection: Selection) -> Self {
        self.which = Which::Selected(selection);
        self
    }

    /// Narrows it to some tenants. Those that are not there, or not active, are [left out](super::Gathered::left_out).
    pub fn keys(mut self, keys: impl IntoIterator<Item: ToTenant>) -> Self {
        let keys = keys.into_iter().map(|key| key.to_tenant().clone());
        self.which = Which::Keys(keys.collect());
        self
    }

    /// Limits how many tenants a statement asks; 100 by default. A statement locks the tables of its tenants and all their indexes.
    pub fn tenants_per_statement(mut self, tenants: usize) -> Self {
        self.tenants_per_statement = tenants.max(1);
        self
    }

    /// Limits how long a statement waits for a lock that somebody holds; two seconds by default. Whose tables are locked for longer is
    /// [left out](super::Gathered::left_out).
    pub fn lock_timeout(mut self, time: Duration) -> Self {
        self.lock_timeout = milliseconds(time);
        self
    }

    /// The tenants that are asked, and those that are left out from the beginning.
    pub(super) fn chosen(&self) -> Flow<'static, (Vec<Tenant>, Vec<LeftOut>)> {
        let (selection, keys, names_states) = match &self.which {
            Which::Selected(selection) => (selection.clone(), Vec::new(), selection.names_states()),
            Which::Keys(keys) => {
                let selection = Selection::all().matching(Match::all().keys(keys.clone()));
                (selection, keys.clone(), false)
            }
        };
        let strictly = matches!(self.which, Which::Selected(_));
        chosen(selection, strictly)
            .and_on(move |all| Flow::Done(all.map(|all| sorted_out(all, &keys, names_states))))
    }

    pub(super) fn drive<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>) -> C::Outcome<'a, T> {
        self.connection.drive(flow, &self.context)
    }
}

/// The tenants that can be asked, and those that can't.
fn sorted_out(
    all: Vec<Tenant>,
    keys: &[TenantKey],
    names_states: bool,
) -> (Vec<Tenant>, Vec<LeftOut>) {
    let left_out = |tenant: &TenantKey, why| LeftOut {
        tenant: tenant.clone(),
        why,
        error: None,
    };
    let known: BTreeSet<&TenantKey> = all.iter().map(Tenant::key).collect();
    let unknown: BTreeSet<&TenantKey> = keys.iter().filter(|key| !known.contains(key)).collect();
    let mut missing: Vec<LeftOut> = unknown
        .into_iter()
        .map(|key| left_out(key, Why::Gone))
        .collect();
    let is_asked = |tenant: &Tenant| names_states || tenant.state() == TenantState::Active;
    let (asked, others): (Vec<Tenant>, Vec<Tenant>) = all.into_iter().partition(is_asked);
    let others = others.iter();
    missing.extend(others.map(|tenant| left_out(tenant.key(), Why::State(tenant.state()))));
    (asked, missing)
}

/// A time as the server has it, for which zero is no limit.
fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis())
        .unwrap_or(u32::MAX)
        .clamp(1, i32::MAX.unsigned_abs())
}

impl<C> Sealed for Fleet<C> {}

impl<C: Connection> Session for Fleet<C> {
    type Outcome<'a, T: 'a>
        = C::Outcome<'a, T>
    where
        Self: 'a;

    fn context(&self) -> &Context {
        &self.context
    }

    fn drive<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>) -> Self::Outcome<'a, T> {
        self.connection.drive(flow, &self.context)
    }
}
