//! Schemas in the SQL that a model's indexes have.

use crate::name::SchemaName;
use crate::place::{Context, TenantPlace};

/// Puts the schemas of a place where such SQL has `"{tenant}"` and `"{shared}"`.
pub(super) fn filled(sql: &str, context: &Context) -> String {
    let tenant = context.tenant().map(|TenantPlace { schema, .. }| schema);
    filled_with(sql, context.shared(), tenant)
}

/// Puts these schemas there.
pub(super) fn filled_with(sql: &str, shared: &SchemaName, tenant: Option<&SchemaName>) -> String {
    let (mut filled, mut end) = (String::with_capacity(sql.len()), 0);
    for slot in tenantry_sql::slots(sql).slots {
        let schema = match slot.name {
            "shared" => Some(shared),
            "tenant" => tenant,
            // The compiler has refused any other.
            _ => None,
        };
        let Some(schema) = schema else { continue };
        filled.push_str(&sql[end..slot.range.start]);
        filled.push_str(&schema.quoted());
        end = slot.range.end;
    }
    filled.push_str(&sql[end..]);
    filled
}
