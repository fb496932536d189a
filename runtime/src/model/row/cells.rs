//! Rows as values of one column or several, without a word about models.

use super::RowReader;
use crate::value::{Cells, DecodeError, Field};

impl Cells for RowReader<'_> {
    #[inline]
    fn take<T: Field>(&mut self) -> Result<T, DecodeError> {
        RowReader::take(self)
    }

    fn pass_nulls(&mut self, count: usize) -> Result<bool, DecodeError> {
        for ahead in 0..count {
            let index = match &self.found {
                Some(found) => found.get(self.at + ahead).copied(),
                None => Some(self.next + ahead),
            };
            let index = index.ok_or_else(|| self.too_few())?;
            if self.raw(index)?.bytes.is_some() {
                return Ok(false);
            }
        }
        self.position += count;
        match &self.found {
            Some(_) => self.at += count,
            None => self.next += count,
        }
        Ok(true)
    }

    fn enter(
        &mut self,
        name: &'static str,
        columns: &'static [&'static str],
    ) -> Result<(), DecodeError> {
        RowReader::enter(self, name, |names| {
            for column in columns {
                names.add(column);
            }
        })
    }

    fn leave(&mut self) {
        RowReader::leave(self);
    }
}
