//! Triggers on the registry for the table whose rows are the tenants, that somebody has dropped or disabled.

use std::collections::BTreeMap;

use postgres::Client;
use postgres::types::Type;

use crate::bookkeeping::explain;
use crate::error::Result;
use crate::name::{SchemaName, TENANT_ROW};
use crate::structure::Namespace;

/// Those on the table itself are compared with the table. The registry is compared with nothing: it is not of the shared schema.
const SQL: &str = "SELECT t.tgname::text, t.tgenabled IN ('O', 'A') \
     FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid \
     JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace \
     WHERE n.nspname = $1 AND p.proname = $2 AND t.tgrelid = 'tenantry.tenant'::pg_catalog.regclass";

/// Tells which triggers of the registry are missing, or disabled, by what the migrations make of the shared schema.
pub(super) fn untied(
    client: &mut Client,
    shared: &SchemaName,
    wanted: &Namespace,
) -> Result<Vec<String>> {
    let Some(table) = wanted.tables.values().find(|table| table.is_tenant) else {
        return Ok(Vec::new());
    };
    let rows = client
        .query_typed(
            SQL,
            &[(&shared.as_str(), Type::NAME), (&TENANT_ROW, Type::NAME)],
        )
        .map_err(explain)?;
    let mut enabled: BTreeMap<String, bool> = BTreeMap::new();
    for row in &rows {
        enabled.insert(row.try_get(0)?, row.try_get(1)?);
    }
    let drop = Some(format!("{TENANT_ROW}_drop"));
    let needed = [drop, table.is_each_tenant.then(|| TENANT_ROW.to_owned())];
    let told = needed.into_iter().flatten().filter_map(|trigger| {
        let is = match enabled.get(&trigger) {
            Some(true) => return None,
            Some(false) => "is disabled",
            None => "is missing",
        };
        Some(format!("trigger `{trigger}` on `tenantry.tenant` {is}"))
    });
    Ok(told.collect())
}
