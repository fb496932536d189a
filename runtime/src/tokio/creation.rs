//! Creating tenants with what the application adds, in one transaction that another thread holds.

use std::pin::pin;

use futures_util::future::{Either, select};
use tokio::sync::oneshot;

use super::under_way::within;
use super::{Database, TenantScope};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::tokio::{Lease, Remote, RemoteEnd, remote};
use crate::exec::{Command, Connection, Flow};
use crate::place::{End as Ended, TenantPlace};
use crate::scope::{self, Session};
use crate::tenant::{NewTenant, Tenant};

/// The transaction in which a tenant is created, for the task to fill it.
struct Begun {
    remote: Remote,
    end: RemoteEnd,
    place: TenantPlace,
}

/// Part of a creation that fills the tenant, on the thread that makes it.
pub(super) struct Fill(oneshot::Sender<Begun>);

impl Fill {
    /// Has the task do its part.
    pub(super) fn run(self, scope: &mut scope::TenantScope) -> Result<()> {
        let (remote, end, served) = remote(scope.cancel_token()?);
        let begun = Begun {
            remote,
            end,
            place: scope.tenant_place().clone(),
        };
        let gone = || {
            let message = "whoever creates the tenant does not wait for it any more, or has failed\n\
                           help: create it again; nothing is left of it";
            Err(Error::new(ErrorKind::Cancelled, message))
        };
        if self.0.send(begun).is_err() {
            return gone();
        }
        scope.connection.transactions().lent();
        if served.serve(&mut scope.connection) {
            Ok(())
        } else {
            gone()
        }
    }
}

/// Creates a tenant, and has hooks and closure do their part unless there is nothing for them to do.
pub(super) async fn created<M: Send + 'static, T, E: From<Error>>(
    database: &Database,
    new: NewTenant,
    make: impl FnOnce(&scope::Database, NewTenant, Fill) -> Result<M> + Send + 'static,
    work: impl AsyncFnOnce(&mut TenantScope) -> Result<T, E>,
) -> Result<(M, Option<T>), E> {
    let key = new.key().clone();
    let (tell, begun) = oneshot::channel();
    let mut creation =
        pin!(database.creating(&key, move |blocking| make(blocking, new, Fill(tell))));
    let Begun { remote, end, place } = match select(creation.as_mut(), begun).await {
        Either::Left((done, _)) => return Ok((done?, None)),
        Either::Right((Ok(begun), _)) => begun,
        // It has nothing to fill.
        Either::Right((Err(_), _)) => return Ok((creation.await?, None)),
    };
    let lease = Lease::remote(database.pool(), remote);
    let mut scope = TenantScope::new(lease, database.context(), place);
    let filled = within(
        database.address(),
        key.clone(),
        fill(database, &mut scope, work),
    )
    .await;
    let value = match filled {
        Ok(value) => value,
        // The thread rolls back.
        Err(error) => {
            drop(scope);
            drop(end);
            drop(creation.await);
            return Err(error);
        }
    };
    // If this future is dropped, the thread goes on.
    scope.connection.transactions().may_be_committed();
    end.done();
    let tenant = creation.await;
    // What its rows say is theirs once it is committed, and not before.
    let ended = match &tenant {
        Ok(_) => Ended::Kept,
        Err(error) if error.kind() == ErrorKind::CommitUnknown => Ended::Unknown,
        // The server has refused the commit.
        Err(error) if error.sqlstate().is_some() => Ended::Undone,
        Err(_) => Ended::Unknown,
    };
    scope.connection.transactions().ended_elsewhere(ended);
    Ok((tenant?, Some(value)))
}

async fn fill<T, E: From<Error>>(
    database: &Database,
    scope: &mut TenantScope,
    work: impl AsyncFnOnce(&mut TenantScope) -> Result<T, E>,
) -> Result<T, E> {
    for hook in database.hooks() {
        hook(scope).await?;
    }
    let value = work(scope).await?;
    // A savepoint that was dropped is rolled back first.
    let inner = Flow::transaction(Command::RollBack(2));
    scope.drive(inner).await?;
    scope.connection.transactions().committable()?;
    Ok(value)
}

/// Creates a tenant that no hook has anything to do with, or gives the one that is there.
pub(super) async fn create_or_get(database: &Database, new: NewTenant) -> Result<Tenant> {
    let key = new.key().clone();
    database
        .creating(&key, move |blocking| blocking.tenants().create_or_get(new))
        .await
}

/// Creates a tenant.
pub(super) async fn create(database: &Database, new: NewTenant) -> Result<Tenant> {
    if database.hooks().is_empty() {
        let key = new.key().clone();
        return database
            .creating(&key, move |blocking| blocking.tenants().create(new))
            .await;
    }
    let make = |blocking: &scope::Database, new: NewTenant, fill: Fill| {
        blocking.change(&[new.key()], || {
            scope::create_by(blocking, &new, |scope| fill.run(scope))
        })
    };
    let (tenant, _) = created(database, new, make, async |_| Ok::<(), Error>(())).await?;
    Ok(tenant)
}
