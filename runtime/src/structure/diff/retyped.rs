//! Columns that get another type, and what names them.

use tenantry_sql::mentions;

use crate::structure::{Column, Table};

/// Whether an expression names a column that gets another type.
///
/// An expression means what it meant when it was read: a check about a text is not the same check about a number.
/// PostgreSQL may be unable to carry it over, or write it in another way than it would write it in a new table. It
/// makes these anew at any change of the type; so nothing is lost by doing it here.
pub(super) fn names_retyped<'a>(
    (from, to): (&Table, &Table),
    expressions: impl IntoIterator<Item = &'a str>,
) -> bool {
    let is_retyped = |column: &&Column| {
        let before = from.column(&column.name);
        before.is_some_and(|before| before.sql_type != column.sql_type)
    };
    let retyped: Vec<&Column> = to.columns.iter().filter(is_retyped).collect();
    let mut expressions = expressions.into_iter();
    expressions.any(|sql| retyped.iter().any(|column| mentions(sql, &column.name)))
}
