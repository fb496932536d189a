//! Placement as data.

use serde::{Deserialize, Serialize};

/// The kind of schema in which a model's table lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlacementKind {
    /// Once, in the shared schema.
    Shared,
    /// Once per tenant, in the tenant's schema.
    Tenant,
}

impl PlacementKind {
    /// The placement as one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Tenant => "tenant",
        }
    }
}
