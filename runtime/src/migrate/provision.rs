//! What new tenants get after their tables: `baseline/grants.sql` and `baseline/seed.sql`.

use sha2::{Digest, Sha256};

use super::chain::{checked, finish};
use super::check::is_blank;
use super::files::Files;
use crate::bookkeeping::lex::{Kind, statements};
use crate::error::Result;
use crate::model::PlacementKind;

/// What new tenants get after their tables: rights of roles, and rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Provision {
    pub(super) grants: Option<String>,
    pub(super) seed: Option<String>,
}

impl Provision {
    /// Whether all of it is right after the schema was renamed, and of use to nobody before that: it names the schema in
    /// no text, and touches no shared table.
    pub(super) fn can_be_renamed(&self) -> bool {
        let texts = [&self.grants, &self.seed];
        let mut texts = texts.into_iter().flatten();
        texts.all(|sql| !names_schema_in_text(sql) && !sql.contains("{shared}"))
    }

    /// What tells it from another; nothing if there is nothing.
    pub(super) fn checksum(&self) -> Option<String> {
        if *self == Self::default() {
            return None;
        }
        let mut hash = Sha256::new();
        for text in [&self.grants, &self.seed] {
            hash.update(text.as_deref().unwrap_or_default());
            hash.update([0]);
        }
        Some(finish(hash))
    }
}

/// Whether SQL names the tenant's schema in a string or in the body of a routine.
pub(super) fn names_schema_in_text(sql: &str) -> bool {
    let statements = statements(sql).unwrap_or_default();
    let mut tokens = statements.iter().flat_map(|statement| &statement.tokens);
    tokens.any(|token| {
        matches!(token.kind, Kind::String | Kind::Dollar) && token.text.contains("{tenant}")
    })
}

/// Reads what new tenants get after their tables.
pub(super) fn provision(files: &Files, shown: &dyn Fn(&str) -> String) -> Result<Provision> {
    let file = |name: &str| -> Result<Option<String>> {
        let Some(text) = files.provision.get(name).filter(|text| !is_blank(text)) else {
            return Ok(None);
        };
        checked(text, PlacementKind::Tenant, &shown(name))?;
        Ok(Some(text.clone()))
    };
    Ok(Provision {
        grants: file("grants.sql")?,
        seed: file("seed.sql")?,
    })
}
