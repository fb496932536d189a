//! Whether the metadata tables hold together: whoever is about to write to them finds out in the same message.
//!
//! It is a look at the chain, at the shared schema, and at the oldest and the newest tenant, so it costs the same however many
//! tenants there are. Whoever changes a tenant looks at that one too; `check` looks at all.

use postgres::{SimpleQueryMessage, Transaction};

use super::damage::damaged;
use super::facts::{MARKED, sha256};
use super::{LEFT_OUT, not_migrated};
use crate::error::{Error, Result};
use crate::exec::{Answer, Flow, Statement};
use crate::name::{TenantKey, quote_literal};

/// SQL expression: the checksum of all that is recorded of the chain; null if nothing is.
pub(crate) const RECORDED_CHAIN: &str = concat!(
    "(SELECT ",
    sha256!(
        "pg_catalog.string_agg(pg_catalog.format('%s %s %s %L %L %s %s', position, id, phase, \
         shared_checksum, tenant_checksum, beyond_tables, is_transaction), ', ' ORDER BY position)"
    ),
    " FROM tenantry.migration)"
);

/// SQL expression over `tenantry.meta AS m`: what the metadata tables lack, or null.
///
/// The parts of it are subqueries of one row each, which PostgreSQL answers from indexes also when it knows nothing of the
/// size of the tables.
pub(crate) fn lacking() -> String {
    let in_use = format!("FROM tenantry.tenant WHERE state NOT IN {LEFT_OUT} ORDER BY id");
    let first_part =
        "(SELECT id FROM tenantry.migration WHERE tenant_up IS NOT NULL ORDER BY position LIMIT 1)";
    let entry = format!(
        "SELECT tenant_id FROM tenantry.ledger WHERE migration = {first_part} AND tenant_id > 0 ORDER BY migration"
    );
    format!(
        "CASE WHEN pg_catalog.to_regprocedure('tenantry.refuse(text)') IS NULL THEN 'the function `refuse`' \
         WHEN m.chain IS DISTINCT FROM {RECORDED_CHAIN} \
             OR GREATEST(m.shared_version, m.tenant_version) > (SELECT COALESCE(max(position), 0) FROM tenantry.migration) \
             THEN 'rows of `migration` as they were recorded' \
         WHEN EXISTS (SELECT FROM tenantry.migration AS g WHERE g.shared_up IS NOT NULL \
             AND g.position <= GREATEST(m.shared_version, m.tenant_version) AND (SELECT true FROM tenantry.ledger AS l WHERE l.migration = g.id AND l.tenant_id = 0) IS NOT TRUE) \
             OR EXISTS (SELECT FROM {ends} WHERE {lacks_entries}) \
             THEN CASE WHEN EXISTS (SELECT FROM tenantry.ledger) THEN 'rows of `ledger`' ELSE 'the rows of `ledger`' END \
         WHEN EXISTS (SELECT FROM (({entry}, tenant_id LIMIT 1) UNION ALL ({entry} DESC, tenant_id DESC LIMIT 1)) AS l \
             WHERE (SELECT true FROM tenantry.tenant AS t WHERE t.id = l.tenant_id) IS NOT TRUE) \
             OR NOT EXISTS (SELECT FROM tenantry.tenant) AND EXISTS (SELECT FROM {MARKED} WHERE (SELECT true \
             FROM tenantry.provisioning AS t WHERE t.id = marked.id) IS NOT TRUE) \
             THEN CASE WHEN EXISTS (SELECT FROM tenantry.tenant) THEN 'rows of `tenant`' ELSE 'the rows of `tenant`' END \
         WHEN (SELECT provision {in_use} DESC LIMIT 1) IS NOT NULL AND NOT EXISTS (SELECT FROM tenantry.provision) \
             THEN 'the rows of `provision`' END",
        ends = ends(),
        lacks_entries = lacks_entries("t"),
    )
}

/// The same, and what contradicts itself in them. Whoever migrates or rolls back finds that for each schema, and says more of it.
pub(crate) fn damage() -> String {
    format!(
        "COALESCE({}, CASE WHEN m.shared_step = 0 AND EXISTS (SELECT FROM tenantry.migration AS g WHERE g.shared_up IS NOT NULL \
             AND g.position > m.shared_version \
             AND (SELECT true FROM tenantry.ledger AS l WHERE l.migration = g.id AND l.tenant_id = 0)) \
             THEN 'a version of the shared schema that `ledger` agrees with' END, \
         (SELECT {BEHIND} FROM {} WHERE {} LIMIT 1))",
        lacking(),
        ends(),
        is_behind("t")
    )
}

/// SQL expression: what is told of a tenant `t` that the ledger contradicts.
const BEHIND: &str =
    "pg_catalog.format('a version of the tenant `%s` that `ledger` agrees with', t.key)";

