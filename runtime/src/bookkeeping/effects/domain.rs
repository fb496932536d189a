//! Domains: whether their checks are known.
//!
//! PostgreSQL reads a text as soon as it knows its type, also where it only stores an expression. Arrays and composites are
//! read item by item, and an item of a domain is checked then. Which texts are read so depends on the types of columns,
//! which stand in no statement: so the checks themselves are looked at.

use postgres::GenericClient;
use tenantry_sql::{Token, statements};

use super::explain;
use super::expression::{Volatile, is_harmless};
use crate::error::Result;

/// Whether what comes after `CREATE` makes a domain with checks that are known, if it has any.
pub(super) fn is_known(rest: &[Token<'_>]) -> bool {
    let has_check = rest.iter().any(|token| token.is("check"));
    // A default is only stored.
    let volatile = if has_check {
        Volatile::Refused
    } else {
        Volatile::Allowed
    };
    is_harmless(rest, volatile)
}

/// Whether the database has a domain with a check that is not known.
pub(super) fn has_unknown_check(client: &mut impl GenericClient) -> Result<bool> {
    let rows = client
        .query_typed(
            "SELECT DISTINCT pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint \
             WHERE contypid >= 16384 AND contype = 'c'",
            &[],
        )
        .map_err(explain)?;
    for row in rows {
        let check: Option<String> = row.try_get(0)?;
        let is_known = check.is_none_or(|check| {
            statements(&check).is_ok_and(|all| {
                all.iter()
                    .all(|check| is_harmless(&check.tokens, Volatile::Refused))
            })
        });
        if !is_known {
            return Ok(true);
        }
    }
    Ok(false)
}
