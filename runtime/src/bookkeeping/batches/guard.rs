//! A block before a statement for all rows, that refuses a table without the key by which its batches would be.
//!
//! So a wrong key is seen in the first schema, and not only where a table is big.

use super::BatchedRows;
use super::key::operators_of;
use crate::bookkeeping::asked_index::{BEGIN, END, NO_KEY};
use crate::name::quote_literal;

/// Returns the block, for the schema of a slot.
pub(super) fn guard(rows: &BatchedRows, slot: &str) -> String {
    let key: Vec<String> = rows.key.iter().map(|name| quote_literal(name)).collect();
    let key = format!("ARRAY[{}]::pg_catalog.text[]", key.join(", "));
    format!(
        "{BEGIN} BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c \
         WHERE c.relnamespace = '\"{{{slot}}}\"'::pg_catalog.regnamespace AND c.relname = {table}::pg_catalog.name \
         AND {operators} IS NOT NULL) \
         THEN RAISE EXCEPTION USING ERRCODE = '{NO_KEY}', MESSAGE = 'the table has no such key'; END IF; END {END}",
        table = quote_literal(&rows.table),
        operators = operators_of(&key),
    )
}
