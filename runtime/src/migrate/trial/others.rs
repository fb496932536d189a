//! The other tenants of a trial, which are tried by themselves: until they are migrated they depend on what a shared part may drop.

use postgres::Transaction;
use postgres::error::SqlState;
use postgres::types::Type;

use crate::bookkeeping::{LEFT_OUT, explain};
use crate::error::{Error, Result};
use crate::migrate::chain::{Chain, Migration};
use crate::migrate::plan::stage::last_tenant_part;
use crate::migrate::replay::ReplayPart;
use crate::name::SchemaName;

/// The tenants that a trial leaves where they are.
pub(super) struct Others<'c> {
    chain: &'c Chain,
    /// The version of the one that is furthest behind, if there is any.
    lowest: Option<i32>,
}

impl<'c> Others<'c> {
    pub(super) fn none(chain: &'c Chain) -> Self {
        Self {
            chain,
            lowest: None,
        }
    }

    /// Those beside a schema. A shared part waits for all of them but for those that migrations leave out.
    pub(super) fn of(
        tx: &mut Transaction<'_>,
        chain: &'c Chain,
        schema: &SchemaName,
    ) -> Result<Self> {
        let sql = format!(
            "SELECT min(version) FROM tenantry.tenant WHERE schema_name <> $1 AND state NOT IN {LEFT_OUT}"
        );
        let row = tx
            .query_typed_one(&sql, &[(&schema.as_str(), Type::TEXT)])
            .map_err(explain)?;
        Ok(Self {
            chain,
            lowest: row.try_get(0)?,
        })
    }

    /// Tells whether a shared part fails only because of others, who lack what comes before it: returns the last that they need.
    pub(super) fn hold(
        &self,
        part: &ReplayPart,
        error: &Error,
        schema: &SchemaName,
    ) -> Option<&'c str> {
        if part.is_for_tenants() {
            return None;
        }
        let migrations = self.chain.migrations().iter();
        let position = migrations
            .filter(|it| it.id() == part.id())
            .map(Migration::position)
            .next()?;
        let needed = last_tenant_part(self.chain, position - 1);
        if self.lowest? >= needed {
            return None;
        }
        let server = error.server_error()?;
        // It lists what depends, with the schemas.
        let is_theirs = server.code() == &SqlState::DEPENDENT_OBJECTS_STILL_EXIST
            && !names(server.detail().unwrap_or_default(), schema.as_str());
        is_theirs.then(|| self.chain.at(needed).map(Migration::id))?
    }
}

/// Whether a text of the server's has the name of a schema before a dot.
fn names(text: &str, schema: &str) -> bool {
    let is_of_name = |letter: char| letter.is_alphanumeric() || "_$\"".contains(letter);
    let quoted = format!("\"{schema}\".");
    text.contains(&quoted)
        || text
            .match_indices(&format!("{schema}."))
            .any(|(at, _)| !text[..at].ends_with(is_of_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_known_by_its_whole_name() {
        let text = "constraint k on table acme.customers depends on table shared.plans\n\
                    constraint k on table \"two words\".customers depends on table shared.plans";
        for schema in ["acme", "two words", "shared"] {
            assert!(names(text, schema), "{schema}");
        }
        for schema in ["me", "words", "customers", "plans", "acm"] {
            assert!(!names(text, schema), "{schema}");
        }
    }
}
