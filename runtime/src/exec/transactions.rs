//! The transactions of a connection as data: gives the text to send, and is told what came of it.
//!
//! Nothing here waits, so a driver that blocks and one whose futures are dropped half-way obey the same rules. What is
//! sent is noted before: whoever finds that note later knows that somebody has not waited for the answer.

use std::sync::Arc;

use super::conflict::ConflictState;
use super::ends::{
    COMMITTING, DROPPED, LENT, UNTOLD, aborted, begins, commit, roll_back, unknown, was_idle,
};
use super::health::{Health, Sent};
#[cfg(feature = "tokio")]
use super::left::Left;
use super::{Answer, Begin, Command, Effect, Statement};
use crate::error::{Error, ErrorKind, Result};
use crate::place::{End, TransactionLog};

/// The transactions of a connection. The outermost has depth 1, a savepoint inside of it depth 2, and so on.
#[derive(Debug, Default)]
pub struct Transactions {
    /// Has the depth, and shares it with the rows that were loaded.
    log: Arc<TransactionLog>,
    health: Health,
    /// The first failed statement: until it is rolled back, the server refuses all others.
    failure: Option<String>,
    /// Why it is not known whether a statement has failed, if that is so.
    unseen: Option<&'static str>,
    /// Whether the server has refused something of the transaction that is open, or was last, because of a conflict with others.
    conflict: ConflictState,
    /// Whether the connection was known to be closed, or not to answer, before what is under way was sent over it.
    was_broken: bool,
    /// Whether something was done that may have left something in the session.
    altered: bool,
}

/// PostgreSQL's code for a statement in a transaction that has failed.
const IN_FAILED_TRANSACTION: &str = "25P02";

impl Transactions {
    /// Those of a connection in whose transaction somebody else is already.
    pub(super) fn begun() -> Self {
        let begun = Self::default();
        begun.log.begun();
        begun
    }

    /// Gives up all that is under way, and says what is left of it on the server, for somebody else to end.
    #[cfg(feature = "tokio")]
    pub(super) fn hand_over(&mut self) -> Left {
        // A statement of a savepoint that was given up may still be running.
        let left = Left {
            in_flight: self.is_unanswered(),
            open: self.depth() > 0 || self.health != Health::Open,
            altered: self.altered,
        };
        self.resolve();
        self.end(1, self.undone(1));
        *self = Self {
            log: Arc::clone(&self.log),
            conflict: self.conflict,
            ..Self::default()
        };
        left
    }

    /// Notes that the transaction may be committed before that is seen here, and that nothing is left to be ended.
    pub(crate) fn may_be_committed(&mut self) {
        self.unseen = self.unseen.filter(|why| *why == LENT).or(Some(UNTOLD));
    }

    /// Notes what became of the transaction that somebody else was to commit.
    #[cfg(feature = "tokio")]
    pub(crate) fn ended_elsewhere(&mut self, end: End) {
        self.end(1, end);
    }

    /// Refuses to have a transaction committed in which something has failed.
    pub(crate) fn committable(&self) -> Result<()> {
        self.command(Command::Commit(1)).map(drop)
    }

    /// How many transactions and savepoints are open.
    pub(crate) fn depth(&self) -> u32 {
        self.log.depth()
    }

    /// The log that rows of this connection's scopes keep.
    pub(crate) fn log(&self) -> &Arc<TransactionLog> {
        &self.log
    }

    /// Whether the connection is in no transaction, and all that was sent over it was answered.
    pub(crate) fn is_idle(&self) -> bool {
        self.health == Health::Open && self.depth() == 0
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.health == Health::Broken
    }

    /// Whether it is known that the connection is in no transaction.
    pub(super) fn is_outside(&self) -> bool {
        self.depth() == 0 && self.unseen != Some(LENT)
    }

    /// Whether the answer to something is not there that was sent in the transaction.
    #[cfg(feature = "tokio")]
    pub(crate) fn is_unanswered(&self) -> bool {
        matches!(self.health, Health::InFlight(_))
            || matches!(self.unseen, Some(DROPPED | COMMITTING))
    }

    /// Whether the last transaction is over without effect because it was in conflict with others, so that it can be run again.
    /// `is_other`: whether it is known to have failed with something else.
    pub(crate) fn is_to_be_retried(&self, is_other: bool) -> bool {
        self.conflict.counts(is_other) && self.is_idle()
    }

