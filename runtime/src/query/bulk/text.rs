//! Texts of statements with many rows.

use std::fmt::Write;

use crate::model::{ColumnDef, ModelDef};
use crate::place::Context;
use crate::value::{Param, SqlType};

/// A value of a table in the statement as one of a column's type, where it came as a text.
pub(super) fn of_column(
    model: &ModelDef,
    def: &ColumnDef,
    context: &Context,
    value: String,
) -> String {
    if def.sql.read_as().is_none() {
        return value;
    }
    let schema = model.table_in(context).schema.quoted();
    format!("{value}::{}", def.sql.in_schema(&schema))
}

/// A statement with its parameters, as it is written.
pub(super) struct Text {
    pub(super) sql: String,
    pub(super) params: Vec<Param>,
}

impl Text {
    pub(super) fn push(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    fn param(&mut self, param: Param) {
        self.params.push(param);
        write!(self.sql, "${}", self.params.len()).expect("a text takes all that is written");
    }

    /// An array for each column.
    pub(super) fn arrays(&mut self, types: &[SqlType], lines: &[Vec<Param>]) {
        for (place, sql) in types.iter().enumerate() {
            self.push(if place == 0 { " FROM unnest(" } else { ", " });
            let values = lines.iter().map(|line| &line[place]);
            self.param(Param::listed(sql, values));
        }
        self.push(")");
    }

    /// A parameter for each value.
    pub(super) fn singly(&mut self, lines: &[Vec<Param>]) {
        for (number, line) in lines.iter().enumerate() {
            self.push(if number == 0 {
                " FROM (VALUES ("
            } else {
                "), ("
            });
            for (place, value) in line.iter().enumerate() {
                self.push(if place == 0 { "" } else { ", " });
                self.param(value.clone());
            }
        }
        self.push("))");
    }
}
