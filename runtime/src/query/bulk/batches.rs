//! New rows, as many at a time as a statement takes.

use std::collections::VecDeque;
use std::iter::Peekable;

use super::insertion::{Values, fits_arrays};
use super::seen::SeenValues;
use crate::error::{Error, ErrorKind, Result};
use crate::model::ModelDef;
use crate::query::error::unsendable;
use crate::query::fits::check_stored;
use crate::value::{DecodeError, Param};

/// How many rows are in one statement.
pub(super) const ROWS: usize = 16_384;

/// How many bytes of values are in one statement, but for the last row.
pub(super) const BYTES: usize = 4 * 1024 * 1024;

/// How many rows are in one statement that has a parameter for each value.
pub(super) const SINGLY: usize = 1_000;

/// How many parameters PostgreSQL takes.
pub(super) const PARAMETERS: usize = 65_535;

/// The values of new rows, before anybody has looked at them.
pub(super) type Unread<'r> = Box<dyn Iterator<Item = Result<Values, DecodeError>> + Send + 'r>;

/// New rows that are still to be inserted.
pub(super) struct Batches<'r> {
    model: &'static ModelDef,
    rows: Peekable<Unread<'r>>,
    /// How many rows have been read.
    read: usize,
    /// Those that were read and are in no statement yet, and the bytes of their values.
    waiting: VecDeque<Values>,
    bytes: usize,
    /// The columns of which each value may be there once, if that counts.
    once: Option<Once>,
}

impl<'r> Batches<'r> {
    pub(super) fn new(
        model: &'static ModelDef,
        rows: Unread<'r>,
        once: Option<Vec<usize>>,
    ) -> Self {
        Self {
            model,
            rows: rows.peekable(),
            read: 0,
            waiting: VecDeque::new(),
            bytes: 0,
            once: once.map(Once::new),
        }
    }

    /// Returns the rows of the next statement; none when all have been returned. A statement by arrays has rows that give the
    /// same columns.
    pub(super) fn next(&mut self) -> Result<Vec<Values>> {
        self.read()?;
        let Some(first) = self.waiting.front() else {
            return Ok(Vec::new());
        };
        let alike = if fits_arrays(self.model, first) {
            let gives_the_same = |row: &&Values| {
                let mut both = row.iter().zip(first);
                both.all(|(one, other)| one.is_some() == other.is_some())
            };
            self.waiting.iter().take_while(gives_the_same).count()
        } else {
            0
        };
        let singly = SINGLY.min(PARAMETERS / 2 / self.model.columns.len().max(1));
        let count = if alike == self.waiting.len() || alike >= singly {
            alike
        } else {
            singly.max(1).min(self.waiting.len())
        };
        let rows: Vec<Values> = self.waiting.drain(..count).collect();
        self.bytes -= rows.iter().map(bytes).sum::<usize>();
        Ok(rows)
    }

    /// Tells whether another statement follows.
    pub(super) fn has_more(&mut self) -> bool {
        !self.waiting.is_empty() || self.rows.peek().is_some()
    }

    /// Reads as many rows as may wait.
    fn read(&mut self) -> Result<()> {
        let operation = if self.once.is_some() {
            "upsert"
        } else {
            "insert"
        };
        while self.waiting.len() < ROWS && self.bytes < BYTES {
            let Some(row) = self.rows.next() else { break };
            self.read += 1;
            let row = row.map_err(unsendable);
            let row = row.and_then(|row| self.check(row));
            let row = row.and_then(|row| match &mut self.once {
                Some(once) => once.check(self.model, self.read, row),
                None => Ok(row),
            });
            let row = row.map_err(|error| {
                let message = format!("row {} of those given: {}", self.read, error.message());
                let kind = error.kind();
                error.retold(kind, message).in_model(self.model, operation)
            })?;
            self.bytes += bytes(&row);
            self.waiting.push_back(row);
        }
        Ok(())
    }

    fn check(&self, row: Values) -> Result<Values> {
        for (def, value) in self.model.columns.iter().zip(&row) {
            if let Some(value) = value {
                check_stored(def, value)?;
            }
        }
        Ok(row)
    }
}

/// The values of rows in some columns, of which each may be there once.
struct Once {
    columns: Vec<usize>,
    seen: SeenValues,
}

impl Once {
    fn new(columns: Vec<usize>) -> Self {
        Self {
            columns,
            seen: SeenValues::default(),
        }
    }

    fn check(&mut self, model: &ModelDef, number: usize, row: Values) -> Result<Values> {
        let values = self.columns.iter().map(|&column| row[column].as_ref());
        let values = values.map(|value| value.filter(|value| !value.is_null()));
        // A null is like no other.
        let Some(values) = values.collect::<Option<Vec<&Param>>>() else {
            return Ok(row);
        };
        let bytes: Vec<&[u8]> = values.iter().map(|value| value.bytes()).collect();
        let Some(first) = self.seen.note(&bytes, number) else {
            return Ok(row);
        };
        let columns = self
            .columns
            .iter()
            .map(|&column| model.columns[column].field);
        let columns: Vec<String> = columns.map(|field| format!("`{field}`")).collect();
        let message = format!(
            "it has the same {} as row {first}, and would change what that has just written\nhelp: give only one of them",
            columns.join(", ")
        );
        Err(Error::new(ErrorKind::Unique, message))
    }
}

fn bytes(row: &Values) -> usize {
    let values = row.iter().flatten();
    values.map(|value: &Param| value.bytes().len()).sum()
}