    /// Whether the session may have to be reset.
    pub(crate) fn is_altered(&self) -> bool {
        self.altered
    }

    /// Notes that the driver has found its connection closed.
    pub(crate) fn broke(&mut self) {
        // Over a connection that is closed already nothing is committed.
        let commits = Health::InFlight(Sent::Command(Command::Commit(1)));
        if self.health == commits && !self.was_broken {
            self.may_be_committed();
        }
        self.health = Health::Broken;
    }

    /// Notes that something may be left in the session.
    pub(crate) fn altered(&mut self) {
        self.altered = true;
    }

    /// Notes that the driver's own connection is given out, so that what is done on it is not seen.
    pub(crate) fn lent(&mut self) {
        self.altered = true;
        self.unseen = Some(LENT);
    }

    /// Notes that the session was reset.
    pub(crate) fn reset(&mut self) {
        (self.altered, self.unseen) = (false, None);
    }

    /// Ends the loan of the connection: rows that were loaded until now hear of nothing that is done later.
    pub(crate) fn end_loan(&mut self) {
        if Arc::get_mut(&mut self.log).is_none() {
            self.log = Arc::default();
        }
    }

    /// Goes over to a new connection, because the other was found closed before anything was done over it.
    pub(super) fn moved(self) -> Self {
        let health = match self.health {
            Health::Broken => Health::Open,
            health => health,
        };
        Self {
            log: self.log,
            health,
            ..Self::default()
        }
    }

    /// Notes that what was sent is sent again, over another connection.
    #[cfg(feature = "tokio")]
    pub(super) fn again(&mut self) {
        self.was_broken = false;
    }

    /// Gives up the transaction or savepoint of a depth, and all within: it is rolled back before anything else is sent.
    ///
    /// This sends nothing, so that a guard can do it when it is dropped.
    pub(crate) fn abandon(&mut self, depth: u32) {
        self.resolve();
        match self.health {
            // The server rolls back by itself.
            Health::Broken => self.end(depth, self.undone(depth)),
            Health::NeedsRollback(other) => self.health = Health::NeedsRollback(other.min(depth)),
            _ if self.depth() >= depth => self.health = Health::NeedsRollback(depth),
            _ => {}
        }
    }

    /// Returns the rollback that has to be sent before anything else, if there is one.
    pub(super) fn recovery(&mut self) -> Option<(Statement, Sent)> {
        self.resolve();
        let Health::NeedsRollback(depth) = self.health else {
            return None;
        };
        let sent = Sent::Command(Command::RollBack(depth));
        self.health = Health::InFlight(sent);
        Some((roll_back(depth), sent))
    }

    /// Decides what an abandoned statement or command means.
    fn resolve(&mut self) {
        let Health::InFlight(sent) = self.health else {
            return;
        };
        self.health = match sent {
            Sent::Statement(_) => {
                if self.depth() > 0 {
                    self.unseen.get_or_insert(DROPPED);
                }
                Health::Open
            }
            Sent::Command(Command::Commit(depth)) => {
                if depth <= 1 && self.unseen != Some(LENT) {
                    self.unseen = Some(COMMITTING);
                }
                Health::NeedsRollback(depth)
            }
            Sent::Command(Command::RollBack(depth)) => Health::NeedsRollback(depth),
            Sent::Command(_) => Health::NeedsRollback(self.depth() + 1),
        };
    }

    /// Returns the statement for a command to begin or to commit.
    pub(super) fn command(&self, command: Command) -> Result<Statement> {
        match command {
            Command::Begin(begin) => self.begin(begin),
            Command::Commit(depth) => self.commit(depth),
            Command::RollBack(depth) => Ok(roll_back(depth)),
        }
    }

    fn commit(&self, depth: u32) -> Result<Statement> {
        if let Some(failure) = &self.failure {
            return Err(aborted(failure));
        }
        if self.depth() < depth {
            return Err(aborted(DROPPED));
        }
        // What failed unseen is not known here. In a failed transaction a savepoint fails too, and the commit behind it
        // in the message is not run.
        let probe = match self.unseen {
            Some(_) => "SAVEPOINT tenantry_probe; RELEASE SAVEPOINT tenantry_probe; ",
            None => "",
        };
        Ok(commit(depth, probe))
    }

    fn begin(&self, begin: Begin) -> Result<Statement> {
        let depth = self.depth();
        if depth > 0 {
            begin.nested()?;
        }
        Ok(begins(begin, depth))
    }

