//! Statements one after the other, of which all hold or none.

use std::sync::Arc;

use postgres::Row;

use crate::error::Result;
use crate::exec::{Answer, Flow, Statement};
use crate::place::TransactionLog;

/// The answers to some statements.
#[derive(Default)]
pub(in crate::query) struct Answers {
    pub(in crate::query) count: u64,
    pub(in crate::query) rows: Vec<Row>,
}

impl Answers {
    fn add(&mut self, answer: Answer) {
        self.count += answer.count();
        let rows = answer.rows();
        if self.rows.is_empty() {
            self.rows = rows;
        } else {
            self.rows.extend(rows);
        }
    }
}

/// Runs all statements that there are. Several are a transaction of their own, or a savepoint; one is none.
///
/// The next one is made when the one before the last has been answered, so that two are in memory at a time.
pub(super) fn run_all<'f>(
    mut next: impl FnMut() -> Result<Option<Statement>> + Send + 'f,
    log: &Arc<TransactionLog>,
) -> Flow<'f, Answers> {
    let two = next().and_then(|first| {
        let Some(first) = first else { return Ok(None) };
        Ok(Some((first, next()?)))
    });
    match two {
        Err(error) => Flow::Done(Err(error)),
        Ok(None) => Flow::Done(Ok(Answers::default())),
        Ok(Some((first, None))) => step(first, None, next, Answers::default()),
        Ok(Some((first, second))) => Flow::atomic(Arc::clone(log), move || {
            step(first, second, next, Answers::default())
        }),
    }
}

fn step<'f>(
    statement: Statement,
    following: Option<Statement>,
    mut next: impl FnMut() -> Result<Option<Statement>> + Send + 'f,
    mut answers: Answers,
) -> Flow<'f, Answers> {
    Flow::then(statement, move |answer| {
        let statement = match answer {
            Ok(answer) => {
                answers.add(answer);
                following
            }
            Err(error) => return Flow::Done(Err(error)),
        };
        let Some(statement) = statement else {
            return Flow::Done(Ok(answers));
        };
        match next() {
            Ok(following) => step(statement, following, next, answers),
            Err(error) => Flow::Done(Err(error)),
        }
    })
}
