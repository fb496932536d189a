//! Rows that are told one by one.

use super::decode::{self, FromRow, Reading};
use super::expr::Each;
use super::select::Query;
use crate::error::Result;
use crate::exec::Flow;
use crate::exec::reach::Reaches;
use crate::model::{Model, Placement};

impl<M: Model, Out, P, E> Query<M, Out, P, E>
where
    Out: FromRow,
    P: Placement,
    E: Each,
{
    /// Calls a closure with each row as it comes, and returns the number of rows. However many there are, only a few are in memory.
    ///
    /// ```no_run
    /// # use tenantry::prelude::*;
    /// # #[tenant_model]
    /// # pub struct Invoice { #[field(key)] pub id: i64, pub cents: i64 }
    /// # fn export(acme: &mut TenantScope, out: &mut impl std::io::Write) -> tenantry::Result<()> {
    /// let mut total = 0;
    /// let count = Invoice::query().order_by(Invoice::ID.asc()).for_each(acme, |invoice| {
    ///     total += invoice.cents;
    ///     Ok(())
    /// })?;
    /// println!("{count} invoices, {total} cents");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The scope is in use until the last row. After an error of the closure the rows that are left are read and passed over: whoever
    /// wants a few gives the query a [`limit`](Self::limit). The limit of a statement's time begins anew as rows come; the closure's
    /// time does not count.
    ///
    /// # Errors
    ///
    /// The closure's; when the server refuses the statement, or a row does not fit the model. The closure has been called for the
    /// rows before that.
    pub fn for_each<'a, S: Reaches<M, P>>(
        self,
        scope: &'a mut S,
        mut work: impl FnMut(Out) -> Result<()> + Send + 'a,
    ) -> S::Outcome<'a, u64> {
        let context = scope.context().clone();
        let statement = self.statement(&context, "select");
        let rounded = self.shape.rounded();
        scope.drive(Flow::each(statement, move |row| {
            work(decode::read(&row, Reading::of(&context, rounded))?)
        }))
    }
}
