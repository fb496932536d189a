//! Tenants that have another version than is known: what the server says of a column then, and how the version is asked again.

use super::{Answer, Statement};
use crate::error::{Error, ErrorKind, Result};
use crate::model::versioned_columns;
use crate::place::{Context, TenantVersion, begun};
use crate::value::Param;

/// The last migration of which the tenant has everything, and the last of which it has anything.
const VERSION: &str = concat!(
    "SELECT version, ",
    begun!(),
    " FROM tenantry.tenant WHERE id = $1"
);

/// Whether the server misses a column that only tenants of some versions have.
pub(super) fn may_be(error: &Error, context: &Context) -> bool {
    if error.kind() != ErrorKind::MissingColumn || context.version().is_none() {
        return false;
    }
    // Its words are in any language, and have the name.
    let Some(refused) = error.server_error() else {
        return false;
    };
    versioned_columns().any(|(_, def)| refused.message().contains(def.name))
}

/// Notes that the version has to be asked.
pub(super) fn note(context: &Context) {
    if let Some(tenant) = context.tenant() {
        tenant.standing.is_now_outdated();
    }
}

/// Whether the version has to be asked.
pub(super) fn is_noted(context: &Context) -> bool {
    context
        .tenant()
        .is_some_and(|tenant| tenant.standing.is_outdated())
}

/// Says of the error of a missing column that the tenant has another version by now, if that is so.
pub(super) fn found(error: Error, is_other: bool) -> Error {
    if !is_other || error.kind() != ErrorKind::MissingColumn {
        return error;
    }
    let message = format!(
        "the tenant was migrated meanwhile: {}\n\
         help: run it again, as a transaction of `build_transaction().retrying(..)` is",
        error.message().split("\nhelp: ").next().unwrap_or_default()
    );
    error.retold(ErrorKind::TenantVersion, message)
}

/// The statement that asks for the version. Whatever comes of it, it is sent once.
pub(super) fn look(context: &Context) -> Statement {
    let tenant = context.tenant();
    if let Some(tenant) = tenant {
        tenant.standing.is_now_asked();
    }
    let id = tenant.map_or(0, |tenant| tenant.id);
    Statement::look("tenant", VERSION, vec![Param::bigint(id)])
}

/// Takes the answer, and says whether it is another version than statements were made for.
pub(super) fn learn(
    context: &Context,
    made_for: Option<TenantVersion>,
    answer: Result<Answer>,
) -> bool {
    // Without an answer it stays as it is: whoever opens the tenant's scope next is told what became of it.
    let rows = answer.map(Answer::rows).unwrap_or_default();
    let told = rows.first().and_then(|row| {
        Some(TenantVersion {
            reached: row.try_get(0).ok()?,
            begun: row.try_get(1).ok()?,
        })
    });
    if let (Some(told), Some(tenant)) = (told, context.tenant()) {
        tenant.standing.learn(told);
    }
    told.is_some() && told != made_for
}
