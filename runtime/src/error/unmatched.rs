//! References to rows that there are not, where no constraint of the database tells.

use super::{Error, ErrorKind};

/// The code of PostgreSQL for what a constraint would have said.
const FOREIGN_KEY_VIOLATION: &str = "23503";

impl Error {
    /// Says of a refusal that a column references a row that is not there, as a constraint would.
    pub(crate) fn unmatched(mut self, table: &str, column: &str, message: String) -> Self {
        let place = &mut self.0.place;
        place.code = Some(FOREIGN_KEY_VIOLATION.to_owned());
        place.table = Some(table.to_owned());
        place.column = Some(column.to_owned());
        place.schema = None;
        // It has the words of the function only that refuses.
        self.0.cause = None;
        self.retold(ErrorKind::ForeignKey, message)
    }
}
