//! The rules that a model must keep and that its tokens show, one function a rule.
//!
//! Rules that take a look at a type itself, behind its spelling, are constants in the expansion instead.

mod column;
mod embedded;
mod fields;
mod foreign_keys;
mod fragments;
mod indexes;
pub(crate) mod keys;
pub(crate) mod kinds;
mod names;
mod overlay;
pub(crate) mod raw;
mod row;
mod slots;
mod types;
mod versions;
mod view;

pub(crate) use column::column;
pub(crate) use embedded::check as embedded;
pub(crate) use row::row;
pub(crate) use types::is_fit;

use crate::errors::Errors;
use crate::parse::model::ModelSpec;
use crate::parse::placement::Placement;

/// Checks all rules of a model.
pub(crate) fn model(spec: &ModelSpec, errors: &mut Errors) {
    keys::check(spec, errors);
    check_one_version(spec, errors);
    check_soft_delete(spec, errors);
    check_tenant_is_shared(spec, errors);
    names::check(spec, errors);
    for field in &spec.fields {
        // What is wrong with an embedded struct's field wherever it is, is told there.
        if field.within.is_none() {
            types::check(&spec.ident, field, errors);
            fields::check(spec, field, errors);
            kinds::check(field, errors);
        }
        versions::check(spec, field, errors);
    }
    indexes::check(spec, errors);
    foreign_keys::check(spec, errors);
    fragments::check(spec, errors);
    overlay::check(spec, errors);
    if let Some(view) = &spec.view {
        view::check(spec, view, errors);
    }
}

/// At most one field counts the updates.
fn check_one_version(spec: &ModelSpec, errors: &mut Errors) {
    let versions = spec
        .fields
        .iter()
        .filter_map(|field| field.args.version.span());
    for second in versions.skip(1) {
        errors.at(
            second,
            "a model has one version, and this is another\nhelp: take `version` off one of the two fields",
        );
    }
}

/// At most one field says when a row was deleted, and of rows that are deleted by themselves.
fn check_soft_delete(spec: &ModelSpec, errors: &mut Errors) {
    let fields = spec.fields.iter();
    let mut all = fields.filter_map(|field| field.args.soft_delete.span());
    let Some(first) = all.next() else {
        return;
    };
    if spec.tenant.is_present() {
        errors.at(
            first,
            "a row that is a tenant goes with its tenant, and is not deleted by itself\nhelp: suspend the tenant, or remove `soft_delete`",
        );
    }
    for second in all {
        errors.at(
            second,
            "a row is deleted once, and this is another time of it\nhelp: take `soft_delete` off one of the two fields",
        );
    }
}

/// The rows that are the tenants stand where all tenants are seen.
fn check_tenant_is_shared(spec: &ModelSpec, errors: &mut Errors) {
    if let (Placement::Tenant, Some(span)) = (spec.placement, spec.tenant.span()) {
        errors.at(
            span,
            "a row that is a tenant stands in the shared schema, and a tenant's own schema has rows of that tenant\nhelp: write `#[shared_model(tenant)]`",
        );
    }
}

#[cfg(test)]
mod tests {
    use quote::{format_ident, quote};

    use super::*;
    use crate::parse::model::parse;
    use crate::parse::placement::Declaration;

    /// Errors of a model with so many fields beside its key.
    fn verdict(fields: usize) -> String {
        let fields = (0..fields).map(|position| format_ident!("f{position}"));
        let item = syn::parse_quote! {
            struct Wide {
                #[field(key)]
                id: i64,
                #(#fields: i64,)*
            }
        };
        let mut errors = Errors::default();
        if let Ok(spec) = parse(
            Declaration::table(Placement::Tenant),
            quote!(),
            &item,
            &[],
            &mut errors,
        ) {
            model(&spec, &mut errors);
        }
        errors
            .finish()
            .map(|errors| errors.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn a_model_has_no_more_columns_than_a_table_can_have() {
        assert_eq!(verdict(1599), "");
        assert!(verdict(1600).contains("model `Wide` has 1601 columns"));
    }
}
