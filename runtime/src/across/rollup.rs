//! Roll-ups: rows of a shared model that are computed from those of each tenant.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::fleet::Fleet;
use super::queries::OfTenants;
use super::rolled::RolledUp;
use super::rollup_plan::{RollupChanges, RollupPlan};
use crate::error::{Error, ErrorKind};
use crate::exec::{Connection, Flow};
use crate::model::{
    Column, ColumnDef, Deletable, Fk, Model, ModelDef, NewRow, Placement, SharedSchema, TenantRow,
};
use crate::name::TenantKey;
use crate::place::Context;
use crate::query::expr::Each;
use crate::query::{FromRow, Query, Reading, inserting_many, new_row_values, read, removing};
use crate::value::{Field, Moment, Param};

/// How long before its rows were made a tenant's change may have begun, unless something is said.
const OVERLAP: Duration = Duration::from_mins(5);

/// A shared model that can be rolled up into: any but that whose rows are the tenants.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be rolled up into",
    label = "no shared model whose rows come and go",
    note = "rows of all tenants together are in a `#[shared_model]`, and not in that whose rows are the tenants: make one for them"
)]
pub trait Summary: Deletable {}

#[diagnostic::do_not_recommend]
impl<M: Deletable + Model<Placement = SharedSchema>> Summary for M {}

/// A type of columns that say whose a row is: a [`TenantKey`], or a reference to the row that is the tenant.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say whose a row is",
    label = "neither a `TenantKey` nor a reference to a tenant",
    note = "declare the column as `tenant: TenantKey`, or as `Fk` of the model that is `#[shared_model(tenant)]`"
)]
pub trait NamesTenant: Field {
    #[doc(hidden)]
    fn naming(key: &TenantKey) -> Self;
}

impl NamesTenant for TenantKey {
    fn naming(key: &TenantKey) -> Self {
        key.clone()
    }
}

impl<A: TenantRow + Model<Key = TenantKey>> NamesTenant for Fk<A>
where
    Self: Field,
{
    fn naming(key: &TenantKey) -> Self {
        Self::new(key.clone())
    }
}

/// Rows of a shared model `M` that a query over each tenant's rows of `S` gives.
///
/// Each run makes the rows of a tenant anew in a transaction of its own, and takes away those of tenants that are gone. What a page shows often is
/// so a query of one table.
///
/// ```no_run
/// use tenantry::across::{Rollup, SeesAllTenants};
/// use tenantry::prelude::*;
/// use tenantry::query::count;
///
/// #[tenant_model]
/// pub struct Invoice {
///     #[field(key)]
///     pub id: i64,
///     pub country: String,
///     pub cents: i64,
///     #[field(auto_now, index)]
///     pub updated_at: Timestamp,
/// }
///
/// /// The invoices of a tenant to a country.
/// #[shared_model]
/// pub struct Turnover {
///     #[field(key)]
///     pub tenant: TenantKey,
///     #[field(key)]
///     pub country: String,
///     pub invoices: i64,
///     #[field(auto_now)]
///     pub as_of: Timestamp,
/// }
///
/// fn turnover() -> Rollup<Turnover, Invoice> {
///     let countries = Invoice::query().group_by(Invoice::COUNTRY).select(count());
///     Rollup::new(Turnover::TENANT, countries, |tenant, (country, invoices)| {
///         NewTurnover::new(tenant, country, invoices)
///     })
///     .changed_by(Invoice::UPDATED_AT, Turnover::AS_OF)
/// }
///
/// # struct Staff;
/// # impl SeesAllTenants for Staff {}
/// # fn refresh(db: &Database, staff: &Staff) -> tenantry::Result<()> {
/// let done = turnover().run(&mut db.across(staff)?)?;
/// for left_out in done.left_out() {
///     eprintln!("as it was: {left_out}");
/// }
/// # Ok(())
/// # }
/// # fn main() {}
/// ```
///
/// The rows of one tenant are in memory while they are made, and those of no two. Of two runs at once, one waits for the other at each tenant, so nothing is there twice;
/// a run that was ended is continued by the next, if [a column](Self::changed_by) says what has changed.
/// `manage rollup` runs those that [`Manage::rollup`](crate::Manage::rollup) names.
#[must_use = "nothing is made until a fleet is given to `run`"]
pub struct Rollup<M, S> {
    plan: RollupPlan,
    marker: PhantomData<fn() -> (M, S)>,
}

