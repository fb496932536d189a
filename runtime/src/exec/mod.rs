//! Running statements: what a statement is, what comes back, and the one seam between queries and drivers.
//!
//! Nothing above this module does I/O. A query makes a [`Flow`]: the statements that it needs and what to make of
//! their answers. A [`Connection`] drives a flow, and says in its own terms what comes of it: a `Result` for a
//! blocking driver, a future for an asynchronous one. So every query is written once for all drivers, and so is what
//! goes for every statement (`step.rs`) and every transaction (`transactions.rs`): a driver sends, and tells the answer.

mod address_tls;
mod attended;
mod backslash;
mod begin;
mod beside;
mod blocking;
mod cancel;
mod caught;
mod closing;
mod command;
mod conflict;
mod connect;
mod copied_out;
mod copy;
mod copying;
mod described;
mod driver;
mod each;
mod effect;
mod ends;
mod greeting;
mod handshake;
mod health;
mod held;
mod in_migration;
mod inquiry;
mod kept;
#[cfg(feature = "tokio")]
mod left;
mod limits;
#[cfg(unix)]
mod local;
mod looks;
mod lsn;
mod mark;
mod marks;
mod member;
mod named;
mod outdated;
mod outlook;
mod over;
mod pool;
mod pool_status;
mod pooled;
mod postgres;
mod prepared;
mod queue;
pub(crate) mod reach;
mod reading;
mod renewal;
mod replicas;
mod reset;
mod rest;
#[cfg(feature = "tls")]
mod rustls;
#[cfg(test)]
mod seam_test;
mod session;
mod silence;
mod statement;
mod step;
mod tls;
#[cfg(feature = "tokio")]
pub(crate) mod tokio;
mod transactions;
mod unanswered;
mod unheard;
mod watch;
mod watchdog;

use std::time::Duration;

pub(crate) use self::address_tls::tls_of;
#[cfg(feature = "cli")]
pub(crate) use self::attended::open_for_long;
#[doc(hidden)]
pub use self::begin::{Access, Begin, Isolation};
pub(crate) use self::beside::Beside;
pub use self::blocking::blocking;
pub(crate) use self::blocking::in_runtime;
pub use self::cancel::CancelToken;
pub(crate) use self::caught::{caught, no_thread, words_of};
#[doc(hidden)]
pub use self::command::Command;
pub(crate) use self::connect::Connector;
#[doc(hidden)]
pub use self::copying::{CopyPart, CopySource, GivesParts};
pub use self::driver::Blocking;
#[doc(hidden)]
pub use self::driver::TakesRow;
pub(crate) use self::driver::run;
#[doc(hidden)]
pub use self::effect::Effect;
pub(crate) use self::held::Served;
pub use self::in_migration::InMigration;
pub(crate) use self::looks::Looks;
pub use self::lsn::Written;
pub(crate) use self::mark::Mark;
pub(crate) use self::member::PoolOptions;
pub(crate) use self::outlook::{Looking, UNUSED, begin as begin_looking, in_time};
pub(crate) use self::over::{error_of, over};
pub(crate) use self::pool::Pool;
pub use self::pool_status::PoolStatus;
pub use self::pooled::Pooled;
pub use self::postgres::PgConnection;
pub use self::prepared::PreparedStatements;
pub use self::reading::Reading;
pub(crate) use self::reset::{Given, Locks, end_within, reset, reset_whole};
pub(crate) use self::session::{ALIKE, END, FORGET, RESET};
pub(crate) use self::statement::{ACROSS, admitted};
#[doc(hidden)]
pub use self::statement::{Answer, Came, CopiedData, Flow, Gives, Later, Next, Sink, Statement};
#[doc(hidden)]
pub use self::transactions::Transactions;
pub(crate) use self::watch::ask_written;

use crate::place::Context;

/// A connection to a server: the seam between queries and drivers.
#[doc(hidden)]
pub trait Connection {
    /// Outcome of an operation with result `T`: `Result<T>` when it blocks, a future of one when it does not.
    type Outcome<'a, T: 'a>
    where
        Self: 'a;

    /// State of its transactions; a driver that knows its connection to be closed says so first.
    fn transactions(&mut self) -> &mut Transactions;

    /// Returns how long a statement may take before it is cancelled here, if there is a limit.
    fn statement_limit(&self) -> Option<Duration> {
        None
    }

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

    fn transactions(&mut self) -> &mut Transactions {
        (**self).transactions()
    }

    fn statement_limit(&self) -> Option<Duration> {
        (**self).statement_limit()
    }

    fn drive<'a, T: 'a>(
        &'a mut self,
        flow: Flow<'a, T>,
        context: &'a Context,
    ) -> Self::Outcome<'a, T> {
        (**self).drive(flow, context)
    }
}
