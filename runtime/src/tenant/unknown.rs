//! The errors for tenants that there are not, or not so.

use postgres::GenericClient;
use postgres::types::Type;

use super::new::NewTenant;
use super::{Tenant, TenantState};
use crate::error::{Error, ErrorKind};
use crate::name::TenantKey;

/// How many keys are compared with a mistyped one at most.
const COMPARED: i64 = 20_000;
/// How many suggestions are made.
const SUGGESTED: usize = 3;

/// The error for a tenant whose state does not allow what is asked for.
pub(super) fn wrong_state(tenant: &Tenant) -> Error {
    let state = tenant.state;
    Error::new(
        ErrorKind::TenantState,
        format!("the tenant is {state}\nhelp: {}", state.help()),
    )
    .in_tenant(&tenant.key)
}

/// The error for a key that the registry does not have, with the keys that may be meant.
pub(super) fn unknown(client: &mut impl GenericClient, key: &TenantKey) -> Error {
    let error = unknown_or_new(client, key);
    if !error.message().ends_with(CREATE) {
        return error;
    }
    // Whoever does something to a tenant does not mean one that is yet to be made.
    error.retold(ErrorKind::UnknownTenant, format!("{NO_SUCH}{LIST}"))
}

/// The same where the key may be that of a tenant which is yet to be made.
pub(super) fn unknown_or_new(client: &mut impl GenericClient, key: &TenantKey) -> Error {
    let mut error = unknown_to_visitors(client, key);
    if error.message().ends_with(CREATE) {
        let near = near(client, key.as_str());
        if !near.is_empty() {
            let message = format!("{NO_SUCH}\nhelp: {}", did_you_mean(&near));
            error = error.retold(ErrorKind::UnknownTenant, message);
        }
    }
    error
}

/// The same where the key comes from whoever visits the application: it names no key of another tenant, because they may
/// be shown it. A key that differs only in case is no news to them.
pub(super) fn unknown_to_visitors(client: &mut impl GenericClient, key: &TenantKey) -> Error {
    let message = match (twin(client, key), was_dropped(client, key)) {
        (Some((twin, TenantState::Active)), _) => format!(
            "{NO_SUCH}: keys are told apart by case, and there is `{twin}`\nhelp: write `{twin}`"
        ),
        (Some((twin, state)), _) => format!(
            "{NO_SUCH}: keys are told apart by case, and there is `{twin}`, which is {state}\nhelp: write `{twin}`"
        ),
        (None, Some(schema)) => format!(
            "{NO_SUCH}: the one that had the schema `{schema}` was dropped\n\
             help: create it anew; it gets another schema"
        ),
        (None, None) => format!("{NO_SUCH}{CREATE}"),
    };
    Error::new(ErrorKind::UnknownTenant, message).in_tenant(key)
}

const NO_SUCH: &str = "there is no such tenant";
const CREATE: &str = "\nhelp: create it first";
const LIST: &str = "\nhelp: `tenants list` shows all keys";

/// Asks which of these was meant.
pub(super) fn did_you_mean(keys: &[String]) -> String {
    format!(
        "did you mean `{}`? `tenants list` shows all keys",
        keys.join("` or `")
    )
}

/// The tenant whose key differs only in case. An error is said already, so none of these questions makes another.
pub(super) fn twin(
    client: &mut impl GenericClient,
    key: &TenantKey,
) -> Option<(String, TenantState)> {
    let row = client
        .query_typed_opt(
            "SELECT key, state FROM tenantry.tenant \
             WHERE pg_catalog.lower(key) = pg_catalog.lower($1) AND key <> $1 AND state <> 'standby'",
            &[(&key.as_str(), Type::TEXT)],
        )
        .ok()??;
    let state = row.try_get::<_, &str>(1).ok()?.parse().ok()?;
    Some((row.try_get(0).ok()?, state))
}

/// The schema of a dropped tenant, if a tenant with this key would have had it.
fn was_dropped(client: &mut impl GenericClient, key: &TenantKey) -> Option<String> {
    let schema = NewTenant::new(key).schema_name()?;
    client
        .query_typed_opt(
            "SELECT name FROM tenantry.retired_schema WHERE name = $1",
            &[(&schema.as_str(), Type::TEXT)],
        )
        .ok()??
        .try_get(0)
        .ok()
}

/// The keys that are most like this one, if any is like it.
pub(super) fn near(client: &mut impl GenericClient, key: &str) -> Vec<String> {
    let reach = match key.chars().count() {
        0..=2 => 1,
        3..=11 => 2,
        _ => 3,
    };
    let rows = client.query_typed(
        "SELECT key FROM tenantry.tenant WHERE state <> 'standby' \
         AND pg_catalog.length(key) BETWEEN pg_catalog.length($1) - $2 AND pg_catalog.length($1) + $2 LIMIT $3",
        &[
            (&key, Type::TEXT),
            (&i32::try_from(reach).unwrap_or(i32::MAX), Type::INT4),
            (&COMPARED, Type::INT8),
        ],
    );
    let wanted = key.to_lowercase();
    let mut near: Vec<(usize, String)> = rows
        .iter()
        .flatten()
        .filter_map(|row| {
            let key: String = row.try_get(0).ok()?;
            let distance = strsim::damerau_levenshtein(&key.to_lowercase(), &wanted);
            // A key that shares nothing with a short one is not like it.
            (distance <= reach && distance < wanted.chars().count()).then_some((distance, key))
        })
        .collect();
    near.sort();
    near.truncate(SUGGESTED);
    near.into_iter().map(|(_, key)| key).collect()
}
