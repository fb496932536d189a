//! Errors of several statements.

use std::fmt;

use super::bulk::twice::{CHANGED_TWICE, MET_TWICE};
use crate::error::{Error, ErrorKind, Invalid, Result};
use crate::model::{ColumnDef, Model, ModelDef};
use crate::place::Context;
use crate::value::DecodeError;

/// Returns the error for a row that there is not.
pub(super) fn not_found(model: &'static ModelDef) -> Error {
    let message =
        "no row matches\nhelp: where there may be none, ask with `first`, or `optional` by the key";
    Error::new(ErrorKind::NotFound, message).in_model(model, "select")
}

/// Returns the error for rows of which there is to be one.
pub(super) fn several(model: &'static ModelDef, operation: &'static str) -> Error {
    let message = "one row was asked for, and several match\nhelp: narrow the condition, or ask with `first` or `all`";
    Error::new(ErrorKind::SeveralRows, message).in_model(model, operation)
}

/// Returns the error for a value that PostgreSQL does not have.
pub(super) fn encode_error(why: &(impl fmt::Display + ?Sized)) -> Error {
    Error::new(
        ErrorKind::Encode,
        format!("PostgreSQL has no such value: {why}"),
    )
    .help("give a value within the range of its type")
}

/// Returns the error for the values of a row that can't be sent.
pub(super) fn unsendable(error: DecodeError) -> Error {
    match error.downcast::<Invalid>() {
        Ok(invalid) => self::invalid(*invalid),
        Err(error) => encode_error(&error),
    }
}

/// Returns the error for values that the application's own checks refuse.
pub(super) fn invalid(invalid: Invalid) -> Error {
    let message = format!(
        "checks of the model refuse the values of {invalid}\n\
         help: give values that they take; `Error::violations` has the words of each"
    );
    Error::new(ErrorKind::Invalid, message).because(invalid)
}

/// Returns the error for a row that is no longer what was loaded.
pub(super) fn stale<M: Model>(operation: &'static str) -> Error {
    Error::new(
        ErrorKind::Stale,
        "the row was changed or deleted since it was loaded\nhelp: load it again, and make the change to that",
    )
    .in_model(M::DEF, operation)
}

/// Returns the error for a row that was given another key.
pub(super) fn key_changed(model: &'static ModelDef, column: &ColumnDef) -> Error {
    let field = column.field;
    let message = format!(
        "the key field `{field}` has another value than the stored row\n\
         help: assign the other fields and not a whole row, whose key is its own; to give the row another key write \
         `update_where(..).set(..)`"
    );
    Error::new(ErrorKind::Configuration, message).in_model(model, "save")
}

/// Returns the error for a column that is given a value and has a computed one.
pub(super) fn computed(def: &ColumnDef) -> Error {
    let message = format!(
        "field `{}` is given a value, and the database computes it\n\
         help: leave it as it was read, and change the fields that it is computed of",
        def.field
    );
    Error::new(ErrorKind::Configuration, message)
}

/// Refuses a row outside of the place that it came from.
pub(super) fn check_origin(
    model: &'static ModelDef,
    origin: &Context,
    context: &Context,
    operation: &'static str,
) -> Result<()> {
    if origin.same_rows(context, model.placement) {
        return Ok(());
    }
    let (from, to) = origin.describe_both(context, model.placement);
    let message = format!(
        "the row was loaded from {from}, and is used in {to}\nhelp: use it in a scope of the place it came from"
    );
    Err(Error::new(ErrorKind::ForeignRow, message).in_model(model, operation))
}

/// Says of an upsert that it met a row twice, or that its rows can't tell whether they are new, if that is why it failed.
pub(super) fn upsert_failed(error: Error) -> Error {
    let Some(server) = error.server_error() else {
        return error;
    };
    // A query in the statement that gives several values where one belongs has the same code.
    let is_twice =
        server.routine() == Some("ExecOnConflictUpdate") || server.message().contains(MET_TWICE);
    // No other column of the system's is asked for.
    let is_silent = server
        .routine()
        .is_some_and(|it| it.ends_with("_getsysattr"));
    let (kind, message) = if is_twice {
        (ErrorKind::Unique, CHANGED_TWICE)
    } else if is_silent {
        (
            ErrorKind::Configuration,
            "a row of a partitioned table can't tell whether it is new\n\
             help: ask with `returning` or `execute`, which don't need to know",
        )
    } else {
        return error;
    };
    error.retold(kind, message.to_owned())
}
