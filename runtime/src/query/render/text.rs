//! The text of a statement, and its parameters in the order of their numbers.

use std::fmt;

use sea_query::{QueryBuilder, SqlWriter, Value};

use super::outline::Place;
use crate::value::Param;

/// Takes the text as sea-query writes it. A parameter that stands in several places has one number.
pub(super) struct Text {
    sql: String,
    /// Of each parameter that was collected, its number in the text.
    numbers: Vec<Option<usize>>,
    collected: Vec<Param>,
    places: Vec<Place>,
    /// How many parameters stand before.
    before: usize,
    written: Vec<Param>,
    written_places: Vec<Place>,
}

impl Text {
    /// Takes the parameters that were collected, and where each is in the query. Their numbers begin behind those before.
    pub(super) fn of(collected: Vec<Param>, places: Vec<Place>, before: usize) -> Self {
        Self {
            before,
            sql: String::with_capacity(256),
            numbers: vec![None; collected.len()],
            written: Vec::with_capacity(collected.len()),
            written_places: Vec::new(),
            collected,
            places,
        }
    }

    /// The text, its parameters, and where each of these is in the query.
    pub(super) fn into_parts(self) -> (String, Vec<Param>, Vec<Place>) {
        (self.sql, self.written, self.written_places)
    }

    fn number(&mut self, index: usize) -> usize {
        *self.numbers[index].get_or_insert_with(|| {
            self.written.push(self.collected[index].clone());
            self.written_places.push(self.places[index]);
            self.before + self.written.len()
        })
    }
}

impl SqlWriter for Text {
    fn push_param<T: QueryBuilder>(&mut self, value: Value, _: &T) {
        let Value::BigUnsigned(Some(index)) = value else {
            unreachable!("no other value is given to sea-query: {value:?}")
        };
        let index = usize::try_from(index).expect("the index was made from a length");
        let number = self.number(index);
        self.sql.push('$');
        self.sql.push_str(&number.to_string());
    }

    fn as_writer(&mut self) -> &mut dyn fmt::Write {
        self
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.sql.push_str(text);
        Ok(())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sql)
    }
}
