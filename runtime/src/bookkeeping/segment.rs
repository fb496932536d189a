//! Segments: the parts of a migration's SQL that are each done in one go.
//!
//! PostgreSQL builds an index `CONCURRENTLY`, so that everybody goes on writing meanwhile, only outside of a transaction.
//! Such statements cut the SQL of a migration into segments, which are done one after the other.

mod choice;

use std::ops::Range;

use tenantry_sql::{Statement, Token, statements};

#[cfg(feature = "cli")]
pub(crate) use self::choice::is_cut_but_for_batches;
pub(crate) use self::choice::is_cut_by_choice;
use self::choice::{Choice, Cut};
use super::batches::{BatchedRows, at_once, has_calls, is_batched, rows_at};
use super::file_sql::Position;

/// The lock that whoever works on a tenant in this way holds on its session; the tenant's number is added.
pub(crate) const ADVISORY_LOCK: i64 = 0x7465_6e00_0000_0000;

/// A stretch of SQL that is done in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    /// Statements that are done in one transaction.
    Together(Stretch),
    /// A statement that is done outside of any transaction.
    Alone(Alone),
    /// A statement that is done in batches, each in a transaction.
    Batched(Batched),
}

/// A part of a file, and where in the file it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) sql: String,
    pub(crate) begin: Position,
    /// The rows that a function of the application is called for, if that is what it is. The SQL then refuses such rows.
    pub(crate) calls: Option<BatchedRows>,
}

/// A statement that is done outside of any transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alone {
    pub(crate) stretch: Stretch,
    /// The index that it makes or drops.
    pub(crate) index: Option<SegmentIndex>,
    /// Whether it would do in a transaction too, and only holds up fewer like this.
    pub(crate) is_by_choice: bool,
}

/// A statement that is done in batches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Batched {
    pub(crate) stretch: Stretch,
    pub(crate) rows: BatchedRows,
}

impl Batched {
    /// The same for all rows in one transaction.
    pub(crate) fn at_once(self) -> Stretch {
        Stretch {
            sql: self.rows.all(&self.stretch.sql),
            calls: self.rows.function().is_some().then_some(self.rows),
            ..self.stretch
        }
    }
}

/// The index that a statement makes or drops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SegmentIndex {
    pub(crate) name: String,
    pub(crate) is_made: bool,
}

/// Whether some of the SQL can't be done in a transaction.
pub(crate) fn needs_segments(sql: &str) -> bool {
    lexed(sql).iter().any(is_outside)
}

/// Cuts the SQL into segments. Every index on a table that was there before is built concurrently, and whatever else looks at all
/// rows is done on its own, if it makes no difference to the rest.
pub(crate) fn segments(sql: &str, is_transaction: bool) -> Vec<Segment> {
    let all = lexed(sql);
    let choice = Choice::of(sql, &all);
    let batched = rows_at(sql);
    let mut scissors = Scissors::of(sql);
    let mut segments = Vec::new();
    let mut together: Option<Range<usize>> = None;
    for (place, statement) in all.iter().enumerate() {
        let end = all.get(place + 1).map_or(sql.len(), Statement::start);
        let range = statement.start()..end;
        if let Some(rows) = batched(statement.start()) {
            let before = together.take().map(|range| scissors.cut(range));
            segments.extend(before.map(Segment::Together));
            let stretch = scissors.cut(range);
            segments.push(Segment::Batched(Batched { stretch, rows }));
            continue;
        }
        let cut = choice.cut(statement);
        if is_transaction && !is_outside(statement) && cut.is_none() {
            together = Some(together.map_or(range.start, |range| range.start)..range.end);
            continue;
        }
        let concurrently = match cut {
            Some(Cut::Concurrently(at)) => Some(at),
            Some(Cut::Apart) | None => None,
        };
        let before = together.take().map(|range| scissors.cut(range));
        segments.extend(before.map(Segment::Together));
        let is_apart = is_transaction && !is_outside(statement);
        if concurrently.is_none() && (is_apart || !is_transaction && is_one_transaction(statement))
        {
            segments.push(Segment::Together(scissors.cut(range)));
            continue;
        }
        let mut stretch = scissors.cut(range.clone());
        if let Some(at) = concurrently {
            stretch.sql.insert_str(at - range.start, " CONCURRENTLY");
        }
        segments.push(Segment::Alone(Alone {
            stretch,
            index: index(statement),
            is_by_choice: concurrently.is_some(),
        }));
    }
    segments.extend(together.map(|range| Segment::Together(scissors.cut(range))));
    segments
}

