//! Reading rows, value by value.

use postgres::Row;

use crate::value::{DecodeError, Field, Origins, Raw};

/// Reads the values of a row from left to right.
#[derive(Debug)]
pub struct RowReader<'a> {
    row: &'a Row,
    next: usize,
    origins: Origins,
}

impl<'a> RowReader<'a> {
    pub(crate) fn new(row: &'a Row, origins: Origins) -> Self {
        Self {
            row,
            next: 0,
            origins,
        }
    }

    /// Reads the next value.
    ///
    /// # Errors
    ///
    /// When the row has no further value, or it does not fit `T`; the message names the column.
    pub fn take<T: Field>(&mut self) -> Result<T, DecodeError> {
        let index = self.next;
        self.next += 1;
        let name = self
            .row
            .columns()
            .get(index)
            .map_or("", |column| column.name());
        let mut raw: Raw<'_> = self.row.try_get(index)?;
        raw.origins = self.origins;
        T::from_raw(&raw).map_err(|cause| format!("column `{name}`: {cause}").into())
    }

    /// Whether the next `count` values are all null, as an outer join without a partner leaves them.
    pub(crate) fn skip_nulls(&mut self, count: usize) -> Result<bool, DecodeError> {
        for index in self.next..self.next + count {
            let raw: Raw<'_> = self.row.try_get(index)?;
            if raw.bytes.is_some() {
                return Ok(false);
            }
        }
        self.next += count;
        Ok(true)
    }
}
