//! The models of `#[tenant_overlay(own = Product, shared = CatalogProduct)]`.

use darling::{Error, FromMeta, Result};
use proc_macro2::Span;
use syn::{Meta, Path};

use super::args::{Root, Word, name_of, path};
use crate::errors::Errors;

/// The arguments of the attribute.
#[derive(Debug, Default, FromMeta)]
pub(crate) struct OverlayArgs {
    own: Option<ModelPath>,
    shared: Option<ModelPath>,
    deleted_hides: Word,
    #[darling(rename = "crate")]
    pub(super) root: Option<Root>,
}

/// A model: `own = Product`.
#[derive(Debug)]
struct ModelPath(Path);

impl FromMeta for ModelPath {
    fn from_meta(item: &Meta) -> Result<Self> {
        let name = name_of(item.path());
        let wanted = || Error::custom(format!("expected a model's name, as in `{name} = Product`"));
        match item {
            Meta::NameValue(pair) => match path(&pair.value) {
                Some(path) => Ok(Self(path.clone())),
                None => Err(wanted().with_span(&pair.value)),
            },
            _ => Err(wanted().with_span(item)),
        }
    }
}

/// Two models whose rows are one list.
#[derive(Debug)]
pub(crate) struct OverlaySpec {
    /// That of the tenant.
    pub(crate) own: Path,
    /// That of all tenants.
    pub(crate) shared: Path,
    /// Where it is said that a deleted row of the tenant hides the shared one.
    pub(crate) deleted_hides: Word,
}

/// Reads the models that were given, or says that there are none.
pub(super) fn models(args: OverlayArgs, overlay: Span, errors: &mut Errors) -> Option<OverlaySpec> {
    let (Some(own), Some(shared)) = (args.own, args.shared) else {
        // That something else is wrong has been told.
        if errors.is_empty() {
            errors.at(
                overlay,
                "an overlay is made of two models, a tenant's and a shared one\nhelp: write `#[tenant_overlay(own = Product, shared = CatalogProduct)]`",
            );
        }
        return None;
    };
    Some(OverlaySpec {
        own: own.0,
        shared: shared.0,
        deleted_hides: args.deleted_hides,
    })
}
