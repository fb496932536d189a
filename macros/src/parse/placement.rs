//! Placement of a model, as its attribute says it.

use syn::Path;

/// Where a model's table lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    Shared,
    Tenant,
}

/// An attribute that makes a model of a struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Declaration {
    pub(crate) placement: Placement,
    /// Whether it has a query in place of a table.
    pub(crate) is_view: bool,
}

impl Declaration {
    /// Declares a table.
    pub(crate) const fn table(placement: Placement) -> Self {
        Self {
            placement,
            is_view: false,
        }
    }

    /// Declares a view.
    pub(crate) const fn view(placement: Placement) -> Self {
        Self {
            placement,
            is_view: true,
        }
    }

    /// The declaration of an attribute's name.
    pub(crate) fn of(attribute: &Path) -> Option<Self> {
        let name = &attribute.segments.last()?.ident;
        let both = [Placement::Shared, Placement::Tenant];
        both.into_iter()
            .flat_map(|placement| [Self::table(placement), Self::view(placement)])
            .find(|declaration| name == declaration.attribute())
    }

    /// The attribute that declares it.
    pub(crate) fn attribute(self) -> &'static str {
        match (self.placement, self.is_view) {
            (Placement::Shared, false) => "shared_model",
            (Placement::Tenant, false) => "tenant_model",
            (Placement::Shared, true) => "shared_view",
            (Placement::Tenant, true) => "tenant_view",
        }
    }
}
