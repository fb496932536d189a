//! Rules of overlays.

use crate::errors::Errors;
use crate::parse::field::FieldSpec;
use crate::parse::model::ModelSpec;

pub(super) fn check(spec: &ModelSpec, errors: &mut Errors) {
    let marks = spec.fields.iter();
    let marks: Vec<_> = marks.filter(|field| field.args.own.is_present()).collect();
    if spec.overlay.is_none() {
        for span in marks.iter().filter_map(|mark| mark.args.own.span()) {
            errors.at(
                span,
                "`own` tells of an overlay's rows whether they are the tenant's own, and these are all of one table\nhelp: remove `own`",
            );
        }
        return;
    }
    check_key(spec, errors);
    check_mark(&marks, errors);
}

/// Rows of the two models are the same by something.
fn check_key(spec: &ModelSpec, errors: &mut Errors) {
    if spec.key().is_empty() {
        errors.at(
            spec.ident.span(),
            format!(
                "overlay `{}` has no key, by which a row of the tenant stands for a shared one\nhelp: write `#[field(key)]` above the field that both models have and that is unique in both, as `sku`",
                spec.ident
            ),
        );
    }
}

/// At most one field tells whose a row is, and it is none of the models'.
fn check_mark(marks: &[&FieldSpec], errors: &mut Errors) {
    for (place, mark) in marks.iter().enumerate() {
        let Some(span) = mark.args.own.span() else {
            continue;
        };
        if mark.args.key.is_present() {
            errors.at(
                span,
                "whether a row is the tenant's own is not what it is found by\nhelp: remove `own`, or take `key` off the field",
            );
        } else if place > 0 {
            errors.at(
                span,
                "one field tells whether a row is the tenant's own, and this is another\nhelp: remove `own`, or the field",
            );
        }
    }
}
