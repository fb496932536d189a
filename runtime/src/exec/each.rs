//! Rows of the blocking driver that are told as they come.

use postgres::GenericClient;
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::{ToSql, Type};

use super::limits::ConnectionLimits;
use super::{Came, TakesRow};

/// How many rows are fetched before they are told.
const CHUNK: usize = 32;

/// Tells all rows as they come, on this thread, and gives their number.
pub(super) fn each(
    client: &mut (impl GenericClient + Send),
    (sql, params): (&str, Vec<(&(dyn ToSql + Sync), Type)>),
    limits: &ConnectionLimits,
    row: TakesRow<'_>,
) -> Result<u64, postgres::Error> {
    let mut rows = limits.timed(|| client.query_typed_raw(sql, params))?;
    let mut told = 0;
    let mut chunk = Vec::with_capacity(CHUNK);
    loop {
        let fetched = limits.timed(|| {
            while chunk.len() < CHUNK {
                match rows.next()? {
                    Some(next) => chunk.push(next),
                    None => return Ok(false),
                }
            }
            Ok(true)
        });
        told += chunk.len() as u64;
        // Those before an error have come, too.
        chunk.drain(..).for_each(|next| row(Came::Row(next)));
        if !fetched? {
            return Ok(told);
        }
    }
}
