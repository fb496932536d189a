//! A connection that only reads: from a replica if one is fresh, and else from the primary.

use std::sync::Arc;

use super::copying::GivesParts;
use super::lsn::Written;
use super::pool::Pool;
use super::replicas::{is_of_replica, is_still_of_use, leaves, session_is_gone, take};
use super::{
    Access, Answer, Begin, Blocking, Command, Connection, Flow, Pooled, Served, Statement,
    TakesRow, Transactions, run,
};
use crate::error::Result;
use crate::place::Context;

/// The connection of a [`ReadScope`](crate::scope::ReadScope), taken when something is read.
///
/// It stays with a replica as long as that is of use, and goes over to the primary then for good, so that nothing that was seen is gone again.
#[derive(Debug)]
pub struct Reading {
    primary: Arc<Pool>,
    after: Written,
    served: Served,
    way: Option<ReadVia>,
    /// Whether SQL may have left something in the session, which the rest of the scope counts on.
    left: bool,
    transactions: Transactions,
}

#[derive(Debug)]
enum ReadVia {
    Replica(Pooled),
    Primary(Pooled),
}

impl Reading {
    pub(crate) fn new(primary: &Arc<Pool>, served: Served, after: Written) -> Self {
        Self {
            primary: Arc::clone(primary),
            after,
            served,
            way: None,
            left: false,
            transactions: Transactions::default(),
        }
    }

    /// Whether what was read last came from a replica.
    pub(crate) fn is_of_replica(&self) -> bool {
        matches!(self.way, Some(ReadVia::Replica(_)))
    }

    /// The replica, if there is one that may be asked.
    fn replica(&mut self) -> Result<Option<&mut Pooled>> {
        match &mut self.way {
            Some(ReadVia::Primary(_)) => {}
            Some(ReadVia::Replica(replica)) => {
                if !is_still_of_use(&self.primary, replica, self.after) {
                    if self.left {
                        return Err(session_is_gone());
                    }
                    // It goes back before another is taken, which is no other replica's: that may be further behind.
                    self.way = None;
                    self.primary()?;
                }
            }
            None => {
                let taken = take(&self.primary, &self.served, self.after);
                self.way = taken.map(ReadVia::Replica);
            }
        }
        Ok(match &mut self.way {
            Some(ReadVia::Replica(replica)) => Some(replica),
            _ => None,
        })
    }

    fn primary(&mut self) -> Result<&mut Pooled> {
        if !matches!(self.way, Some(ReadVia::Primary(_))) {
            self.way = None;
            let mut connection = self.primary.get(Some(self.served.id()))?;
            connection.serves(self.served.clone());
            self.way = Some(ReadVia::Primary(connection));
        }
        match &mut self.way {
            Some(ReadVia::Primary(primary)) => Ok(primary),
            _ => unreachable!("it is that just now"),
        }
    }
}

impl Blocking for Reading {
    fn send(&mut self, statement: &Statement, row: TakesRow<'_>) -> Result<Answer> {
        let counts_on_it = self.left;
        if let Some(replica) = self.replica()? {
            let mut told = false;
            let answer = sent(replica, statement, &mut |it| {
                told = true;
                row(it);
            });
            match answer {
                // Rows that were told can't be taken back, and what was left in the session is not there.
                Err(error) if !told && !counts_on_it && is_of_replica(&error) => {
                    tracing::debug!(%error, "a replica could not answer; the primary is asked");
                }
                answer => {
                    self.left |= leaves(statement);
                    return answer;
                }
            }
        }
        let primary = self.primary()?;
        if leaves(statement) {
            return read_only(primary, statement, row);
        }
        sent(primary, statement, row)
    }

    fn copy(&mut self, _: &Statement, _: GivesParts<'_>) -> Result<Answer> {
        unreachable!("nothing is written through what only reads")
    }
}

/// Has the primary refuse what a replica would refuse, as SQL that writes in a function.
fn read_only(primary: &mut Pooled, statement: &Statement, row: TakesRow<'_>) -> Result<Answer> {
    let nowhere = Context::nowhere();
    let begin = Begin {
        access: Some(Access::ReadOnly),
        ..Begin::default()
    };
    let begin = Flow::transaction(Command::Begin(begin));
    run(primary, begin, &nowhere)?;
    let answer = sent(primary, statement, row);
    let end = match answer {
        Ok(_) => Command::Commit(1),
        Err(_) => Command::RollBack(1),
    };
    let ended = run(primary, Flow::transaction(end), &nowhere);
    answer.and_then(|answer| ended.map(|()| answer))
}

fn sent(connection: &mut Pooled, statement: &Statement, row: TakesRow<'_>) -> Result<Answer> {
    if leaves(statement) {
        connection.reset_when_settled();
    }
    connection.send(statement, row)
}

impl Connection for Reading {
    type Outcome<'a, T: 'a> = Result<T>;

    fn transactions(&mut self) -> &mut Transactions {
        &mut self.transactions
    }

    fn drive<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>, context: &'a Context) -> Result<T> {
        run(self, flow, context)
    }
}
