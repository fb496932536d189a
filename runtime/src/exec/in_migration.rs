//! The connection of a migrator, lent to a function of the application within the transaction that it belongs to.

use std::fmt;

use postgres::Transaction;

use super::copied_out::copied_out;
use super::copy::copy;
use super::copying::GivesParts;
use super::each::each;
use super::limits::ConnectionLimits;
use super::silence::Silence;
use super::{Answer, Blocking, Connection, Flow, Gives, Statement, TakesRow, Transactions, run};
use crate::error::{Error, Result};
use crate::place::Context;
use crate::value::typed;

/// A connection in a transaction of a migration, which is the migrator's to end. Functions that
/// [migrations call](crate::migrate::Functions) have it in their scope.
///
/// A transaction of the function's own is a savepoint.
pub struct InMigration<'a> {
    client: &'a mut (dyn Sends + 'a),
    transactions: Transactions,
    limits: ConnectionLimits,
}

/// A driver's transaction, whatever it borrows.
trait Sends {
    fn send(
        &mut self,
        statement: &Statement,
        limits: &ConnectionLimits,
        row: TakesRow<'_>,
    ) -> Result<Answer>;

    fn copy(
        &mut self,
        statement: &Statement,
        limits: &ConnectionLimits,
        part: GivesParts<'_>,
    ) -> Result<Answer>;
}

impl<'a> InMigration<'a> {
    /// Lends a transaction.
    pub(crate) fn new(tx: &'a mut Transaction<'_>) -> Self {
        Self {
            client: tx,
            transactions: Transactions::begun(),
            limits: ConnectionLimits::new(Silence::default(), None, None),
        }
    }

    /// Refuses to go on in a transaction in which something has failed.
    pub(crate) fn whole(&self) -> Result<()> {
        self.transactions.committable()
    }
}

impl Sends for Transaction<'_> {
    fn send(
        &mut self,
        statement: &Statement,
        limits: &ConnectionLimits,
        row: TakesRow<'_>,
    ) -> Result<Answer> {
        let sql = &statement.sql;
        let params = typed(&statement.params);
        let answer = match statement.gives {
            Gives::Rows => limits.timed(|| self.query_typed(sql, &params).map(Answer::Rows)),
            Gives::Count => limits.timed(|| self.execute_typed(sql, &params).map(Answer::Count)),
            Gives::Each => each(self, (sql, params), limits, row).map(Answer::Count),
            Gives::Copied => unreachable!("its data are sent behind it"),
            Gives::Data => return copied_out(self, statement, limits, row).map(Answer::Count),
            Gives::Nothing => limits.timed(|| self.batch_execute(sql).map(|()| Answer::Nothing)),
        };
        answer.map_err(|error| Error::of_sql(error, sql))
    }

    fn copy(
        &mut self,
        statement: &Statement,
        limits: &ConnectionLimits,
        part: GivesParts<'_>,
    ) -> Result<Answer> {
        copy(self, &statement.sql, limits, part)
    }
}

impl Blocking for InMigration<'_> {
    fn send(&mut self, statement: &Statement, row: TakesRow<'_>) -> Result<Answer> {
        self.client.send(statement, &self.limits, row)
    }

    fn copy(&mut self, statement: &Statement, part: GivesParts<'_>) -> Result<Answer> {
        self.client.copy(statement, &self.limits, part)
    }
}

impl Connection for InMigration<'_> {
    type Outcome<'b, T: 'b>
        = Result<T>
    where
        Self: 'b;

    fn transactions(&mut self) -> &mut Transactions {
        &mut self.transactions
    }

    fn drive<'b, T: 'b>(&'b mut self, flow: Flow<'b, T>, context: &'b Context) -> Result<T> {
        run(self, flow, context)
    }
}

impl fmt::Debug for InMigration<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMigration")
            .field("depth", &self.transactions.depth())
            .finish_non_exhaustive()
    }
}
