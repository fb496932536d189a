//! Rights and rows of new tenants: `baseline/grants.sql` and `baseline/seed.sql`.

use sha2::{Digest, Sha256};
use tenantry_sql::slots;

use super::checksum::finish;
use super::files::{Files, checked};
use super::lint::is_blank;
use crate::error::Result;
use crate::model::PlacementKind;

/// The rights of roles, and the rows, that new tenants get after their tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Provision {
    pub(crate) grants: Option<String>,
    pub(crate) seed: Option<String>,
}

impl Provision {
    /// Whether all of it is right after the schema was renamed, and of use to nobody before that: it names the schema in
    /// no string, and touches no shared table.
    pub(crate) fn can_be_renamed(&self) -> bool {
        let texts = [&self.grants, &self.seed];
        let mut texts = texts.into_iter().flatten();
        texts.all(|sql| !names_schema_in_string(sql) && !names_shared(sql))
    }

    /// Returns the checksum; nothing if there is nothing.
    pub(crate) fn checksum(&self) -> Option<String> {
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
pub(crate) fn names_schema_in_string(sql: &str) -> bool {
    let slots = slots(sql).slots;
    slots
        .iter()
        .any(|slot| slot.is_in_string && slot.name == "tenant")
}

fn names_shared(sql: &str) -> bool {
    slots(sql).slots.iter().any(|slot| slot.name == "shared")
}

/// Reads what new tenants get after their tables.
pub(crate) fn provision(files: &Files, shown: &dyn Fn(&str) -> String) -> Result<Provision> {
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
