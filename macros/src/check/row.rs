//! Rules of `#[derive(Row)]`.

use syn::ext::IdentExt;

use crate::errors::Errors;
use crate::parse::row::{RowField, RowSpec};

/// Checks all rules of a struct that is read from a row.
pub(crate) fn row(spec: &RowSpec, errors: &mut Errors) {
    for (position, field) in spec.fields.iter().enumerate() {
        check_name(field, errors);
        check_other(field, &spec.fields[..position], errors);
    }
}

/// A name that is given is one that a column can have.
fn check_name(field: &RowField, errors: &mut Errors) {
    let Some(column) = &field.column else {
        return;
    };
    if column.is_empty() || column.contains('\0') {
        errors.value(
            column,
            "no column has this name\nhelp: write the name that the statement gives it, as in `column = \"total\"`",
        );
    }
}

/// No two fields are read from one column.
fn check_other(field: &RowField, before: &[RowField], errors: &mut Errors) {
    let Some((name, span)) = read_from(field) else {
        return;
    };
    let earlier = before
        .iter()
        .find(|earlier| read_from(earlier).is_some_and(|(other, _)| other == name));
    if let Some(earlier) = earlier {
        errors.at(
            span,
            format!(
                "fields `{}` and `{}` are both read from the column `{name}`\nhelp: give one of them another with `#[row(column = \"...\")]`",
                earlier.ident, field.ident
            ),
        );
    }
}

/// The column of a field, as far as its tokens tell, and where it is named.
fn read_from(field: &RowField) -> Option<(String, proc_macro2::Span)> {
    match (&field.column, &field.prefix) {
        (Some(column), None) => Some(((**column).clone(), column.span())),
        (None, None) => Some((field.ident.unraw().to_string(), field.ident.span())),
        _ => None,
    }
}
