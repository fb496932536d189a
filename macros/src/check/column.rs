//! Rules of `#[derive(Column)]`.

use crate::errors::Errors;
use crate::parse::column::{ColumnSpec, Shape, VariantSpec};

/// Checks all rules of a column's type.
pub(crate) fn column(spec: &ColumnSpec, errors: &mut Errors) {
    if let Shape::Enum { variants } = &spec.shape {
        check_labels(variants, errors);
    }
}

/// No two variants are stored as the same text, and none as the empty one or as what no text can be.
fn check_labels(variants: &[VariantSpec], errors: &mut Errors) {
    for (position, variant) in variants.iter().enumerate() {
        let label = &**variant.label;
        if label.is_empty() {
            errors.value(
                &variant.label,
                format!(
                    "variant `{}` is stored as the empty text\nhelp: write the text to store",
                    variant.ident
                ),
            );
        }
        if label.contains('\0') {
            errors.value(
                &variant.label,
                format!(
                    "the label of variant `{}` has a NUL character, which PostgreSQL can't hold in a text\nhelp: remove it",
                    variant.ident
                ),
            );
        }
        let earlier = variants[..position]
            .iter()
            .find(|earlier| **earlier.label == *label);
        if let Some(earlier) = earlier {
            errors.value(
                &variant.label,
                format!(
                    "variants `{}` and `{}` are both stored as `{label}`\nhelp: give one of them another label with `#[column(rename = \"...\")]`",
                    earlier.ident, variant.ident
                ),
            );
        }
    }
}