/// Whether a statement does the same in a transaction as outside of one, so that it can be noted in the same that it is done. `DO` and
/// `CALL` may end transactions themselves.
fn is_one_transaction(statement: &Statement<'_>) -> bool {
    const ROWS: [&str; 8] = [
        "insert", "update", "delete", "merge", "select", "with", "truncate", "refresh",
    ];
    const OBJECTS: [&str; 18] = [
        "table",
        "unlogged",
        "index",
        "unique",
        "view",
        "materialized",
        "sequence",
        "type",
        "domain",
        "or",
        "function",
        "procedure",
        "aggregate",
        "trigger",
        "constraint",
        "policy",
        "rule",
        "statistics",
    ];
    let first = &statement.tokens[0];
    let is_change = first.is_any(&["create", "alter", "drop"]);
    let is_object = statement
        .tokens
        .get(1)
        .is_some_and(|it| it.is_any(&OBJECTS));
    !is_outside(statement)
        && (first.is_any(&ROWS)
            || is_change && is_object
            || first.is_any(&["grant", "revoke", "comment"]))
}

/// Whether a statement outside of a transaction leaves something else than its like in one: a part that is detached from its
/// table `CONCURRENTLY` is given a check.
pub(crate) fn is_other_in_transaction(sql: &str) -> bool {
    let all = lexed(sql);
    let mut outside = all.iter().filter(|statement| is_outside(statement));
    outside.any(|statement| statement.begins(&["alter", "table"]))
}

/// Cuts the SQL where functions of the application are called, and nowhere else. What would be done in batches is done at once.
pub(crate) fn cut_at_calls(sql: &str) -> Vec<Stretch> {
    let all = lexed(sql);
    let batched = rows_at(sql);
    let mut scissors = Scissors::of(sql);
    let mut stretches = Vec::new();
    let mut rest = 0;
    for (place, statement) in all.iter().enumerate() {
        let start = statement.start();
        let Some(rows) = batched(start).filter(|rows| rows.function().is_some()) else {
            continue;
        };
        let end = all.get(place + 1).map_or(sql.len(), Statement::start);
        if rest < start {
            stretches.push(scissors.cut(rest..start));
        }
        let stretch = scissors.cut(start..end);
        stretches.push(Batched { stretch, rows }.at_once());
        rest = end;
    }
    if rest < sql.len() {
        stretches.push(scissors.cut(rest..sql.len()));
    }
    stretches
}

/// Cuts the SQL into the transactions that make a schema nobody uses: those of the fleet, and what can't be in one as one
/// of its own, if that gives the same.
pub(crate) fn transactions(sql: &str, is_transaction: bool) -> Vec<Stretch> {
    if is_transaction && !needs_segments(sql) && !has_calls(sql) {
        return vec![Stretch {
            sql: at_once(sql),
            begin: Position::default(),
            calls: None,
        }];
    }
    let segments = segments(sql, is_transaction).into_iter();
    segments
        .map(|segment| match segment {
            Segment::Together(stretch) => stretch,
            Segment::Batched(batched) => batched.at_once(),
            Segment::Alone(alone) => Stretch {
                sql: in_transaction(&alone.stretch.sql),
                ..alone.stretch
            },
        })
        .collect()
}

/// The same SQL for a transaction over a schema that nobody else uses yet, or where it does not matter.
///
/// Indexes are made in the plain way, and what only tidies up is left out. What would give something else stays, and is
/// refused by the server.
pub(crate) fn in_transaction(sql: &str) -> String {
    plain(sql, |statement| !statement.begins(&["alter"]))
}

