//! A statement that calls a function of the application for batches of rows: `CALL "{rust}".fill_slugs("{tenant}".notes)`.
//!
//! The server knows no such procedure, so it refuses what nobody has called the function for.

use tenantry_sql::{Kind, Statement, Token};

use super::{BatchFault, BatchedRows, fault};
use crate::bookkeeping::asked_index::{BEGIN, END};
use crate::name::{BOOKKEEPING_SCHEMA, FUNCTION_NEEDED, quote_literal};

/// The place that the functions of the application are in.
pub(super) const RUST: &str = "\"{rust}\"";

const FORM: &str = "help: write it as a statement of its own, behind the comment that says of which rows the batches are: \
     `CALL \"{rust}\".fill_slugs(\"{tenant}\".notes);`";

/// A function that a statement calls, and the table that it is called for.
#[derive(Debug)]
pub(super) struct FunctionCall<'t> {
    pub(super) function: String,
    pub(super) table: &'t Token<'t>,
}

/// Whether a statement calls a function of the application, rightly or not.
pub(super) fn is_call(statement: &Statement<'_>) -> bool {
    statement.tokens.iter().any(is_rust)
}

fn is_rust(token: &Token<'_>) -> bool {
    token.kind == Kind::Quoted && token.text == RUST
}

/// Reads the statement, if it is a call.
pub(super) fn call<'t>(
    statement: &'t Statement<'t>,
) -> Result<Option<FunctionCall<'t>>, BatchFault> {
    let Some(place) = statement.tokens.iter().find(|token| is_rust(token)) else {
        return Ok(None);
    };
    let [
        call,
        place_of_rust,
        dot,
        function,
        open,
        slot,
        second,
        table,
        close,
        behind @ ..,
    ] = &statement.tokens[..]
    else {
        return fault(
            place.start,
            format!("this is no call of a function\n{FORM}"),
        );
    };
    let is_slot = matches!(slot.text, "\"{tenant}\"" | "\"{shared}\"");
    let is_well_formed = call.is("call")
        && is_rust(place_of_rust)
        && [dot, second].into_iter().all(|it| it.is_sign("."))
        && open.is_sign("(")
        && close.is_sign(")")
        && is_slot
        && behind.iter().all(|it| it.is_sign(";"));
    match function.name() {
        Some(function) if is_well_formed => Ok(Some(FunctionCall {
            function: function.into_owned(),
            table,
        })),
        _ => fault(
            place.start,
            format!("this is no call of a function\n{FORM}"),
        ),
    }
}

/// Returns what stands for the call where nobody can call the function: a block that refuses a table with rows.
pub(super) fn without_function(statement: &str, function: &str) -> String {
    let table = statement
        .split_once('(')
        .and_then(|(_, rest)| rest.rsplit_once(')'));
    let table = table.map_or("", |(table, _)| table);
    let told = quote_literal(&format!(
        "the function `{function}` has to be called for rows, which only a migrator does"
    ));
    format!(
        "{BEGIN} BEGIN IF EXISTS (SELECT FROM {table}) THEN RAISE EXCEPTION USING ERRCODE = '{FUNCTION_NEEDED}', \
         SCHEMA = '{BOOKKEEPING_SCHEMA}', MESSAGE = {told}; END IF; END {END}/* CALL {RUST}.{} */",
        function.replace("*/", "")
    )
}

impl BatchedRows {
    /// The function that is called for the rows, if no SQL is done to them.
    pub(crate) fn function(&self) -> Option<&str> {
        self.function.as_deref()
    }
}
