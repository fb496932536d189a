//! Columns that get another type or are made anew, and what names them.

use tenantry_sql::mentions;

use crate::structure::{Column, Table};

/// Whether an index or a check is to be made anew since it names a column that is, or that gets another type.
///
/// An expression means what it meant when it was read: a check about a text is not the same check about a number.
/// PostgreSQL may be unable to carry it over, or write it in another way than it would write it in a new table. It
/// makes these anew at any change of the type; so nothing is lost by doing it here.
pub(super) fn names_changed<'a>(
    tables: (&Table, &Table),
    columns: &[String],
    expressions: impl IntoIterator<Item = &'a str>,
) -> bool {
    let is_changed =
        |from: &Column, to: &Column| from.sql_type != to.sql_type || is_remade(tables, from, to);
    let changed = chosen(tables, is_changed);
    let mut expressions = expressions.into_iter();
    names_remade(tables, columns)
        || expressions.any(|sql| changed.iter().any(|column| mentions(sql, &column.name)))
}

/// Whether a column is dropped and added again, and all goes with it that names it.
pub(super) fn names_remade(tables: (&Table, &Table), columns: &[String]) -> bool {
    let remade = chosen(tables, |from, to| is_remade(tables, from, to));
    remade.iter().any(|column| columns.contains(&column.name))
}

/// Whether a computed column is dropped and added again, in this direction or when it is taken back.
///
/// PostgreSQL refuses to change the type of a column that another is computed of.
pub(super) fn is_remade(tables: (&Table, &Table), from: &Column, to: &Column) -> bool {
    let (before, expression) = match (&from.generated, &to.generated) {
        (None, None) => return false,
        (Some(before), Some(after)) => (before, after),
        _ => return true,
    };
    let retyped = chosen(tables, |from, to| from.sql_type != to.sql_type);
    before != expression
        || from.sql_type != to.sql_type
        || retyped
            .iter()
            .any(|column| mentions(expression, &column.name))
}

/// The columns of the second table that were in the first one and of which both forms are as asked.
fn chosen<'a>(
    (before, after): (&Table, &'a Table),
    is_meant: impl Fn(&Column, &Column) -> bool,
) -> Vec<&'a Column> {
    let is_meant = |column: &&Column| {
        let before = before.column(&column.name);
        before.is_some_and(|before| is_meant(before, column))
    };
    after.columns.iter().filter(is_meant).collect()
}
