//! Which tenants to migrate.

use crate::name::TenantKey;

/// Which tenants to migrate: all, unless something is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    pub(super) keys: Option<Vec<TenantKey>>,
}

impl Selection {
    /// Selects all tenants.
    pub fn all() -> Self {
        Self::default()
    }

    /// Selects tenants by their keys. Keys that the registry does not have are an error of the run.
    pub fn keys(mut self, keys: impl IntoIterator<Item = TenantKey>) -> Self {
        self.keys = Some(keys.into_iter().collect());
        self
    }

    /// Whether some tenants are selected only.
    pub fn is_partial(&self) -> bool {
        self.keys.is_some()
    }
}
