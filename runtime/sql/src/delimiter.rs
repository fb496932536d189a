//! Where the delimiters of strings in dollar quotes are in a text.

use std::collections::HashMap;

use crate::quote;

/// All delimiters of a text with their places. With them, strings within strings are found without a search for each.
#[derive(Debug)]
pub(crate) struct Delimiters<'a>(HashMap<&'a str, Vec<usize>>);

impl<'a> Delimiters<'a> {
    pub(crate) fn of(sql: &'a str) -> Self {
        let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
        for (start, _) in sql.match_indices('$') {
            if let Some(end) = quote::delimiter(sql.as_bytes(), start) {
                places.entry(&sql[start..end]).or_default().push(start);
            }
        }
        Self(places)
    }

    /// Where a delimiter begins for the first time from a place on.
    pub(crate) fn next(&self, delimiter: &str, from: usize) -> Option<usize> {
        let places = self.0.get(delimiter)?;
        let next = places.partition_point(|&place| place < from);
        places.get(next).copied()
    }
}
