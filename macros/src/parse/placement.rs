//! Placement of a model, as its attribute says it.

use syn::Path;

/// Where a model's table lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    Shared,
    Tenant,
}

impl Placement {
    /// The placement of an attribute's name.
    pub(crate) fn of(attribute: &Path) -> Option<Self> {
        let name = &attribute.segments.last()?.ident;
        [Self::Shared, Self::Tenant]
            .into_iter()
            .find(|placement| name == placement.attribute())
    }

    /// The attribute that places a model there.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Shared => "shared_model",
            Self::Tenant => "tenant_model",
        }
    }
}