/// Relation: the oldest and the newest tenant.
fn ends() -> String {
    let one = format!(
        "SELECT id, key, version, step FROM tenantry.tenant WHERE state NOT IN {LEFT_OUT} ORDER BY id"
    );
    format!("(({one} LIMIT 1) UNION ALL ({one} DESC LIMIT 1)) AS t")
}

/// The condition that the ledger has more than a tenant has by its version, or less than it has by its step.
fn is_behind(tenant: &str) -> String {
    format!(
        "((SELECT (SELECT true FROM tenantry.ledger AS l WHERE l.migration = g.id AND l.tenant_id = {tenant}.id) IS TRUE \
         FROM tenantry.migration AS g WHERE g.tenant_up IS NOT NULL AND g.position > {tenant}.version ORDER BY g.position LIMIT 1) \
         IS TRUE) <> ({tenant}.step > 0)"
    )
}

/// The condition that the ledger, or the chain, lacks something that a tenant has by its version.
fn lacks_entries(tenant: &str) -> String {
    format!(
        "({tenant}.version > (SELECT COALESCE(max(position), 0) FROM tenantry.migration) \
         OR EXISTS (SELECT FROM tenantry.migration AS g WHERE g.tenant_up IS NOT NULL AND g.position <= {tenant}.version \
         AND (SELECT true FROM tenantry.ledger AS l WHERE l.migration = g.id AND l.tenant_id = {tenant}.id) IS NOT TRUE))"
    )
}

/// SQL condition: as many tenants have begun the first migration for tenants by the registry as by the ledger.
pub(crate) const AGREE: &str = "\
    (SELECT (SELECT count(*) FROM tenantry.ledger AS l WHERE l.migration = g.id AND l.tenant_id > 0) \
     = (SELECT count(*) FROM tenantry.tenant AS t WHERE t.version >= g.position OR t.step > 0) \
     FROM tenantry.migration AS g WHERE g.tenant_up IS NOT NULL ORDER BY g.position LIMIT 1) IS NOT FALSE";

/// Refuses metadata tables that do not hold together, in one message with the statements that come first; `of` is the tenant that is about
/// to be changed. What the ledger says of a standby is no reason: nobody's rows are in it, and it makes way for another.
///
/// # Errors
///
/// [`ErrorKind::DamagedMetadata`](crate::ErrorKind::DamagedMetadata).
pub(crate) fn check_whole(
    tx: &mut Transaction<'_>,
    first: &str,
    of: Option<&TenantKey>,
) -> Result<()> {
    let sql = format!("{first}{}", whole(of));
    let answer = tx.simple_query(&sql).map_err(super::explain)?;
    let row = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    refuse(row.ok_or_else(not_migrated)?.get(0))
}

/// The same as a flow, in a transaction that has begun.
pub(crate) fn checked_whole<'f>(of: Option<&TenantKey>) -> Flow<'f, ()> {
    let look = Statement::look("metadata", whole(of), Vec::new());
    Flow::then(look, |answer| {
        let read = |answer: Result<Answer>| {
            let rows = answer.map_err(super::explain_met)?.rows();
            refuse(rows.first().ok_or_else(not_migrated)?.try_get(0)?)
        };
        Flow::Done(read(answer))
    })
}

/// The query that tells what the metadata tables lack, and what they lack of a tenant.
fn whole(of: Option<&TenantKey>) -> String {
    let entries = of.map_or_else(
        || "NULL".to_owned(),
        |key| {
            format!(
                "(SELECT CASE WHEN {} THEN 'rows of `ledger`' WHEN {} THEN {BEHIND} END \
                 FROM tenantry.tenant AS t WHERE t.key = {} AND t.state NOT IN {LEFT_OUT} AND t.state <> 'standby')",
                lacks_entries("t"),
                is_behind("t"),
                quote_literal(key.as_str()),
            )
        },
    );
    format!(
        "SELECT COALESCE({}, {entries}) FROM tenantry.meta AS m WHERE m.one = 1",
        damage()
    )
}

fn refuse(lacking: Option<&str>) -> Result<()> {
    match lacking {
        Some(lacking) => Err(damaged(&[lacking.to_owned()])),
        None => Ok(()),
    }
}

/// Looks whether the metadata tables hold together where something has failed already. So no question makes another error.
pub(crate) fn find_damage<'f>() -> Flow<'f, Option<Error>> {
    let sql = format!(
        "SELECT {} FROM tenantry.meta AS m WHERE m.one = 1",
        lacking()
    );
    let read = |answer: Result<Answer>| {
        let lacking: Option<String> = answer.ok()?.rows().first()?.try_get(0).ok()?;
        Some(damaged(&[lacking?]))
    };
    let look = Statement::look("metadata", sql, Vec::new());
    Flow::then(look, move |answer| Flow::Done(Ok(read(answer))))
}