impl<M: Summary, S: OfTenants> Rollup<M, S> {
    /// Makes a roll-up of the column that says whose a row is, the query that is asked of each tenant, and a closure that makes a row of what that gives.
    pub fn new<T, Out, P, E, N>(
        tenant: Column<M, T>,
        query: Query<S, Out, P, E>,
        row: impl Fn(&TenantKey, Out) -> N + Send + Sync + 'static,
    ) -> Self
    where
        T: NamesTenant,
        Out: FromRow + 'static,
        P: Placement,
        E: Each + 'static,
        N: NewRow<Model = M>,
    {
        let row = Arc::new(row);
        let (place, def) = (tenant.index(), tenant.def());
        let rows = move |key: &TenantKey, context: &Context| {
            let statement = query.statement(context, "rollup");
            let rounded = query.rounded();
            let (key, context, row) = (key.clone(), context.clone(), Arc::clone(&row));
            Flow::run(statement, move |answer| {
                let reading = Reading::of(&context, rounded);
                let rows = answer.rows();
                let values = rows.iter().map(|each| {
                    let out = read(each, reading).map_err(|error| context.explain(error))?;
                    let values = new_row_values::<M>(row(&key, out).into_values())?;
                    let named = values[place].as_ref().map(Param::bytes);
                    if named != Some(key.as_str().as_bytes()) {
                        return Err(of_another(M::DEF, def));
                    }
                    Ok(values)
                });
                values.collect()
            })
        };
        let plan = RollupPlan {
            target: M::DEF,
            tenant: def,
            rows: Arc::new(rows),
            insert: inserting_many::<M>,
            remove: |def, key, context| removing::<M>(def, &T::naming(key), context),
            changes: None,
            source: S::DEF,
        };
        Self {
            plan,
            marker: PhantomData,
        }
    }

    /// Has [`run`](Self::run) make only rows of tenants that have changed: those that have a row whose moment in the first column is not before the moment in the second,
    /// at which their rows were made.
    ///
    /// The first is an `auto_now` field of `S`, with an index where tables are big; the second an `auto_now` field of `M`. A row that was
    /// removed has no moment: where rows are, [`run_all`](Self::run_all) once a day. A tenant that was renamed, tagged or resumed counts as changed.
    /// One that is renamed, suspended or dropped while its rows are made is left out.
    pub fn changed_by<A: Moment, B: Moment>(
        mut self,
        changed: Column<S, A>,
        as_of: Column<M, B>,
    ) -> Self {
        self.plan.changes = Some(RollupChanges {
            changed: changed.def(),
            as_of: as_of.def(),
            overlap: OVERLAP,
        });
        self
    }

    /// Has a tenant count as changed also if its last change was so long before its rows were made; five minutes by default.
    ///
    /// The moment of a row is when its transaction began, and others see it when that ends: it must be longer than transactions of the application take.
    pub fn overlap(mut self, time: Duration) -> Self {
        if let Some(changes) = &mut self.plan.changes {
            changes.overlap = time;
        }
        self
    }

    /// Makes the rows of the tenants of a fleet anew, of those that have changed if it is said how [that is known](Self::changed_by), and removes those of tenants that are gone.
    ///
    /// # Errors
    ///
    /// When the registry or the shared table can't be read, when no tenant can be done for the same reason, or when the connection breaks: what was done by then is done.
    /// [`ErrorKind::Configuration`], when a row names another tenant than that which it was made for, or the model's moment is not
    /// `auto_now`.
    pub fn run<'f, C: Connection>(&self, fleet: &'f mut Fleet<C>) -> C::Outcome<'f, RolledUp> {
        let flow = self.plan.flow(fleet, false);
        fleet.drive(flow)
    }

    /// Makes the rows of all tenants of a fleet anew, whether they have changed or not, and removes those of tenants that are gone.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_all<'f, C: Connection>(&self, fleet: &'f mut Fleet<C>) -> C::Outcome<'f, RolledUp> {
        let flow = self.plan.flow(fleet, true);
        fleet.drive(flow)
    }

    /// The same without its types.
    #[cfg(feature = "cli")]
    pub(crate) fn into_plan(self) -> RollupPlan {
        self.plan
    }
}

/// The error for a row that would be found neither to be replaced nor to be removed.
fn of_another(model: &'static ModelDef, def: &ColumnDef) -> Error {
    let message = format!(
        "a row names another tenant in field `{}` than that which it was made for\nhelp: give the row the tenant that the closure is given",
        def.field
    );
    Error::new(ErrorKind::Configuration, message).in_model(model, "rollup")
}

impl<M, S> Clone for Rollup<M, S> {
    fn clone(&self) -> Self {
        Self {
            plan: self.plan.clone(),
            marker: PhantomData,
        }
    }
}

impl<M, S> fmt::Debug for Rollup<M, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rollup")
            .field("into", &self.plan.target.name)
            .field("from", &self.plan.source.name)
            .field("changes", &self.plan.changes)
            .finish_non_exhaustive()
    }
}
