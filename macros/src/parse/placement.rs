//! Placement of a model, as its attribute says it.

use syn::{ItemStruct, Path};

use crate::errors::Errors;

/// Where a model's table lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    Shared,
    Tenant,
}

/// Form of the rows of a model, as its attribute says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Table,
    /// A query in place of a table.
    View,
    /// The rows of two models in place of a table.
    Overlay,
}

/// An attribute that makes a model of a struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Declaration {
    pub(crate) placement: Placement,
    pub(crate) form: Form,
}

impl Declaration {
    /// Declares the rows of a tenant and of all, of which a tenant has its own.
    pub(crate) const OVERLAY: Self = Self {
        placement: Placement::Tenant,
        form: Form::Overlay,
    };

    /// Declares a table.
    pub(crate) const fn table(placement: Placement) -> Self {
        Self {
            placement,
            form: Form::Table,
        }
    }

    /// Declares a view.
    pub(crate) const fn view(placement: Placement) -> Self {
        Self {
            placement,
            form: Form::View,
        }
    }

    /// The declaration of an attribute's name.
    pub(crate) fn of(attribute: &Path) -> Option<Self> {
        let name = &attribute.segments.last()?.ident;
        let both = [Placement::Shared, Placement::Tenant];
        both.into_iter()
            .flat_map(|placement| [Self::table(placement), Self::view(placement)])
            .chain([Self::OVERLAY])
            .find(|declaration| name == declaration.attribute())
    }

    /// The attribute that declares it.
    pub(crate) fn attribute(self) -> &'static str {
        match (self.placement, self.form) {
            (Placement::Shared, Form::Table) => "shared_model",
            (Placement::Tenant, Form::Table) => "tenant_model",
            (Placement::Shared, Form::View) => "shared_view",
            (Placement::Tenant, Form::View) => "tenant_view",
            (_, Form::Overlay) => "tenant_overlay",
        }
    }
}

/// No other attribute places the struct again. One that does is taken off by [`emitted`](super::emitted::emitted).
pub(super) fn check_once(declaration: Declaration, item: &ItemStruct, errors: &mut Errors) {
    for attribute in &item.attrs {
        match Declaration::of(attribute.path()) {
            Some(again) if again == declaration => errors.on(
                attribute,
                format!(
                    "`#[{}]` is written twice\nhelp: remove one of the two",
                    again.attribute()
                ),
            ),
            Some(again) if again.form != declaration.form => errors.on(
                attribute,
                format!(
                    "a struct is a table or a view, and `#[{}]` stands above it already\nhelp: keep `#[{}]`, or that",
                    declaration.attribute(),
                    again.attribute()
                ),
            ),
            Some(_) if declaration.form == Form::View => errors.on(
                attribute,
                format!(
                    "a view is placed once, and `#[{}]` stands above it already\nhelp: keep `#[tenant_view]` for a view in each tenant's schema, `#[shared_view]` for one that all share",
                    declaration.attribute()
                ),
            ),
            Some(_) => errors.on(
                attribute,
                format!(
                    "a model is placed once, and `#[{}]` stands above it already\nhelp: keep `#[tenant_model]` for a table in each tenant's schema, `#[shared_model]` for one that all share",
                    declaration.attribute()
                ),
            ),
            None => {}
        }
    }
}
