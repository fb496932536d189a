//! Rules about foreign keys of several columns.

use syn::ext::IdentExt;

use crate::errors::{Errors, unknown};
use crate::parse::field::FieldSpec;
use crate::parse::foreign_key::ForeignKeySpec;
use crate::parse::model::ModelSpec;
use crate::parse::types;

pub(super) fn check(spec: &ModelSpec, errors: &mut Errors) {
    let known: Vec<String> = spec.fields.iter().map(FieldSpec::name).collect();
    for key in &spec.foreign_keys {
        let mut seen = Vec::new();
        for ident in &key.fields {
            let name = ident.unraw().to_string();
            if !known.contains(&name) {
                errors.at(ident.span(), unknown("field", &name, &known));
            }
            if seen.contains(&name) {
                let message = format!("field `{name}` is named twice\nhelp: remove one of the two");
                errors.at(ident.span(), message);
            }
            seen.push(name);
        }
        check_count(key, errors);
        check_nulls(spec, key, errors);
    }
}

/// Of one column it is the field's type that says what it references.
fn check_count(key: &ForeignKeySpec, errors: &mut Errors) {
    let model = key.references.segments.last();
    let model = model.map_or_else(|| "Model".to_owned(), |it| it.ident.to_string());
    match &key.fields[..] {
        [] => errors.at(
            key.span,
            "`foreign_key` names no field\nhelp: write the fields that are the other model's key, in its order: `foreign_key(project, assignee, references = Membership)`",
        ),
        [alone] => errors.at(
            alone.span(),
            format!("a reference of one column is the type of its field\nhelp: give `{alone}` the type `Fk<{model}>`, and remove `foreign_key`"),
        ),
        _ => {}
    }
}

/// Columns that are to become null can be null.
fn check_nulls(spec: &ModelSpec, key: &ForeignKeySpec, errors: &mut Errors) {
    let Some(action) = key.on_delete.as_ref().filter(|it| it.variant == "SetNull") else {
        return;
    };
    let named = |ident: &&proc_macro2::Ident| {
        let mut fields = spec.fields.iter();
        fields.any(|it| it.ident.unraw() == ident.unraw() && types::inside_option(&it.ty).is_none())
    };
    if let Some(field) = key.fields.iter().find(named) {
        let message = format!(
            "`set_null` has all columns become null, and field `{field}` can't be\nhelp: make it an `Option`, or choose another action"
        );
        errors.at(action.span(), message);
    }
}
