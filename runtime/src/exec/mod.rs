//! Running statements: what a statement is, what comes back, and the one seam between queries and drivers.
//!
//! Nothing above this module does I/O. A query makes a [`Flow`]: the statements that it needs and what to make of
//! their answers. A [`Connection`] drives a flow, and says in its own terms what comes of it: a `Result` for a
//! blocking driver, a future for an asynchronous one. So every query is written once for all drivers.

mod blocking;
mod cancel;
mod connect;
mod effect;
mod handshake;
mod pool;
mod pooled;
mod postgres;
mod reset;
#[cfg(all(test, feature = "testing"))]
mod seam_test;
mod session;
mod silence;
mod statement;
mod tls;
mod watchdog;

pub use self::blocking::blocking;
pub use self::cancel::CancelToken;
pub(crate) use self::connect::Connector;
#[doc(hidden)]
pub use self::effect::Effect;
pub(crate) use self::pool::{Pool, PoolOptions};
pub use self::pooled::Pooled;
pub use self::postgres::PgConnection;
pub(crate) use self::reset::{Given, Locks, end_within, reset, reset_whole};
pub(crate) use self::session::{END, FORGET, RESET};
#[doc(hidden)]
pub use self::statement::{Answer, Flow, Gives, Next, Statement};

use crate::place::Context;

/// A connection to a server: the seam between queries and drivers.
#[doc(hidden)]
pub trait Connection {
    /// Outcome of an operation with result `T`: `Result<T>` when it blocks, a future of one when it does not.
    type Outcome<'a, T: 'a>
    where
        Self: 'a;

    /// Runs a flow to its end. `context` is the scope's: it admits each statement, and says of an error where it happened.
    fn drive<'a, T: 'a>(
        &'a mut self,
        flow: Flow<'a, T>,
        context: &'a Context,
    ) -> Self::Outcome<'a, T>;
}

impl<C: Connection> Connection for &mut C {
    type Outcome<'a, T: 'a>
        = C::Outcome<'a, T>
    where
        Self: 'a;

    fn drive<'a, T: 'a>(
        &'a mut self,
        flow: Flow<'a, T>,
        context: &'a Context,
    ) -> Self::Outcome<'a, T> {
        (**self).drive(flow, context)
    }
}
