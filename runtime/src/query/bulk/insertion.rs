//! The text of an insert of given rows.
//!
//! Rows that give the same columns are an array for each column: the text is the same however many rows there are, and the
//! server plans it as it plans one row. An array can't say that a value is left to the database, and one of arrays would be
//! taken apart to its last element: such rows have a parameter for each value.

use std::fmt::Write;

use super::text::of_column;
use crate::exec::{Effect, Gives, Statement};
use crate::model::{ColumnDef, ModelDef};
use crate::name::quote_identifier;
use crate::place::Context;
use crate::query::conflict::{Clause, met_as};
use crate::query::given_back::push_given_back;
use crate::query::reference::{checked, checked_default, unchecked};
use crate::value::{Param, SqlType};

/// The values of a row's columns, in order; none where the database fills the column in.
pub(in crate::query) type Values = Vec<Option<Param>>;

/// Tells whether rows that give the columns that this one gives can be sent as arrays.
pub(super) fn fits_arrays(model: &ModelDef, row: &Values) -> bool {
    let mut given = model.columns.iter().zip(row).filter(|(_, it)| it.is_some());
    row.iter().any(Option::is_some) && given.all(|(def, _)| !matches!(def.sql, SqlType::Array(_)))
}

/// Returns the statement that inserts rows, and gives them in their order, or their number.
///
/// With a clause about conflicts, each row that it gives has behind its columns whether it is new; true if the clause does not tell.
pub(in crate::query) fn insertion(
    model: &'static ModelDef,
    context: &Context,
    rows: &[Values],
    gives: Gives,
    conflict: Option<&Clause>,
) -> Statement {
    let mut text = Text {
        sql: format!(
            "INSERT INTO {}.{}",
            model.table_in(context).schema.quoted(),
            quote_identifier(model.table)
        ),
        params: conflict.map_or_else(Vec::new, |clause| clause.params.clone()),
    };
    if conflict.is_some() && met_as(model) != model.table {
        text.push(" AS ");
        text.push(&quote_identifier(met_as(model)));
    }
    let is_given = |index: &usize| rows.iter().any(|row| row[*index].is_some());
    let mut columns: Vec<usize> = (0..model.columns.len()).filter(is_given).collect();
    // The default of a reference that no constraint checks.
    let left = (0..model.columns.len()).filter(|index| !is_given(index));
    let left = left.filter(|&index| default_of(model, index, context, None).is_some());
    let left: Vec<usize> = left.collect();
    if columns.is_empty() && left.is_empty() {
        columns.push(model.key[0]);
    }
    text.names(" (", &[&columns[..], &left].concat(), model);
    text.push(")");
    let alike = rows
        .iter()
        .all(|row| columns.iter().all(|&i| row[i].is_some()));
    if alike && rows.len() > 1 && fits_arrays(model, &rows[0]) {
        text.arrays(
            (model, context),
            (&columns, &left),
            rows,
            gives == Gives::Rows,
        );
    } else {
        text.singly((model, context), &[&columns[..], &left].concat(), rows);
    }
    if let Some(clause) = conflict {
        text.push(&clause.sql);
    }
    if gives == Gives::Rows {
        for (place, def) in model.columns.iter().enumerate() {
            text.push(if place == 0 { " RETURNING " } else { ", " });
            push_given_back(&mut text.sql, "", def, context.version());
        }
        match conflict {
            // A row that was locked to be changed has the transaction that did.
            Some(clause) if clause.tells_new => text.push(", xmax = 0"),
            Some(_) => text.push(", true"),
            None => {}
        }
    }
    let guards = conflict.is_some_and(|clause| clause.guards);
    if gives == Gives::Count && guards {
        // By its key one of the rows is found that the statement has written.
        text.names(" RETURNING ", model.key, model);
    }
    Statement {
        sql: text.sql,
        params: text.params,
        gives: if guards { Gives::Rows } else { gives },
        effect: Effect::Writes,
        model: Some(model),
        operation: if conflict.is_some() {
            "upsert"
        } else {
            "insert"
        },
    }
}

/// The default of a reference that no constraint checks, as an expression that is refused if its row is not there. A column of
/// the rows is told where there are several.
fn default_of(
    model: &ModelDef,
    index: usize,
    context: &Context,
    row: Option<&str>,
) -> Option<String> {
    checked_default(model, &model.columns[index], context, row)
}

struct Text {
    sql: String,
    params: Vec<Param>,
}

impl Text {
    fn push(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    fn param(&mut self, param: Param) {
        self.params.push(param);
        write!(self.sql, "${}", self.params.len()).expect("a text takes all that is written");
    }

    /// A parameter that is the value of a column.
    fn value(&mut self, (model, context): (&ModelDef, &Context), index: usize, param: Param) {
        let def = &model.columns[index];
        if unchecked(def).is_none() {
            return self.param(param);
        }
        self.params.push(param);
        let value = format!("${}", self.params.len());
        self.push(&checked(model, def, context, &value));
    }

    fn names(&mut self, before: &str, columns: &[usize], model: &ModelDef) {
        for (place, &index) in columns.iter().enumerate() {
            self.push(if place == 0 { before } else { ", " });
            self.push(&quote_identifier(model.columns[index].name));
        }
    }

    /// An array for each column. Rows come out of it in the order of their numbers if that is asked for.
    fn arrays(
        &mut self,
        (model, context): (&ModelDef, &Context),
        (columns, left): (&[usize], &[usize]),
        rows: &[Values],
        ordered: bool,
    ) {
        let letters: Vec<String> = (0..columns.len())
            .map(|place| format!("c{place}"))
            .collect();
        let values = columns.iter().zip(&letters).map(|(&i, letter)| {
            // Qualified, since the table that is referenced may have a column of that name, which would be nearer.
            let def = &model.columns[i];
            let value = of_column(model, def, context, format!("given.{letter}"));
            checked(model, def, context, &value)
        });
        let defaults = left
            .iter()
            .filter_map(|&i| default_of(model, i, context, Some("given.c0")));
        let values: Vec<String> = values.chain(defaults).collect();
        let letters = letters.join(", ");
        self.push(" SELECT ");
        self.push(&values.join(", "));
        for (place, &index) in columns.iter().enumerate() {
            self.push(if place == 0 { " FROM unnest(" } else { ", " });
            let values = rows.iter().filter_map(|row| row[index].as_ref());
            let ColumnDef { sql, .. } = &model.columns[index];
            self.param(Param::listed(sql, values));
        }
        self.push(if ordered { ") WITH ORDINALITY" } else { ")" });
        self.push(" AS given(");
        self.push(&letters);
        self.push(if ordered {
            ", place) ORDER BY place"
        } else {
            ")"
        });
    }

    /// A parameter for each value.
    fn singly(&mut self, at: (&ModelDef, &Context), columns: &[usize], rows: &[Values]) {
        for (number, row) in rows.iter().enumerate() {
            self.push(if number == 0 { " VALUES " } else { ", " });
            for (place, &index) in columns.iter().enumerate() {
                self.push(if place == 0 { "(" } else { ", " });
                match &row[index] {
                    Some(value) => self.value(at, index, value.clone()),
                    None => match default_of(at.0, index, at.1, None) {
                        Some(default) => self.push(&default),
                        None => self.push("DEFAULT"),
                    },
                }
            }
            self.push(")");
        }
    }
}
