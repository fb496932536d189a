//! Cuts that are made by choice: what looks at all rows of a table is done apart from what keeps others from reading or writing.
//!
//! A cut ends the transaction, and with it a role, a setting or a temporary table. So nothing is cut by choice unless all of the
//! SQL is known to leave none of these: the result is the same whether or not it is cut.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use tenantry_sql::{Statement, Token};

use super::{index, is_outside, lexed};
use crate::bookkeeping::batches::{has_batches, is_batched};
use crate::bookkeeping::effects::{Constraint, Rows, is_fill, leaves_nothing_but};

/// The way in which a statement is cut out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// It builds an index, concurrently; the word goes to this place.
    Concurrently(usize),
    /// It has a transaction of its own.
    Apart,
}

/// Whether the SQL has anything that would hold others up for as long as a table is big, and that can be cut out.
pub(crate) fn is_cut_by_choice(sql: &str) -> bool {
    has_batches(sql) || is_cut_but_for_batches(sql)
}

/// The same of statements that are not done in batches.
pub(crate) fn is_cut_but_for_batches(sql: &str) -> bool {
    Choice::of(sql, &lexed(sql)).is_made
}

/// The statements of a migration as far as they may be cut out.
pub(super) struct Choice<'a> {
    is_made: bool,
    /// The tables that the migration makes, which nobody uses yet.
    made: HashSet<WrittenTable<'a>>,
    /// Where a view is not there that is made again: nobody could read it between two transactions.
    without: Vec<Range<usize>>,
}

impl<'a> Choice<'a> {
    pub(super) fn of(sql: &str, all: &[Statement<'a>]) -> Self {
        let mut choice = Self {
            is_made: true,
            made: tables_made(all),
            without: views_off(all),
        };
        // Values of rows alone are no reason: whoever writes them may want them to be seen all at once.
        let is_reason = |statement: &Statement<'a>| {
            choice.cut(statement).is_some() && !is_fill(&statement.tokens)
        };
        // A batch has a transaction of its own in any case.
        let is_passed_over =
            |statement: &Statement<'_>| is_fill(&statement.tokens) || is_batched(statement);
        choice.is_made =
            all.iter().any(is_reason) && leaves_nothing_but(sql, Rows::Possible, is_passed_over);
        choice
    }

    /// Returns how a statement is cut out, if it is.
    pub(super) fn cut(&self, statement: &Statement<'a>) -> Option<Cut> {
        let is_without = || {
            self.without
                .iter()
                .any(|it| it.contains(&statement.start()))
        };
        if !self.is_made || is_outside(statement) || is_batched(statement) || is_without() {
            return None;
        }
        if let Some(at) = self.on_line(statement) {
            return Some(Cut::Concurrently(at));
        }
        let is_long =
            Constraint::validated(&statement.tokens).is_some() || is_fill(&statement.tokens);
        let table = statement.tokens.iter().position(|token| token.text == ".");
        let table = table.and_then(|dot| table_at(statement.tokens.get(dot.checked_sub(1)?..)?));
        let is_new = table.is_some_and(|table| self.made.contains(&table));
        (is_long && !is_new).then_some(Cut::Apart)
    }

    /// Where `CONCURRENTLY` goes in a statement that makes a named index on a table that was there before.
    fn on_line(&self, statement: &Statement<'a>) -> Option<usize> {
        let after = if statement.begins(&["create", "index"]) {
            2
        } else if statement.begins(&["create", "unique", "index"]) {
            3
        } else {
            return None;
        };
        let index = index(statement)?;
        let on = statement.tokens.iter().position(|token| token.is("on"))?;
        let target = &statement.tokens[on + 1..];
        let is_new = table_at(target).is_some_and(|table| self.made.contains(&table));
        let skipped = target.first()?.is("only") || index.name.is_empty() || is_new;
        (!skipped).then(|| statement.tokens[after - 1].range().end)
    }
}

/// A table as it is written: its schema and its name.
type WrittenTable<'a> = (&'a str, Cow<'a, str>);

/// The tables that the statements make.
fn tables_made<'a>(all: &[Statement<'a>]) -> HashSet<WrittenTable<'a>> {
    let created = all
        .iter()
        .filter(|statement| statement.begins(&["create", "table"]));
    created
        .filter_map(|statement| table_at(&statement.tokens[2..]))
        .collect()
}

/// The stretches from the drop of each view to where it is made again.
fn views_off(all: &[Statement<'_>]) -> Vec<Range<usize>> {
    let dropped = all
        .iter()
        .filter(|statement| statement.begins(&["drop", "view"]));
    let stretch = |drop: &Statement<'_>| {
        let name = table_at(&drop.tokens[2..])?;
        let made = all.iter().find(|statement| {
            statement.start() > drop.start()
                && statement.begins(&["create", "view"])
                && table_at(&statement.tokens[2..]).as_ref() == Some(&name)
        })?;
        Some(drop.start()..made.start())
    };
    dropped.filter_map(stretch).collect()
}

/// The table whose qualified name stands at the beginning.
fn table_at<'a>(tokens: &[Token<'a>]) -> Option<WrittenTable<'a>> {
    match tokens {
        [schema, dot, name, ..] if dot.is_sign(".") => Some((schema.text, name.name()?)),
        _ => None,
    }
}
