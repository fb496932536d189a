//! Rules of embedded structs, which hold in whatever model they are.

use darling::util::SpannedValue;
use syn::ext::IdentExt;

use super::{fields, fragments, kinds, names, types, versions};
use crate::errors::Errors;
use crate::parse::field::FieldSpec;
use crate::parse::model::ModelSpec;

/// Checks an embedded struct by itself.
pub(crate) fn check(spec: &ModelSpec, errors: &mut Errors) {
    names::check_columns(spec, errors);
    for field in &spec.fields {
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
    let embed = args.embed.span();
    let embed = embed.or_else(|| args.prefix.as_ref().map(SpannedValue::span));
    if let Some(span) = embed {
        errors.at(
            span,
            "an embedded struct has columns, and no other embedded struct\nhelp: write both structs in the model, each with `#[field(embed)]`",
        );
    }
}
