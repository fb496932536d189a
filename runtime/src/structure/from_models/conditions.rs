//! Conditions on a column that follow from the type of its field.

use crate::model::ColumnDef;
use crate::name::{quote_identifier, quote_literal};
use crate::value::SqlType;

/// The condition that a column has one of an enum's labels.
pub(super) fn one_of(column: &str, labels: &[&str]) -> String {
    let labels: Vec<String> = labels
        .iter()
        .map(|label| quote_literal(label).trim_start().to_owned())
        .collect();
    format!("{} IN ({})", quote_identifier(column), labels.join(", "))
}

/// The condition that a whole number, or each item of an array of them, is in the range of the field's type.
pub(super) fn range(def: &ColumnDef) -> Option<String> {
    // The column that is referenced has the check already, and a foreign key lets no other value in.
    let is_kept = def.references.is_some() && def.constraint;
    let (lowest, highest) = def.range.filter(|_| !is_kept)?;
    let column = quote_identifier(def.name);
    Some(match def.sql {
        SqlType::Array(_) => format!("{lowest} <= ALL ({column}) AND {highest} >= ALL ({column})"),
        _ => format!("{column} >= {lowest} AND {column} <= {highest}"),
    })
}
