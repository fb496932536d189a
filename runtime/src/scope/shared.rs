//! The scope without a tenant.

use super::Session;
use crate::exec::{Connection, Flow, Pooled};
use crate::place::Context;

/// A scope that reads and writes shared models, and reaches no tenant's.
#[derive(Debug)]
pub struct SharedScope<C = Pooled> {
    pub(super) connection: C,
    pub(super) context: Context,
}

impl<C: Connection> SharedScope<C> {
    pub(crate) fn new(connection: C, context: Context) -> Self {
        Self {
            connection,
            context,
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
