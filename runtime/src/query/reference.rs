//! References that are no constraint of the database: the statement that writes one looks for the row.
//!
//! `FOR KEY SHARE` is the lock that a constraint takes: others may change the row, and who deletes it waits until the reference
//! is committed, and then finds it.

use sea_query::Expr as SqlExpr;

use super::slots::{filled, filled_with};
use crate::model::{ColumnDef, ModelDef, unmatched};
use crate::name::{SchemaName, quote_identifier};
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
    let sql = once("$1", &checked(model, def, context, VALUE));
    SqlExpr::cust_with_exprs(sql, [value])
}

/// The default of a column as an expression that is refused if it references no row; none without a default.
///
/// The server computes it once for each row, if it is told a column of the rows that it is written to; otherwise once.
pub(super) fn checked_default(
    model: &ModelDef,
    def: &ColumnDef,
    context: &Context,
    row: Option<&str>,
) -> Option<String> {
    unchecked(def)?;
    let default = typed(def, &filled(def.default_sql()?, context));
    let default = row.map_or_else(|| default.clone(), |row| for_each(row, &default));
    Some(once(&default, &checked(model, def, context, VALUE)))
}

/// The default of a column in a tenant's schema, as an expression of the column's type; null without one.
pub(super) fn default_in(def: &ColumnDef, context: &Context, tenant: &SchemaName) -> String {
    let default = def.default_sql();
    let default = default.map(|sql| filled_with(sql, context.shared(), Some(tenant)));
    typed(def, &default.unwrap_or_else(|| "NULL".to_owned()))
}

fn typed(def: &ColumnDef, value: &str) -> String {
    format!("CAST({value} AS {})", def.sql)
}

/// The value that [`once`] computes, in what is made of it.
pub(super) const VALUE: &str = "\"V\".\"v\"";

/// Makes something of a value that may be another each time that it is computed.
pub(super) fn once(value: &str, made: &str) -> String {
    format!("(SELECT {made} FROM (SELECT {value} AS \"v\") AS \"V\")")
}

/// Has the server compute a value anew for each row, by a column of that: what depends on none is computed once in a statement.
pub(super) fn for_each(column: &str, value: &str) -> String {
    format!("CASE WHEN {column} IS NULL THEN {value} ELSE {value} END")
}