    /// Notes that something is about to be sent.
    pub(super) fn sending(&mut self, sent: Sent) {
        self.altered |= sent == Sent::Statement(Effect::Unknown);
        self.was_broken = self.is_broken();
        self.conflict.sending(sent);
        self.health = Health::InFlight(sent);
    }

    /// Takes the answer to something that was sent, and says in its error what that means. `was_open`: whether the
    /// connection was not known to be closed before, for what is sent over a closed one has no effect.
    pub(super) fn answered(
        &mut self,
        sent: Sent,
        was_open: bool,
        answer: Result<Answer>,
    ) -> Result<Answer> {
        match answer {
            Ok(answer) => {
                self.health = Health::answered(self.was_broken);
                self.succeeded(sent);
                Ok(answer)
            }
            Err(error) => {
                let lost = error.kind() == ErrorKind::Connection;
                self.health = Health::answered(lost || self.was_broken);
                if error.sqlstate().is_some() && self.depth() > 0 {
                    self.failure.get_or_insert_with(|| error.to_string());
                    self.conflict.refused(sent, &error);
                }
                Err(match sent {
                    Sent::Statement(effect) => {
                        let commits = was_open && self.depth() == 0 && effect != Effect::Reads;
                        if commits && lost && !was_idle(&error) && !error.is_unsent() {
                            unknown(error, "the statement")
                        } else {
                            error
                        }
                    }
                    Sent::Command(command) => {
                        let in_doubt = lost && was_open && !was_idle(&error);
                        self.failed(command, (lost, in_doubt), error)
                    }
                })
            }
        }
    }

    fn succeeded(&mut self, sent: Sent) {
        match sent {
            Sent::Statement(_) => {}
            Sent::Command(Command::Begin(_)) => {
                if self.depth() == 0 {
                    self.conflict = ConflictState::None;
                }
                self.log.begun();
            }
            Sent::Command(Command::Commit(depth)) => self.end(depth, End::Kept),
            Sent::Command(Command::RollBack(depth)) => {
                self.failure = None;
                let end = self.undone(depth);
                // A savepoint that was there is behind all that failed.
                self.forget_dropped();
                self.end(depth, end);
            }
        }
    }

    fn failed(&mut self, command: Command, (lost, in_doubt): (bool, bool), error: Error) -> Error {
        match command {
            // It may have begun before it failed.
            Command::Begin(begin) if begin.lock_timeout.is_some() && !lost => {
                self.health = Health::NeedsRollback(self.depth() + 1);
                error
            }
            Command::Begin(_) => error,
            Command::Commit(_) if error.sqlstate() == Some(IN_FAILED_TRANSACTION) => {
                aborted(self.unseen.unwrap_or(LENT))
            }
            Command::Commit(depth) => {
                // Its answer is there.
                self.unseen = self.unseen.filter(|why| *why != UNTOLD);
                let in_doubt = in_doubt && depth <= 1;
                let end = if in_doubt {
                    End::Unknown
                } else {
                    self.undone(depth)
                };
                self.end(depth, end);
                if in_doubt {
                    unknown(error, "the transaction")
                } else {
                    error
                }
            }
            Command::RollBack(depth) => {
                // A savepoint that is not there any more: what was done since can't be told from the rest. Without that
                // answer nothing is known, and the connection is closed.
                let whole = lost || depth <= 1;
                let end = if whole {
                    self.undone(depth)
                } else {
                    End::Unknown
                };
                self.end(depth, end);
                if whole {
                    self.health = Health::Broken;
                } else {
                    self.failure = Some(DROPPED.to_owned());
                }
                error
            }
        }
    }

    /// The end of what is rolled back by us or by the server, unless it may have been committed before.
    fn undone(&self, depth: u32) -> End {
        match self.unseen {
            Some(LENT) => End::Unknown,
            Some(COMMITTING | UNTOLD) if depth <= 1 => End::Unknown,
            _ => End::Undone,
        }
    }

    /// Notes that what is as deep as that, or deeper, is over, and what became of its changes.
    fn end(&mut self, depth: u32, end: End) {
        while self.depth() >= depth.max(1) {
            self.log.ended(end);
        }
        if self.depth() == 0 {
            self.failure = None;
            self.forget_dropped();
        }
    }

    fn forget_dropped(&mut self) {
        self.unseen = self.unseen.filter(|why| *why == LENT);
    }
}
