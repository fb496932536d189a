//! Statements of a migration that are done in batches of rows, each batch a transaction of its own.
//!
//! A comment before the statement says of which rows, and `"{batch}"` stands for the condition that a row is in the batch:
//!
//! ```sql
//! -- tenantry: batch invoices by id, size 5000
//! UPDATE "{tenant}".invoices SET cents = total * 100 WHERE cents IS NULL AND "{batch}";
//! ```
//!
//! Where nobody waits for it, as in a small table or a new tenant, the batch is all rows.
//!
//! Instead of a statement to be done it can be one that [calls a function](call) of the application for them.

mod aim;
mod call;
mod directive;
mod guard;
mod key;

use std::ops::Range;

use tenantry_sql::{Kind, Statement, Token, statements, tokens};

use self::call::{RUST, call, is_call, without_function};
use self::directive::{Directive, directive};
pub(crate) use self::key::{KeyOperators, operators_of};
use crate::name::quote_identifier;

/// The place of the condition in a statement.
const MARK: &str = "\"{batch}\"";

/// The rows that a statement is done for, a number of them at a time, in the order of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BatchedRows {
    pub(crate) table: String,
    pub(crate) key: Vec<String>,
    /// How many rows are a batch.
    pub(crate) size: u32,
    /// The function of the application that is called for them.
    function: Option<String>,
}

/// A complaint: where, in bytes, and why with what to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BatchFault {
    pub(crate) start: usize,
    pub(crate) message: String,
}

/// A statement that is done in batches.
struct BatchStatement {
    range: Range<usize>,
    rows: BatchedRows,
}

/// Whether a statement is done in batches.
pub(crate) fn is_batched(statement: &Statement<'_>) -> bool {
    statement.tokens.iter().any(is_mark) || is_call(statement)
}

/// Whether some of the SQL is done in batches.
pub(crate) fn has_batches(sql: &str) -> bool {
    may_have_batches(sql) && statements(sql).is_ok_and(|all| all.iter().any(is_batched))
}

fn may_have_batches(sql: &str) -> bool {
    sql.contains(MARK) || sql.contains(RUST)
}

/// Whether functions of the application are called for some rows.
pub(crate) fn has_calls(sql: &str) -> bool {
    sql.contains(RUST) && statements(sql).is_ok_and(|all| all.iter().any(is_call))
}

/// Returns the functions of the application that the SQL calls, and where.
pub(crate) fn functions_of(sql: &str) -> Vec<(usize, String)> {
    let all = read(sql, None).unwrap_or_default().into_iter();
    all.filter_map(|it| Some((it.range.start, it.rows.function?)))
        .collect()
}

/// Returns the rows of the statement that begins at a place, if it is done in batches.
pub(crate) fn rows_at(sql: &str) -> impl Fn(usize) -> Option<BatchedRows> + use<> {
    let all = read(sql, None).unwrap_or_default();
    move |start| {
        let found = all.iter().find(|it| it.range.start == start);
        found.map(|it| it.rows.clone())
    }
}

/// Returns the same SQL with each batch being all rows. Functions are called as before.
pub(crate) fn at_once(sql: &str) -> String {
    filled(sql, |rows, statement| match rows.function {
        // Nothing but the application can do it.
        Some(_) => statement.to_owned(),
        None => rows.all(statement),
    })
}

fn filled(sql: &str, statement: impl Fn(&BatchedRows, &str) -> String) -> String {
    if !may_have_batches(sql) {
        return sql.to_owned();
    }
    // What can't be read is refused when the chain is, and by the server.
    let all = read(sql, None).unwrap_or_default();
    let mut text = sql.to_owned();
    for BatchStatement { range, rows } in all.into_iter().rev() {
        let filled = statement(&rows, &text[range.clone()]);
        text.replace_range(range, &filled);
    }
    text
}

/// Returns the same for a transaction over a slot's schema, in which a table without the key is refused.
pub(crate) fn at_once_guarded(sql: &str, slot: &str) -> String {
    filled(sql, |rows, statement| {
        format!("{}{}", guard::guard(rows, slot), rows.all(statement))
    })
}

/// Checks what the comments and the conditions of the SQL for a slot say.
pub(crate) fn check(sql: &str, slot: &str) -> Result<(), BatchFault> {
    read(sql, Some(slot)).map(drop)
}

impl BatchedRows {
    /// Returns the statement for all rows. It names the key, so that a wrong one is refused in each schema. Where a function would
    /// be called, rows are refused.
    pub(crate) fn all(&self, statement: &str) -> String {
        if let Some(function) = &self.function {
            return without_function(statement, function);
        }
        Self::filled(statement, |of| {
            let columns = self.columns(of).into_iter();
            let each: Vec<String> = columns.map(|it| format!("{it} IS NOT NULL")).collect();
            each.join(" AND ")
        })
    }

    /// Returns the statement for the rows whose key comes after one, if there is one, and not after another. The values are
    /// expressions.
    pub(crate) fn between(
        &self,
        statement: &str,
        operators: &KeyOperators,
        after: Option<&[String]>,
        last: &[String],
    ) -> String {
        Self::filled(statement, |of| {
            let until = self.compared(of, &operators.not_more, last);
            match after {
                Some(after) => format!("{} AND {until}", self.compared(of, &operators.more, after)),
                None => until,
            }
        })
    }

    /// Returns the condition that compares the key with values, which are expressions.
    pub(crate) fn compared(&self, of: &str, operator: &str, values: &[String]) -> String {
        let columns = self.columns(of).join(", ");
        format!("({columns}) {operator} ({})", values.join(", "))
    }

