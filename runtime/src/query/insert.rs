//! New rows.

use std::fmt;
use std::marker::PhantomData;

use sea_query::{Alias, Expr as SqlExpr, Query as Sql};

use super::bulk::{Values, insertion};
use super::decode;
use super::error::{not_found, unsendable};
use super::fits::check_stored;
use super::fixed::fixed_statement;
use super::matching::all_columns;
use super::reference::has_unchecked;
use super::render::Renderer;
use super::stored::Stored;
use super::tolerance::{self, without_lacked};
use crate::exec::reach::WritesTo;
use crate::exec::{Answer, Effect, Flow, Gives, Statement};
use crate::model::Model;
use crate::place::Context;
use crate::value::{DecodeError, Param};

/// An insert of a new row. Made by `Customer::insert(NewCustomer::new(..))`.
#[must_use = "an insert does nothing until a scope is given to `returning` or `execute`"]
pub struct Insert<M> {
    /// The values of all columns, in order; none where the database fills the column in.
    values: Result<Vec<Option<Param>>, DecodeError>,
    marker: PhantomData<fn() -> M>,
}

impl<M: Model> Insert<M> {
    pub(crate) fn new(values: Result<Vec<Option<Param>>, DecodeError>) -> Self {
        Self {
            values,
            marker: PhantomData,
        }
    }

    /// The values, for an operation with them.
    pub(super) fn checked(self, operation: &'static str) -> crate::error::Result<Values> {
        checked::<M>(self.values, operation)
    }

    /// Inserts the row, and gives it as it is stored.
    ///
    /// # Errors
    ///
    /// [`Unique`](crate::ErrorKind::Unique), [`ForeignKey`](crate::ErrorKind::ForeignKey),
    /// [`Check`](crate::ErrorKind::Check), [`NotNull`](crate::ErrorKind::NotNull) or
    /// [`Value`](crate::ErrorKind::Value), when the row breaks a rule of its table; [`Invalid`](crate::ErrorKind::Invalid), when
    /// the model's own checks refuse values; when the server refuses the
    /// statement otherwise.
    pub fn returning<S: WritesTo<M>>(self, scope: &mut S) -> S::Outcome<'_, Stored<M>> {
        let outcome = |answer: Answer, context: &Context| {
            let rows = answer.rows();
            rows.first()
                .map(|row| decode::read(row, context))
                .transpose()?
                .ok_or_else(|| {
                    // A trigger or rule can make an insert insert nothing.
                    not_found(M::DEF)
                })
        };
        let flow = inserted::<M, _>(self.values, scope.context(), Gives::Rows, outcome);
        scope.drive(flow)
    }

    /// Inserts the row.
    ///
    /// # Errors
    ///
    /// As [`returning`](Self::returning).
    pub fn execute<S: WritesTo<M>>(self, scope: &mut S) -> S::Outcome<'_, ()> {
        let context = scope.context();
        let flow = inserted::<M, _>(self.values, context, Gives::Count, |_, _| Ok(()));
        scope.drive(flow)
    }
}

fn inserted<'f, M: Model, T>(
    values: Result<Vec<Option<Param>>, DecodeError>,
    context: &Context,
    gives: Gives,
    outcome: impl FnOnce(Answer, &Context) -> crate::error::Result<T> + Send + 'f,
) -> Flow<'f, T> {
    let values = match checked::<M>(values, "insert") {
        Ok(values) => values,
        Err(error) => return Flow::Done(Err(error)),
    };
    let make = move |context: &Context| {
        let values = without_lacked(M::DEF, values, context)
            .map_err(|error| error.in_model(M::DEF, "insert"))?;
        Ok(of_values::<M>(values, context, gives))
    };
    tolerance::run(M::DEF, context.clone(), make, outcome)
}

/// Values of a new row that can be sent and stored, in the order of the columns.
pub(crate) type NewRowValues = Values;

/// Returns the values of a new row.
///
/// # Errors
///
/// When they can't be sent, or stored as they are.
pub(crate) fn new_row_values<M: Model>(
    values: Result<Values, DecodeError>,
) -> crate::error::Result<NewRowValues> {
    checked::<M>(values, "insert")
}

/// Returns the statement that inserts values and gives no row.
pub(crate) fn inserting<M: Model>(values: NewRowValues, context: &Context) -> Statement {
    of_values::<M>(values, context, Gives::Count)
}

fn of_values<M: Model>(values: Values, context: &Context, gives: Gives) -> Statement {
    let model = M::DEF;
    let usual = !has_unchecked(model)
        && values
            .iter()
            .enumerate()
            .all(|(i, value)| value.is_some() == model.given.contains(&i));
    if usual {
        // A list that leaves out some knows no length beforehand.
        let mut params = Vec::with_capacity(model.given.len());
        for value in values {
            params.extend(value);
        }
        return fixed_statement::<M>(
            match gives {
                Gives::Rows => model.statements.insert,
                _ => model.statements.insert.without_returning(),
            },
            context,
            params,
            (gives, Effect::Writes),
            "insert",
        );
    }
    if has_unchecked(model) {
        return insertion(model, context, &[values], gives, None);
    }
    let (sql, params) = with_columns::<M>(values, context, gives);
    Statement {
        sql,
        params,
        gives,
        effect: Effect::Writes,
        model: Some(model),
        operation: "insert",
    }
}

/// Refuses values that can't be stored as they are.
fn checked<M: Model>(
    values: Result<Values, DecodeError>,
    operation: &'static str,
) -> crate::error::Result<Values> {
    let model = M::DEF;
    let values = values.map_err(|error| unsendable(error).in_model(model, operation))?;
    for (def, value) in model.columns.iter().zip(&values) {
        if let Some(value) = value {
            check_stored(def, value).map_err(|error| error.in_model(model, operation))?;
        }
    }
    Ok(values)
}

/// An insert that gives columns which the database fills in otherwise.
fn with_columns<M: Model>(
    values: Vec<Option<Param>>,
    context: &Context,
    gives: Gives,
) -> (String, Vec<Param>) {
    let mut renderer = Renderer::new(context);
    let mut insert = Sql::insert();
    insert.into_table(renderer.table(M::DEF));
    let filled = M::DEF
        .columns
        .iter()
        .zip(values)
        .filter_map(|(def, value)| Some((def, value?)));
    let (columns, values): (Vec<_>, Vec<SqlExpr>) = filled
        .map(|(def, value)| (Alias::new(def.name), renderer.bind_param(value)))
        .unzip();
    insert.columns(columns).values_panic(values);
    if gives == Gives::Rows {
        insert.returning(all_columns(M::DEF, context));
    }
    renderer.finish(&insert)
}

impl<M: Model> fmt::Debug for Insert<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Insert")
            .field("model", &M::NAME)
            .finish_non_exhaustive()
    }
}
