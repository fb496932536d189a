//! A connection that only reads: from a replica if one is fresh, and else from the primary.

use std::sync::Arc;

use super::copying::GivesParts;
use super::lsn::Written;
use super::pool::Pool;
use super::replicas::{is_of_replica, leaves, take};
use super::watch::Taken;
use super::{
    Access, Answer, Begin, Blocking, Command, Connection, Flow, Pooled, Served, Statement,
    TakesRow, Transactions, run,
};
use crate::error::Result;
use crate::place::Context;

/// The connection of a [`ReadScope`](crate::scope::ReadScope), taken when something is read.
///
/// Once it has read from the primary it stays there, so that nothing that was seen is gone again.
#[derive(Debug)]
pub struct Reading {
    primary: Arc<Pool>,
    after: Written,
    served: Served,
    way: Option<ReadVia>,
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
            transactions: Transactions::default(),
        }
    }

    /// Whether what was read last came from a replica.
    pub(crate) fn is_of_replica(&self) -> bool {
        matches!(self.way, Some(ReadVia::Replica(_)))
    }

    /// The replica, if there is one that may be asked.
    fn replica(&mut self) -> Option<&mut Pooled> {
        let (_, watch) = self.primary.replicas();
        let is_of_use = match &self.way {
            Some(ReadVia::Primary(_)) => return None,
            Some(ReadVia::Replica(replica)) => {
                watch.is_of_use(replica.position(), self.after) == Taken::Fresh
            }
            None => false,
        };
        if !is_of_use {
            // It goes back before another is taken.
            self.way = None;
            let taken = take(&self.primary, &self.served, self.after)?;
            self.way = Some(ReadVia::Replica(taken));
        }
        match &mut self.way {
            Some(ReadVia::Replica(replica)) => Some(replica),
            _ => None,
        }
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
        if let Some(replica) = self.replica() {
            let mut told = false;
            let answer = sent(replica, statement, &mut |it| {
                told = true;
                row(it);
            });
            match answer {
                // Rows that were told can't be taken back.
                Err(error) if !told && is_of_replica(&error) => {
                    tracing::debug!(%error, "a replica could not answer; the primary is asked");
                }
                answer => return answer,
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
