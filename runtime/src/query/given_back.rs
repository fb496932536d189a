//! Columns as a statement gives them back.
//!
//! The driver asks the server for types that it does not know, over the connection on which the rows come. So what is of an enum of PostgreSQL's
//! own or of an extension's type is given back as the text that the type writes.

use sea_query::Expr as SqlExpr;

use super::node::Node;
use super::tolerance::{is_lacked, lacks_any, stand_in};
use crate::model::{ColumnDef, ModelDef};
use crate::name::push_identifier;
use crate::place::TenantVersion;
use crate::value::SqlType;

/// The text of an expression, and the texts of an array of such. A cast that somebody has asked for is written in another way.
const TEXT: &str = "($1)::text";
const TEXTS: &str = "($1)::text[]";

fn wrapping(sql: &SqlType) -> Option<&'static str> {
    sql.read_as()
        .map(|ty| if ty == "text" { TEXT } else { TEXTS })
}

/// A column of a statement that sea-query writes; what stands for it where the tenant lacks it.
pub(super) fn given_back(
    column: SqlExpr,
    def: &ColumnDef,
    version: Option<TenantVersion>,
) -> SqlExpr {
    if is_lacked(def, version) {
        return SqlExpr::cust(stand_in(def));
    }
    match wrapping(&def.sql) {
        Some(sql) => SqlExpr::cust_with_exprs(sql, [column]),
        None => column,
    }
}

/// Appends a column, with a table's name and a dot before it or nothing; what stands for it where the tenant lacks it.
pub(super) fn push_given_back(
    sql: &mut String,
    table: &str,
    def: &ColumnDef,
    version: Option<TenantVersion>,
) {
    if is_lacked(def, version) {
        sql.push_str(&stand_in(def));
        return;
    }
    sql.push_str(table);
    push_identifier(sql, def.name);
    if let Some(ty) = def.sql.read_as() {
        sql.push_str("::");
        sql.push_str(ty);
    }
}

impl Node {
    /// An expression of a type as a query gives it.
    pub(super) fn given_back(self, sql: &SqlType) -> Self {
        match wrapping(sql) {
            Some(sql) => Self::call(sql, vec![self]),
            None => self,
        }
    }

    /// The expression by whose own type rows are grouped and put in order.
    pub(super) fn of_own_type(&self) -> &Self {
        match self {
            Self::Call(sql, parts) if sql == TEXT || sql == TEXTS => &parts[0],
            node => node,
        }
    }
}

/// Has a statement of fixed shape give its columns so. The macros, which know no types, list the names of all of them.
pub(super) fn fix(sql: &mut String, model: &ModelDef, version: Option<TenantVersion>) {
    let is_plain = model.columns.iter().all(|def| def.sql.read_as().is_none());
    if is_plain && !lacks_any(model, version) {
        return;
    }
    let (mut listed, mut given) = (String::new(), String::new());
    for (place, def) in model.columns.iter().enumerate() {
        if place > 0 {
            listed.push_str(", ");
            given.push_str(", ");
        }
        push_identifier(&mut listed, def.name);
        push_given_back(&mut given, "", def, version);
    }
    let before = ["SELECT ", " RETURNING "];
    if let Some(at) = before.iter().find_map(|word| {
        let at = sql.rfind(word)? + word.len();
        sql[at..].starts_with(&listed).then_some(at)
    }) {
        sql.replace_range(at..at + listed.len(), &given);
    }
}
