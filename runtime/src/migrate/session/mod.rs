//! The session that a migrator works in, which is reset after SQL that may leave something behind.

pub(super) mod beside;
pub(super) mod lent;
pub(super) mod limits;
pub(super) mod patience;
pub(super) mod retry;
pub(super) mod scratch;
pub(super) mod settings;
pub(super) mod turn;

use std::ops::{Deref, DerefMut};

use postgres::Client;

use self::limits::limit_waits;
use self::settings::Connect;
use crate::error::Result;
use crate::exec::{Given, Locks, reset};

/// How often a reset is tried. What was left may stand in its way, as a short time limit does, and is gone then.
const ATTEMPTS: usize = 3;

/// A connection, and what its session was like before anything ran in it.
pub(crate) struct Session<'a> {
    client: &'a mut Client,
    connect: Option<&'a Connect>,
    given: Option<Given>,
}

impl<'a> Session<'a> {
    /// A session over a connection that gives way to another, if there is a way to one, when it can't be reset.
    pub(crate) fn new(client: &'a mut Client, connect: Option<&'a Connect>) -> Self {
        Self {
            client,
            connect,
            given: None,
        }
    }

    /// Gets ready to run SQL that may leave something behind: looks at what the session is to be like afterwards.
    pub(crate) fn remember(&mut self) -> Result<&Given> {
        let given = match self.given.take() {
            Some(given) => given,
            None => Given::read(self.client)?,
        };
        Ok(self.given.insert(given))
    }

    /// Makes the session as it was. A connection that is lost is left to whoever uses it next.
    pub(crate) fn reset(&mut self, locks: Locks) -> Result<()> {
        let Some(given) = &self.given else {
            return Ok(());
        };
        let mut tried = reset(self.client, given, locks);
        for _ in 1..ATTEMPTS {
            if tried.is_err() && !self.client.is_closed() {
                tried = reset(self.client, given, locks);
            }
        }
        match (tried, self.connect) {
            (Err(error), _) if error.as_db_error().is_none() => Ok(()),
            (Err(error), Some(connect)) if locks == Locks::Released => {
                tracing::warn!(%error, "a session that could not be reset gives way to another");
                *self.client = connect()?;
                limit_waits(self.client)?;
                Ok(())
            }
            (tried, _) => Ok(tried?),
        }
    }
}

impl Deref for Session<'_> {
    type Target = Client;

    fn deref(&self) -> &Client {
        self.client
    }
}

impl DerefMut for Session<'_> {
    fn deref_mut(&mut self) -> &mut Client {
        self.client
    }
}
