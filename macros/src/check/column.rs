//! Rules of `#[derive(Column)]`.

use darling::util::SpannedValue;

use crate::errors::Errors;
use crate::parse::column::{ColumnSpec, Shape, VariantSpec};

/// The longest name, in bytes.
const LONGEST: usize = 63;

/// Checks all rules of a column's type.
pub(crate) fn column(spec: &ColumnSpec, errors: &mut Errors) {
    if let Shape::Enum {
        variants,
        type_name,
    } = &spec.shape
    {
        check_labels(variants, errors);
        if let Some(name) = type_name {
            check_type_name(name, errors);
            check_short_labels(variants, errors);
        }
    }
}

/// The name of a type is one that PostgreSQL keeps as it is, and no other's.
fn check_type_name(name: &SpannedValue<String>, errors: &mut Errors) {
    let text = name.as_str();
    let why = if text.is_empty() {
        "the name of the type is empty"
    } else if text.len() > LONGEST {
        "the name of the type has more than 63 bytes, which PostgreSQL cuts off"
    } else if text.starts_with('_') || text.starts_with("pg_") {
        "PostgreSQL gives names with such a beginning to types of its own"
    } else if text
        .chars()
        .any(|c| c.is_control() || matches!(c, '"' | '{' | '}'))
    {
        "the name of the type has a quote, a brace or a control character"
    } else if text.contains('.') {
        "the type is in the schema of each model that has it, and its name has no dot"
    } else {
        return;
    };
    errors.value(
        name,
        format!("{why}\nhelp: write another name, as `enum_type = \"mood\"`"),
    );
}

/// A label of a type has as many bytes as a name.
fn check_short_labels(variants: &[VariantSpec], errors: &mut Errors) {
    for variant in variants {
        if variant.label.len() > LONGEST {
            errors.value(
                &variant.label,
                format!(
                    "the label of variant `{}` has more than 63 bytes, which no label of an enum type has\nhelp: write a shorter one, or remove `enum_type`, and the enum is a text",
                    variant.ident
                ),
            );
        }
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
