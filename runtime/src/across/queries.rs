//! Queries that are asked of many tenants.

use std::sync::{Arc, Mutex};

use super::ask::Ask;
use super::asking::{Asking, Tells};
use super::fleet::Fleet;
use super::gathered::Gathered;
use super::reading::AnswerReader;
use crate::error::Result;
use crate::exec::reach::Session;
use crate::exec::{Connection, Flow};
use crate::model::{Model, Placement, TenantSchema};
use crate::name::TenantKey;
use crate::query::expr::{Each, EachGroup, EachRow};
use crate::query::{FromRow, Query, Reading, read};

/// A model that each tenant has rows of.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no rows of tenants",
    label = "a shared model: its rows are the same for all tenants",
    note = "ask for shared rows in the shared scope: `.all(&mut db.shared()?)`"
)]
pub trait OfTenants: Model {}

#[diagnostic::do_not_recommend]
impl<M: Model<Placement = TenantSchema>> OfTenants for M {}

impl<M: OfTenants, Out: FromRow, P: Placement> Query<M, Out, P, EachRow> {
    /// Returns the rows of many tenants together, each with its tenant: the order, the limit and the offset are of all rows.
    ///
    /// `distinct`, `distinct_on` and windows are of each tenant's rows. Without an order the rows are those of one tenant after another; with a
    /// limit, tenants that need not be asked are not.
    ///
    /// ```no_run
    /// # use tenantry::across::Fleet;
    /// # use tenantry::prelude::*;
    /// # #[tenant_model]
    /// # pub struct Invoice { #[field(key)] pub id: i64, pub cents: i64 }
    /// # fn greatest(fleet: &mut Fleet) -> tenantry::Result<()> {
    /// let greatest = Invoice::query().order_by(Invoice::CENTS.desc()).limit(10).across(fleet)?;
    /// for (tenant, invoice) in greatest.whole()? {
    ///     println!("{tenant}: {}", invoice.cents);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the registry can't be read, or has not what the fleet's selection names; when the server refuses the statement for another reason
    /// than a tenant's, which is [left out](Gathered::left_out); when a row does not fit the model;
    /// [`ErrorKind::ForeignRow`](crate::ErrorKind::ForeignRow), when the query has a key of a tenant's row.
    pub fn across<C: Connection>(
        self,
        fleet: &mut Fleet<C>,
    ) -> C::Outcome<'_, Gathered<(TenantKey, Out)>> {
        let shape = self.into_shape();
        let rounded = shape.rounded();
        with_tenants(Ask::together(shape, fleet.context()), rounded, fleet)
    }
}

impl<M: OfTenants, Out: FromRow, P: Placement> Query<M, Out, P, EachGroup> {
    /// Returns aggregates or groups of the rows of many tenants together: the orders, limits and conditions of groups are of all.
    ///
    /// A `limit` or `distinct_on` of the rows that are grouped is of each tenant's. The values of `count_distinct`, `array_agg` and `string_agg` are
    /// needed all at once: these, and a row for each group, are in memory. Least and greatest texts, and orders of texts, are those of the database's
    /// collation if more tenants are asked than in one statement.
    ///
    /// ```no_run
    /// # use tenantry::across::Fleet;
    /// # use tenantry::prelude::*;
    /// # use tenantry::query::count;
    /// # #[tenant_model]
    /// # pub struct Invoice { #[field(key)] pub id: i64, pub cents: i64, pub country: String }
    /// # fn countries(fleet: &mut Fleet) -> tenantry::Result<()> {
    /// let countries = Invoice::query().group_by(Invoice::COUNTRY).select((count(), Invoice::CENTS.avg()));
    /// for (country, (number, average)) in countries.across(fleet)?.whole()? {
    ///     println!("{country}: {number} invoices of {average:?} cents");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As of rows; [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), when something of single tenants stands behind aggregates, as a
    /// query for other rows; when groups of more tenants than in one statement are by arrays.
    pub fn across<C: Connection>(self, fleet: &mut Fleet<C>) -> C::Outcome<'_, Gathered<Out>> {
        let shape = self.into_shape();
        let rounded = shape.rounded();
        let ask = Ask::merged(shape, fleet.context());
        let flow = asked(ask, fleet, None).and_on(move |asked| {
            Flow::Done(asked.and_then(|asked| {
                let reading = Reading::of(&asked.context, rounded);
                let rows = asked.rows.iter().map(|row| read(row, reading));
                Ok(Gathered {
                    rows: rows.collect::<Result<_>>()?,
                    left_out: asked.left_out,
                    versions: asked.versions,
                })
            }))
        });
        fleet.drive(flow)
    }
}

