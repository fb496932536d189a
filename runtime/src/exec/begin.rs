//! The kind of transaction that is begun.

use crate::error::{Error, ErrorKind};

/// Isolation and access of a transaction that is about to begin. What is not said is as the database has it by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Begin {
    pub(crate) isolation: Option<Isolation>,
    pub(crate) access: Option<Access>,
    pub(crate) is_deferrable: bool,
    /// Whether it is run again after a conflict, so that it is none inside of another.
    pub(crate) is_retried: bool,
    /// How many milliseconds its statements wait for a lock.
    pub(crate) lock_timeout: Option<u32>,
}

/// Degree to which a transaction sees what others do meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// Each statement sees what was committed before it.
    ReadCommitted,
    /// All statements see what was committed before the first.
    RepeatableRead,
    /// As if there were no others at the same time.
    Serializable,
}

/// Permission of a transaction to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It may.
    ReadWrite,
    /// It may not.
    ReadOnly,
}

impl Begin {
    /// Returns the text that begins it, or a savepoint inside of so many: one message.
    pub(super) fn sql(self, depth: u32) -> String {
        let begin = match depth {
            0 => self.begin(),
            depth => format!("SAVEPOINT tenantry_{depth}"),
        };
        match self.lock_timeout {
            Some(milliseconds) => format!("{begin}; SET LOCAL lock_timeout = {milliseconds}"),
            None => begin,
        }
    }

    fn begin(self) -> String {
        let isolation = self.isolation.map(|isolation| match isolation {
            Isolation::ReadCommitted => "ISOLATION LEVEL READ COMMITTED",
            Isolation::RepeatableRead => "ISOLATION LEVEL REPEATABLE READ",
            Isolation::Serializable => "ISOLATION LEVEL SERIALIZABLE",
        });
        let access = self.access.map(|access| match access {
            Access::ReadWrite => "READ WRITE",
            Access::ReadOnly => "READ ONLY",
        });
        let deferrable = self.is_deferrable.then_some("DEFERRABLE");
        let modes: Vec<&str> = [isolation, access, deferrable]
            .into_iter()
            .flatten()
            .collect();
        if modes.is_empty() {
            return "BEGIN".to_owned();
        }
        format!("BEGIN {}", modes.join(", "))
    }

    /// Refuses to begin inside of another transaction what can't be a part of it.
    pub(super) fn nested(self) -> Result<(), Error> {
        let message = if self.is_retried {
            "a transaction that is run again after a conflict can't begin inside of another: all of that has to be run again\n\
             help: have the outermost transaction `retrying`, and use `transaction` here"
        } else if (self.isolation, self.access) != (None, None) {
            "a transaction inside of another is a savepoint, and has the isolation and access of that\n\
             help: give both to the outermost transaction, and use `transaction` here"
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::Nested, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_said_in_the_statement_that_begins() {
        assert_eq!(Begin::default().sql(0), "BEGIN");
        let report = Begin {
            isolation: Some(Isolation::Serializable),
            access: Some(Access::ReadOnly),
            is_deferrable: true,
            ..Begin::default()
        };
        assert_eq!(
            report.sql(0),
            "BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE"
        );
        let write = Begin {
            isolation: Some(Isolation::ReadCommitted),
            access: Some(Access::ReadWrite),
            ..Begin::default()
        };
        assert_eq!(
            write.sql(0),
            "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE"
        );
    }
}
