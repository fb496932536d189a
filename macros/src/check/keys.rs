//! Rules about the fields that are the key.

use crate::errors::Errors;
use crate::parse::model::ModelSpec;

/// How many fields a key can have.
pub(crate) const MOST: usize = 8;

pub(super) fn check(spec: &ModelSpec, errors: &mut Errors) {
    check_there_is_one(spec, errors);
    check_parts(spec, errors);
}

fn check_there_is_one(spec: &ModelSpec, errors: &mut Errors) {
    let is_keyed = spec.fields.iter().any(|field| field.args.key.is_present());
    if spec.is_table() && !is_keyed {
        errors.at(
            spec.ident.span(),
            format!(
                "model `{}` has no key\nhelp: write `#[field(key)]` above the field that is its primary key",
                spec.ident
            ),
        );
    }
}

/// Several fields are the key together: each is given, and none of them is unique alone.
fn check_parts(spec: &ModelSpec, errors: &mut Errors) {
    let parts = spec.fields.iter().filter(|field| field.is_part);
    for (place, part) in parts.enumerate() {
        let args = &part.args;
        if place == MOST
            && let Some(span) = args.key.span()
        {
            errors.at(
                span,
                format!(
                    "a key has {MOST} fields at most\nhelp: keep one key that the database fills in, and write `unique(...)` above the struct for what occurs once"
                ),
            );
        }
        if let (1, Some(_), Some(span)) = (place, spec.tenant.span(), args.key.span()) {
            errors.at(
                span,
                "a row that is a tenant has the tenant's key, and this is another\nhelp: keep `key` on the field of type `TenantKey`, and write `unique(first, second)` above the struct for a pair that occurs once",
            );
        }
        if let Some(span) = args.given.span() {
            errors.at(
                span,
                "the fields of a key of several are given unless they have a default\nhelp: remove `given`",
            );
        }
        if let Some(span) = args.unique.span() {
            errors.at(
                span,
                "a field that no two rows share tells them apart without the rest of the key\nhelp: remove `unique`, or take `key` off the other fields",
            );
        }
        if let (0, Some(span)) = (place, args.index.span()) {
            errors.at(
                span,
                "the key's own index begins with its first field\nhelp: remove `index`",
            );
        }
    }
}
