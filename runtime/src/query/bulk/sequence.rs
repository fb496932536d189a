//! Statements one after the other, of which all hold or none.

use std::sync::Arc;

use postgres::Row;

use super::twice::Written;
use crate::error::Result;
use crate::exec::{Answer, Flow, Gives, Statement};
use crate::place::TransactionLog;

/// The answers to some statements.
#[derive(Default)]
pub(in crate::query) struct Answers {
    pub(in crate::query) count: u64,
    pub(in crate::query) rows: Vec<Row>,
}

impl Answers {
    fn add(&mut self, answer: Answer, gives: Gives) {
        self.count += answer.count();
        if gives == Gives::Count {
            return;
        }
        let rows = answer.rows();
        if self.rows.is_empty() {
            self.rows = rows;
        } else {
            self.rows.extend(rows);
        }
    }
}

/// The rest of some statements.
struct Rest<N> {
    next: N,
    gives: Gives,
    written: Option<Written>,
    answers: Answers,
}

/// Runs all statements that there are. Several are a transaction of their own, or a savepoint; one is none. Each is told which rows
/// those before it have written, if that counts.
///
/// The next one is made when the one before the last has been answered, so that two are in memory at a time.
pub(super) fn run_all<'f>(
    mut next: impl FnMut() -> Result<Option<Statement>> + Send + 'f,
    gives: Gives,
    written: Option<Written>,
    log: &Arc<TransactionLog>,
) -> Flow<'f, Answers> {
    let two = next().and_then(|first| {
        let Some(first) = first else { return Ok(None) };
        Ok(Some((first, next()?)))
    });
    let rest = Rest {
        next,
        gives,
        written,
        answers: Answers::default(),
    };
    match two {
        Err(error) => Flow::Done(Err(error)),
        Ok(None) => Flow::Done(Ok(Answers::default())),
        Ok(Some((first, None))) => step(first, None, rest),
        Ok(Some((first, second))) => {
            Flow::atomic(Arc::clone(log), move || step(first, second, rest))
        }
    }
}

fn step<'f, N>(
    mut statement: Statement,
    following: Option<Statement>,
    mut rest: Rest<N>,
) -> Flow<'f, Answers>
where
    N: FnMut() -> Result<Option<Statement>> + Send + 'f,
{
    if let Some(written) = &rest.written {
        written.tell(&mut statement);
    }
    Flow::then(statement, move |answer| {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Flow::Done(Err(error)),
        };
        let look = rest.written.as_ref().filter(|_| following.is_some());
        let look = look.and_then(|written| written.look(&answer));
        let again = rest.written.as_mut();
        let again = again.and_then(|written| written.again(&answer));
        rest.answers.add(answer, rest.gives);
        let Some(again) = again else {
            return look_and_go_on(look, following, rest);
        };
        Flow::then(again, move |answer| {
            let refused = answer.map(|answer| rest.written.as_ref()?.refusal(answer));
            match refused {
                Ok(None) => look_and_go_on(look, following, rest),
                Ok(Some(error)) | Err(error) => Flow::Done(Err(error)),
            }
        })
    })
}

/// Finds out what is not known of the rows that are written, and goes on with the statement that follows.
fn look_and_go_on<'f, N>(
    look: Option<Statement>,
    following: Option<Statement>,
    mut rest: Rest<N>,
) -> Flow<'f, Answers>
where
    N: FnMut() -> Result<Option<Statement>> + Send + 'f,
{
    let Some(following) = following else {
        return Flow::Done(Ok(rest.answers));
    };
    let Some(look) = look else {
        return go_on(following, rest);
    };
    Flow::then(look, move |answer| {
        match (answer, &mut rest.written) {
            (Ok(answer), Some(written)) => written.note(answer),
            (Ok(_), None) => {}
            (Err(error), _) => return Flow::Done(Err(error)),
        }
        go_on(following, rest)
    })
}

fn go_on<'f, N>(statement: Statement, mut rest: Rest<N>) -> Flow<'f, Answers>
where
    N: FnMut() -> Result<Option<Statement>> + Send + 'f,
{
    match (rest.next)() {
        Ok(following) => step(statement, following, rest),
        Err(error) => Flow::Done(Err(error)),
    }
}
