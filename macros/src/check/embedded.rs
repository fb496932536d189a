//! Rules of embedded structs, which hold in whatever model they are.

use syn::ext::IdentExt;

use super::{fields, fragments, kinds, names, types, versions};
use crate::errors::Errors;
use crate::parse::field::FieldSpec;
use crate::parse::model::ModelSpec;

/// Checks an embedded struct by itself.
pub(crate) fn check(spec: &ModelSpec, errors: &mut Errors) {
    names::check_columns(spec, errors);
    names::check_members(spec, errors);
    // What is wrong with a field of a struct within it is told there.
    let own = spec.fields.iter().filter(|field| field.within.is_none());
    for field in own {
        check_is_of_no_model(spec, field, errors);
        types::check(&spec.ident, field, errors);
        fields::check(spec, field, errors);
        kinds::check(field, errors);
        versions::check(spec, field, errors);
    }
    fragments::check(spec, errors);
}

/// An argument that says something of one model stands in that.
fn check_is_of_no_model(spec: &ModelSpec, field: &FieldSpec, errors: &mut Errors) {
    let args = &field.args;
    let ident = spec.ident.unraw();
    if let Some(span) = args.key.span() {
        errors.at(
            span,
            format!("`{ident}` is a part of models, and each of these has a key of its own\nhelp: write the field with `key` in each model"),
        );
    }
    if let Some(inverse) = &args.inverse {
        errors.at(
            inverse.span(),
            format!(
                "`{ident}` is in several models, or twice in one, and all of them would make the same constant\nhelp: remove `inverse`, and follow the relation with `Model::COLUMN.inverse()`"
            ),
        );
    }
}