/// The same SQL for the transaction of a rollback, where the structure from before is all that is asked for: a part that is detached is
/// not given the check that it would get outside of a transaction.
pub(crate) fn in_rollback(sql: &str) -> String {
    plain(sql, |_| true)
}

fn plain(sql: &str, is_changed: impl Fn(&Statement<'_>) -> bool) -> String {
    let mut text = sql.to_owned();
    let all = lexed(sql);
    for (place, statement) in all.iter().enumerate() {
        if !is_outside(statement) || !is_changed(statement) {
            continue;
        }
        let tidies = ["vacuum", "reindex"]
            .iter()
            .any(|word| statement.begins(&[word]));
        if tidies {
            let end = all.get(place + 1).map_or(sql.len(), Statement::start);
            blank(&mut text, statement.start()..end);
        }
        let words = statement.tokens.iter();
        for token in words.filter(|token| token.is("concurrently")) {
            blank(&mut text, token.range());
        }
    }
    text
}

/// Takes a part of a text away. Lines stay where they are, and so does everything else.
fn blank(text: &mut String, range: Range<usize>) {
    let spaces: String = text[range.clone()]
        .bytes()
        .map(|byte| if byte == b'\n' { '\n' } else { ' ' })
        .collect();
    text.replace_range(range, &spaces);
}

fn lexed(sql: &str) -> Vec<Statement<'_>> {
    // What can't be cut is refused when the chain is read.
    statements(sql).unwrap_or_default()
}

/// Cuts stretches from the front of a text to its end, so that each line is counted once.
struct Scissors<'a> {
    sql: &'a str,
    at: usize,
    position: Position,
}

impl<'a> Scissors<'a> {
    fn of(sql: &'a str) -> Self {
        Self {
            sql,
            at: 0,
            position: Position::default(),
        }
    }

    /// Cuts a stretch that begins no earlier than the one before it.
    fn cut(&mut self, range: Range<usize>) -> Stretch {
        self.position = self.position.after(&self.sql[self.at..range.start]);
        self.at = range.start;
        Stretch {
            sql: self.sql[range].to_owned(),
            begin: self.position,
            calls: None,
        }
    }
}

/// Whether a statement ends the transaction of what stands before it wherever it is.
pub(crate) fn ends_transaction(statement: &Statement<'_>) -> bool {
    is_outside(statement) || is_batched(statement)
}

/// Whether PostgreSQL refuses the statement in a transaction.
pub(crate) fn is_outside(statement: &Statement<'_>) -> bool {
    let concurrently = || {
        statement
            .tokens
            .iter()
            .any(|token| token.is("concurrently"))
    };
    let indexes = statement.begins(&["create", "index"])
        || statement.begins(&["create", "unique", "index"])
        || statement.begins(&["drop", "index"])
        || statement.begins(&["reindex"])
        || (statement.begins(&["alter", "table"])
            && statement.tokens.iter().any(|token| token.is("detach")));
    statement.begins(&["vacuum"]) || (indexes && concurrently())
}

/// The index that a statement makes or drops, if it has a name.
fn index(statement: &Statement<'_>) -> Option<SegmentIndex> {
    let is_made = statement.begins(&["create"]);
    let is_index = statement.begins(&["create", "index"])
        || statement.begins(&["create", "unique", "index"])
        || statement.begins(&["drop", "index"]);
    if !is_index {
        return None;
    }
    let at = statement
        .tokens
        .iter()
        .position(|token| token.is("index"))?;
    let noise = |token: &&Token<'_>| {
        ["concurrently", "if", "not", "exists"]
            .iter()
            .any(|word| token.is(word))
    };
    let mut names = statement.tokens[at + 1..].iter().skip_while(noise);
    let mut name = names.next()?;
    if !is_made && names.next().is_some_and(|token| token.text == ".") {
        name = names.next()?;
    }
    if name.is("on") {
        return None;
    }
    Some(SegmentIndex {
        name: name.name()?.into_owned(),
        is_made,
    })
}

#[cfg(test)]
mod tests;