impl<M: OfTenants, Out: FromRow, P: Placement, E: Each> Query<M, Out, P, E> {
    /// Returns an answer of each tenant, with the tenant: the order, the limit and aggregates are of its rows.
    ///
    /// ```no_run
    /// # use tenantry::across::Fleet;
    /// # use tenantry::prelude::*;
    /// # use tenantry::query::count;
    /// # #[tenant_model]
    /// # pub struct Member { #[field(key)] pub id: i64, pub email: String }
    /// # fn sizes(fleet: &mut Fleet) -> tenantry::Result<()> {
    /// let mut sizes = Member::query().select(count()).by_tenant(fleet)?.whole()?;
    /// sizes.sort_by_key(|(_, members)| -members);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`across`](Query::across) of rows.
    pub fn by_tenant<C: Connection>(
        self,
        fleet: &mut Fleet<C>,
    ) -> C::Outcome<'_, Gathered<(TenantKey, Out)>> {
        let shape = self.into_shape();
        let rounded = shape.rounded();
        with_tenants(
            Ask::each_tenant(shape, true, fleet.context()),
            rounded,
            fleet,
        )
    }

    /// Calls a closure with each row of each tenant as it comes. However many there are, only a few are in memory. The answer has no rows.
    ///
    /// The rows are those of one tenant after another or not; the query's limit is of each tenant's, and so is its order, of which nothing is left
    /// where a statement asks several tenants.
    ///
    /// ```no_run
    /// # use tenantry::across::Fleet;
    /// # use tenantry::prelude::*;
    /// # #[tenant_model]
    /// # pub struct Member { #[field(key)] pub id: i64, pub email: String }
    /// # fn export(fleet: &mut Fleet, out: &mut (impl std::io::Write + Send)) -> tenantry::Result<()> {
    /// let told = Member::query().for_each_tenant(fleet, |tenant, member| {
    ///     writeln!(out, "{tenant} {}", member.email).ok();
    ///     Ok(())
    /// })?;
    /// println!("{} tenants", told.tenants());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The closure's; as [`across`](Query::across) of rows; a tenant's own error too, when the closure was called for rows of the same statement
    /// already.
    pub fn for_each_tenant<'a, C: Connection>(
        self,
        fleet: &'a mut Fleet<C>,
        mut work: impl FnMut(&TenantKey, Out) -> Result<()> + Send + 'a,
    ) -> C::Outcome<'a, Gathered<()>> {
        let shape = self.into_shape();
        let mut reader = AnswerReader::new(fleet.context(), shape.rounded());
        let ask = Ask::each_tenant(shape, false, fleet.context());
        let tells: Tells<'a> = Arc::new(Mutex::new(
            move |row: &postgres::Row, tenants: &Arc<[crate::tenant::Tenant]>| {
                let (tenant, row) = reader.read(row, tenants)?;
                work(&tenant, row)
            },
        ));
        let flow = asked(ask, fleet, Some(tells)).and_on(|asked| {
            Flow::Done(asked.map(|asked| Gathered {
                rows: Vec::new(),
                left_out: asked.left_out,
                versions: asked.versions,
            }))
        });
        fleet.drive(flow)
    }
}

fn with_tenants<'a, C: Connection, Out: FromRow + 'a>(
    ask: Result<Ask>,
    rounded: u64,
    fleet: &'a mut Fleet<C>,
) -> C::Outcome<'a, Gathered<(TenantKey, Out)>> {
    let flow = asked(ask, fleet, None).and_on(move |asked| {
        Flow::Done(asked.and_then(|asked| {
            let mut reader = AnswerReader::new(&asked.context, rounded);
            let rows = asked.rows.iter();
            let rows = rows.map(|row| reader.read(row, &asked.tenants));
            Ok(Gathered {
                rows: rows.collect::<Result<_>>()?,
                left_out: asked.left_out,
                versions: asked.versions,
            })
        }))
    });
    fleet.drive(flow)
}

pub(super) fn asked<'f, C: Connection>(
    ask: Result<Ask>,
    fleet: &Fleet<C>,
    tells: Option<Tells<'f>>,
) -> Flow<'f, Asking<'f>> {
    let ask = match ask {
        Ok(ask) => ask,
        Err(error) => return Flow::Done(Err(error)),
    };
    let context = fleet.context().clone();
    let limits = (fleet.tenants_per_statement, fleet.lock_timeout);
    fleet.chosen().and_on(move |chosen| match chosen {
        Ok(chosen) => Asking::new(ask, context, chosen, limits, tells).next(),
        Err(error) => Flow::Done(Err(error)),
    })
}