    /// The quoted columns of the key, each after some words.
    pub(crate) fn columns(&self, of: &str) -> Vec<String> {
        let key = self.key.iter();
        key.map(|name| format!("{of}{}", quote_identifier(name)))
            .collect()
    }

    /// Puts the condition into its place. It is given what stands before the columns, as `i.`.
    fn filled(statement: &str, condition: impl Fn(&str) -> String) -> String {
        let all: Vec<Token<'_>> = tokens(statement).filter(|it| !it.is_blank()).collect();
        let Some(at) = all.iter().position(is_mark) else {
            return statement.to_owned();
        };
        let mut first = at;
        while first >= 2 && all[first - 1].is_sign(".") && all[first - 2].name().is_some() {
            first -= 2;
        }
        let range = all[first].start..all[at].range().end;
        let of = &statement[range.start..all[at].start];
        let condition = condition(of);
        format!(
            "{}({condition}){}",
            &statement[..range.start],
            &statement[range.end..]
        )
    }
}

fn is_mark(token: &Token<'_>) -> bool {
    token.kind == Kind::Quoted && token.text == MARK
}

fn fault<T>(start: usize, message: impl Into<String>) -> Result<T, BatchFault> {
    let message = message.into();
    Err(BatchFault { start, message })
}

/// Reads the statements that are done in batches; for a slot, that they name their tables is looked at too.
fn read(sql: &str, slot: Option<&str>) -> Result<Vec<BatchStatement>, BatchFault> {
    let comments = tokens(sql).filter(|token| token.kind == Kind::Comment);
    let mut directives = Vec::new();
    for comment in comments {
        directives.extend(directive(&comment)?);
    }
    if directives.is_empty() && !may_have_batches(sql) {
        return Ok(Vec::new());
    }
    let mut directives = directives.into_iter().peekable();
    let mut batched = Vec::new();
    // What can't be cut is refused before.
    for statement in statements(sql).unwrap_or_default() {
        let end = statement.tokens.last().map_or(0, |it| it.range().end);
        let directive = directives.next_if(|it| it.start < end);
        if let Some(second) = directives.next_if(|it| it.start < end) {
            return fault(
                second.start,
                "a statement is done in batches of one table\n\
                 help: take one of the two comments out, or write a statement after each",
            );
        }
        batched.extend(of_statement(&statement, directive, slot)?);
    }
    match directives.next() {
        Some(left) => fault(
            left.start,
            "there is no statement after the comment that could be done in batches\nhelp: write it before the statement",
        ),
        None => Ok(batched),
    }
}

fn of_statement(
    statement: &Statement<'_>,
    directive: Option<Directive>,
    slot: Option<&str>,
) -> Result<Option<BatchStatement>, BatchFault> {
    const ROWS: [&str; 6] = ["update", "delete", "insert", "merge", "with", "select"];
    let called = call(statement)?;
    let mut marks = statement.tokens.iter().filter(|token| is_mark(token));
    let place = called.as_ref().map(|called| called.table);
    let (directive, mark) = match (directive, place.or_else(|| marks.next())) {
        (None, None) => return Ok(None),
        (None, Some(mark)) => {
            return fault(
                mark.start,
                "nothing says of which rows the batches are\n\
                 help: write a comment before the statement: `-- tenantry: batch invoices by id, size 5000`",
            );
        }
        (Some(directive), None) => {
            return fault(
                statement.start().max(directive.start),
                format!(
                    "the statement is to be done in batches of `{}`, and has no place for the condition of a batch\n\
                     help: write `AND \"{{batch}}\"` into its `WHERE`, with the table's alias as in `i.\"{{batch}}\"` if it needs \
                     one, or take the comment out",
                    directive.rows.table
                ),
            );
        }
        (Some(directive), Some(mark)) => (directive, mark),
    };
    if let Some(second) = marks.next() {
        return fault(
            second.start,
            "a statement is one batch, and this would be a second one in it\n\
             help: leave the one on the table that the comment names, or write two statements",
        );
    }
    if called.is_none() && !statement.tokens[0].is_any(&ROWS) {
        return fault(
            mark.start,
            "only a statement about rows can be done in batches\n\
             help: write `UPDATE`, `DELETE`, `INSERT … SELECT`, `MERGE`, `WITH` or `SELECT`",
        );
    }
    let rows = BatchedRows {
        function: called.map(|called| called.function),
        ..directive.rows
    };
    if let Some(slot) = slot {
        if directive
            .slot
            .as_ref()
            .is_some_and(|written| written != slot)
        {
            return fault(
                directive.start,
                format!(
                    "the batches are of a table of the schema that the file is for\nhelp: write `{}` without a slot",
                    rows.table
                ),
            );
        }
        let slot = format!("\"{{{slot}}}\"");
        let mut names = statement.tokens.windows(3);
        let is_named = names.any(|it| {
            it[0].text == slot
                && it[1].is_sign(".")
                && it[2].name().is_some_and(|name| name == rows.table.as_str())
        });
        if !is_named {
            return fault(
                directive.start,
                format!(
                    "the statement does not name the table `{}`\nhelp: write `{slot}.{}` in the statement, or the table that it \
                     has in the comment",
                    rows.table,
                    quote_identifier(&rows.table)
                ),
            );
        }
        aim::check(statement, &rows, &slot)?;
    }
    let end = statement
        .tokens
        .last()
        .map_or(mark.start, |it| it.range().end);
    let range = statement.start()..end;
    Ok(Some(BatchStatement { range, rows }))
}

#[cfg(test)]
mod tests;
