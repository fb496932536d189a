//! References that are no constraint of the database: the statement that writes one looks for the row.
//!
//! `FOR KEY SHARE` is the lock that a constraint takes: others may change the row, and who deletes it waits until the reference
//! is committed, and then finds it.

use sea_query::Expr as SqlExpr;

use super::slots::filled;
use crate::model::{ColumnDef, ModelDef, unmatched};
use crate::name::quote_identifier;
use crate::place::Context;
use crate::value::Reference;

/// The reference of a column that no constraint checks.
pub(super) fn unchecked(def: &ColumnDef) -> Option<&Reference> {
    def.references.as_ref().filter(|_| !def.constraint)
}

/// Whether a model has such references.
pub(super) fn has_unchecked(model: &ModelDef) -> bool {
    model.columns.iter().any(|def| unchecked(def).is_some())
}

/// Returns an expression that has the value of another, of a parameter or a column, and is refused by the server if that references
/// no row. Of a column that a constraint checks, or that is no reference, it is the other itself.
pub(super) fn checked(model: &ModelDef, def: &ColumnDef, context: &Context, value: &str) -> String {
    let Some(reference) = unchecked(def) else {
        return value.to_owned();
    };
    let place = model
        .columns
        .iter()
        .position(|other| other.name == def.name);
    format!(
        "CASE WHEN {value} IS NULL OR EXISTS (SELECT 1 FROM {}.{} AS \"K\" WHERE \"K\".{} = {value} FOR KEY SHARE) \
         THEN {value} WHEN {} IS NULL THEN {value} END",
        context.schema(reference.placement).quoted(),
        quote_identifier(reference.table),
        quote_identifier(reference.column),
        unmatched::refuse(place.unwrap_or_default()),
    )
}

/// The same of any expression, which is computed once.
pub(super) fn checked_expr(
    model: &ModelDef,
    def: &ColumnDef,
    context: &Context,
    value: SqlExpr,
) -> SqlExpr {
    if unchecked(def).is_none() {
        return value;
    }
    let checked = checked(model, def, context, "\"V\".\"v\"");
    let sql = format!("(SELECT {checked} FROM (SELECT $1 AS \"v\") AS \"V\")");
    SqlExpr::cust_with_exprs(sql, [value])
}

/// The default of a column as an expression of the column's type; null without one.
pub(super) fn default_of(def: &ColumnDef, context: &Context) -> String {
    let default = def.default_sql().map(|sql| filled(sql, context));
    let default = default.unwrap_or_else(|| "NULL".to_owned());
    format!("CAST({default} AS {})", def.sql)
}
