//! Whose transaction a message is in.

/// Whether a message is a transaction of its own, or a part of the one that the connection is in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Itself,
    Transaction,
}

impl Within {
    /// The beginning of a message. Its statements wait for others and then have to see what these have done, even where
    /// the default isolation of the database is stricter.
    pub(super) fn beginning(self) -> &'static str {
        match self {
            Self::Itself => "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;\n",
            Self::Transaction => "",
        }
    }
}
