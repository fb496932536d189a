//! The tenants that tasks are just creating.

use std::future::Future;

use tokio::task_local;

use crate::error::{Error, ErrorKind};
use crate::name::TenantKey;

task_local! {
    /// The databases, and the tenants, for which hooks or closures of creations are running in this task.
    static UNDER_WAY: Vec<(usize, TenantKey)>;
}

/// Returns the tenant of a database that is being created in this task.
pub(super) fn under_way(database: usize) -> Option<TenantKey> {
    let mine = |all: &Vec<(usize, TenantKey)>| {
        let mine = all.iter().rev().find(|(of, _)| *of == database);
        mine.map(|(_, key)| key.clone())
    };
    UNDER_WAY.try_with(mine).ok().flatten()
}

/// Runs the filling of a tenant as what it is.
pub(super) fn within<F: Future>(
    database: usize,
    key: TenantKey,
    work: F,
) -> impl Future<Output = F::Output> {
    let mut all = UNDER_WAY.try_with(Clone::clone).unwrap_or_default();
    all.push((database, key));
    UNDER_WAY.scope(all, work)
}

/// The error of a creation within another, for which there may be no thread left while that waits for it.
pub(super) fn nested(key: &TenantKey, within: &TenantKey) -> Error {
    let message = format!(
        "the tenant `{key}` can't be created by a hook or closure of the creation of `{within}`, which it could wait for\n\
         help: create it when that creation is done"
    );
    Error::new(ErrorKind::TenantState, message)
}
