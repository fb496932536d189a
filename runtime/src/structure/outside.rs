//! Changes that SQL for one schema makes beyond it.

use std::collections::BTreeMap;

use postgres::GenericClient;
use postgres::types::Type;

use super::StructureError;
use crate::name::{SchemaName, quote_identifier};

/// Changes that a transaction has made outside of a schema, in words, and how many of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outside(BTreeMap<String, i64>);

/// Reads what the open transaction has changed outside of a schema, to be compared with the same of its beginning.
///
/// It counts not everything, but all that makes a difference for a schema of a tenant: rows of tables, objects, and
/// membership in what belongs to no schema. That somebody got a privilege on a shared table leaves no trace here.
pub(crate) fn outside(
    client: &mut impl GenericClient,
    schema: &SchemaName,
) -> Result<Outside, StructureError> {
    let rows = client.query_typed(
        include_str!("outside.sql"),
        &[(&schema.as_str(), Type::NAME)],
    )?;
    let counts = rows
        .iter()
        .map(|row| Ok((row.try_get("what")?, row.try_get("number")?)));
    Ok(Outside(counts.collect::<Result<_, postgres::Error>>()?))
}

impl Outside {
    /// The first change since then, besides what reading it twice counts as one itself.
    pub(crate) fn since(&self, before: &Self, once: &Self) -> Option<&str> {
        let of = |read: &Self, what: &str| read.0.get(what).copied().unwrap_or_default();
        let has_changed =
            |what: &str, number: i64| number - of(before, what) > of(before, what) - of(once, what);
        let mut all = self.0.iter();
        all.find(|(what, number)| has_changed(what, **number))
            .map(|(what, _)| what.as_str())
    }
}

/// Finds a table with a row that has the schema's own name in it. The name has to be unlike any other word.
pub(crate) fn names_itself(
    client: &mut impl GenericClient,
    schema: &SchemaName,
) -> Result<Option<String>, StructureError> {
    let filled = client.query_typed(
        "SELECT c.relname::text FROM pg_catalog.pg_namespace AS n \
         JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid \
         WHERE n.nspname = $1 AND c.relkind IN ('r', 'm') AND pg_catalog.pg_relation_size(c.oid) > 0 ORDER BY 1",
        &[(&schema.as_str(), Type::NAME)],
    )?;
    for row in &filled {
        let table: String = row.try_get(0)?;
        let sql = format!(
            "SELECT EXISTS (SELECT FROM {}.{} AS tenantry_row WHERE pg_catalog.strpos(tenantry_row::text, $1) > 0)",
            schema.quoted(),
            quote_identifier(&table)
        );
        let found = client.query_typed_one(&sql, &[(&schema.as_str(), Type::TEXT)])?;
        if found.try_get(0)? {
            return Ok(Some(table));
        }
    }
    Ok(None)
}
