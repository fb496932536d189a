//! The errors for tenants that there are not, or not so.

use postgres::Row;

use super::new::NewTenant;
use super::{Tenant, TenantState};
#[cfg(feature = "tower")]
use crate::bookkeeping::facts::ABANDONED;
use crate::bookkeeping::find_damage;
use crate::error::{Error, ErrorKind};
use crate::exec::{Answer, Flow, Statement};
use crate::name::TenantKey;
use crate::value::Param;

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
pub(super) fn unknown<'f, T: 'f>(key: &TenantKey) -> Flow<'f, T> {
    unknown_or_new(key).and_on(|outcome| {
        Flow::Done(outcome.map_err(|error| {
            if !error.message().ends_with(CREATE) {
                return error;
            }
            // Whoever does something to a tenant does not mean one that is yet to be made.
            error.retold(ErrorKind::UnknownTenant, format!("{NO_SUCH}{LIST}"))
        }))
    })
}

/// The same where the key may be that of a tenant which is yet to be made.
pub(super) fn unknown_or_new<'f, T: 'f>(key: &TenantKey) -> Flow<'f, T> {
    let key = key.clone();
    find_damage().and_on(move |damage| match damage {
        // Where the registry has lost tenants, none of the advice is right.
        Ok(Some(damage)) => Flow::Done(Err(damage.in_tenant(&key))),
        Ok(None) | Err(_) => unknown_to_visitors(&key).and_on(move |outcome| match outcome {
            Err(error) if error.message().ends_with(CREATE) => or_near(error, &key),
            outcome => Flow::Done(outcome),
        }),
    })
}

/// The error with the keys that may be meant, if there are any.
fn or_near<'f, T: 'f>(error: Error, key: &TenantKey) -> Flow<'f, T> {
    near(key.as_str()).and_on(|near| {
        Flow::Done(Err(match near {
            Ok(near) if !near.is_empty() => {
                let message = format!("{NO_SUCH}\nhelp: {}", did_you_mean(&near));
                error.retold(ErrorKind::UnknownTenant, message)
            }
            _ => error,
        }))
    })
}

/// The same where the key comes from whoever visits the application: it names no key of another tenant, because they may
/// be shown it. A key that differs only in case is no news to them.
pub(super) fn unknown_to_visitors<'f, T: 'f>(key: &TenantKey) -> Flow<'f, T> {
    let key = key.clone();
    twin(&key).and_on(move |twin| {
        was_dropped(&key).and_on(move |schema| {
            let (twin, schema) = (twin.ok().flatten(), schema.ok().flatten());
            Flow::Done(Err(no_such(&key, twin, schema)))
        })
    })
}

fn no_such(key: &TenantKey, twin: Option<Twin>, dropped: Option<String>) -> Error {
    let message = match (twin, dropped) {
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

/// The key of a tenant that differs from another only in case, and the tenant's state.
pub(super) type Twin = (String, TenantState);

/// Looks for the tenant whose key differs only in case.
pub(super) fn twin<'f>(key: &TenantKey) -> Flow<'f, Option<Twin>> {
    let twin = Statement::look(
        "twin",
        "SELECT key, state FROM tenantry.tenant \
         WHERE pg_catalog.lower(key) = pg_catalog.lower($1) AND key <> $1 AND state <> 'standby'",
        vec![Param::text(key.as_str())],
    );
    Flow::run(Ok(twin), |answer| {
        let rows = answer.rows();
        let read = |row: &Row| Ok((row.try_get(0)?, row.try_get::<_, &str>(1)?.parse()?));
        rows.first().map(read).transpose()
    })
}

/// Tells whether a tenant is being created that is not in the registry yet.
#[cfg(feature = "tower")]
pub(crate) fn being_created<'f>(key: &TenantKey) -> Flow<'f, bool> {
    let being_created = Statement::look(
        "being created",
        format!("SELECT FROM tenantry.provisioning WHERE key = $1 AND NOT {ABANDONED}"),
        vec![Param::text(key.as_str())],
    );
    Flow::run(Ok(being_created), |answer| Ok(!answer.rows().is_empty()))
}

/// Looks for the schema of a dropped tenant, if a tenant with this key would have had it.
fn was_dropped<'f>(key: &TenantKey) -> Flow<'f, Option<String>> {
    let Some(schema) = NewTenant::new(key).schema_name() else {
        return Flow::Done(Ok(None));
    };
    let retired = Statement::look(
        "retired",
        "SELECT name FROM tenantry.retired_schema WHERE name = $1",
        vec![Param::text(schema.as_str())],
    );
    Flow::run(Ok(retired), |answer| {
        let rows = answer.rows();
        Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
    })
}

/// Looks for the keys that are most like this one, if any is like it.
pub(super) fn near<'f>(key: &str) -> Flow<'f, Vec<String>> {
    let reach = match key.chars().count() {
        0..=2 => 1,
        3..=11 => 2,
        _ => 3,
    };
    let alike = Statement::look(
        "near",
        "SELECT key FROM tenantry.tenant WHERE state <> 'standby' \
         AND pg_catalog.length(key) BETWEEN pg_catalog.length($1) - $2 AND pg_catalog.length($1) + $2 LIMIT $3",
        vec![
            Param::text(key),
            Param::integer(reach),
            Param::bigint(COMPARED),
        ],
    );
    let wanted = key.to_lowercase();
    Flow::run(Ok(alike), move |answer| Ok(nearest(&wanted, reach, answer)))
}

fn nearest(wanted: &str, reach: i32, answer: Answer) -> Vec<String> {
    let reach = usize::try_from(reach).unwrap_or_default();
    let mut near: Vec<(usize, String)> = answer
        .rows()
        .iter()
        .filter_map(|row| {
            let key: String = row.try_get(0).ok()?;
            let distance = strsim::damerau_levenshtein(&key.to_lowercase(), wanted);
            // A key that shares nothing with a short one is not like it.
            (distance <= reach && distance < wanted.chars().count()).then_some((distance, key))
        })
        .collect();
    near.sort();
    near.truncate(SUGGESTED);
    near.into_iter().map(|(_, key)| key).collect()
}
