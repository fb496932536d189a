//! The scope without a tenant.

use super::Session;
use crate::exec::{Connection, Flow, Pooled};
use crate::place::Context;

/// A scope that reads and writes shared models, and reaches no tenant's.
#[derive(Debug)]
pub struct SharedScope<C = Pooled> {
    // Dropped first, so that the connection need not make another log of its transactions for whoever is next.
    pub(super) context: Context,
    pub(crate) connection: C,
}

impl<C: Connection> SharedScope<C> {
    /// Makes the scope without a tenant, in the database of a context.
    pub(crate) fn new(mut connection: C, database: &Context) -> Self {
        let context = database.opened(None, connection.transactions().log());
        Self {
            context,
            connection,
        }
    }
}

impl<C: Connection> Session for SharedScope<C> {
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
