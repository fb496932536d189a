//! The asynchronous driver, over the `tokio-postgres` crate.
//!
//! A scope has a [`Lease`]: it takes a connection out of the pool for a flow or a transaction, and gives it back in between. Whatever
//! future is dropped at whatever await, what was sent is noted in the lease's transactions before; the next statement resolves that,
//! or [`settle`] does when the lease ends.

mod clock;
mod connection;
mod connector;
mod copied_out;
mod copying;
mod driven;
mod lease;
mod named;
mod pool;
mod remote;
mod settle;
mod work;

pub(crate) use self::connector::Connector;
pub use self::driven::Driven;
pub use self::lease::Lease;
pub(crate) use self::pool::{Pool, Replicas};
pub(crate) use self::remote::{Remote, RemoteEnd, remote};
pub(crate) use self::work::Workers;
