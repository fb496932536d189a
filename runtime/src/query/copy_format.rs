//! Formats in which a `COPY` writes rows.

use std::borrow::Cow;

use crate::error::{Error, ErrorKind, Result};
use crate::name::quote_literal;

/// A format in which rows are [copied out](crate::query::Query::copy_out).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CopyFormat {
    /// Lines of values with commas between them, for spreadsheets and most other programs.
    Csv(Csv),
    /// PostgreSQL's own text format, with tabs between the values and `\N` for null.
    Text,
    /// PostgreSQL's binary format.
    Binary,
}

/// The way in which CSV is written: with a header of the columns' names, commas, and nothing for null, unless it is said otherwise.
///
/// ```
/// use tenantry::query::Csv;
///
/// let spreadsheet = Csv::new().delimiter(';').names(["Name", "Visits"]);
/// let bare = Csv::new().without_header().null("NULL");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a format does nothing until it is given to `copy_out`"]
pub struct Csv {
    has_header: bool,
    names: Option<Vec<String>>,
    delimiter: char,
    null: String,
}

impl Csv {
    /// CSV with a header, commas, and nothing for null; an empty text is `""`.
    pub fn new() -> Self {
        Self {
            has_header: true,
            names: None,
            delimiter: ',',
            null: String::new(),
        }
    }

    /// Leaves out the header.
    pub fn without_header(mut self) -> Self {
        self.has_header = false;
        self
    }

    /// Writes these names into the header, one for each column.
    pub fn names<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.has_header = true;
        self.names = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Writes another sign between the values than a comma: any of ASCII but a quote and an end of a line.
    pub fn delimiter(mut self, delimiter: char) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// Writes another text for null than nothing. Where a value is that text it is in quotes.
    pub fn null(mut self, null: impl Into<String>) -> Self {
        self.null = null.into();
        self
    }

    /// Refuses signs with which nobody could tell the values apart.
    fn check(&self) -> Result<()> {
        let delimiter = self.delimiter;
        if !delimiter.is_ascii() || matches!(delimiter, '\0' | '"' | '\n' | '\r') {
            let what = format!("{delimiter:?} can't stand between the values of CSV");
            return Err(refused(
                &what,
                "give `delimiter` a sign of ASCII that is neither a quote nor an end of a line",
            ));
        }
        let is_mistaken = |c| c == delimiter || matches!(c, '\0' | '"' | '\n' | '\r');
        if let Some(sign) = self.null.chars().find(|c| is_mistaken(*c)) {
            let what = format!("the text for null has {sign:?} in it, which has a meaning in CSV");
            return Err(refused(
                &what,
                "give `null` a text without quotes, ends of lines and the sign between the values",
            ));
        }
        Ok(())
    }

    /// The line of names, if there is to be one. Those of the columns are known or not.
    fn header(&self, columns: &[Option<Cow<'static, str>>]) -> Result<Option<String>> {
        if !self.has_header {
            return Ok(None);
        }
        let mut line = String::new();
        let given = self.names.as_ref();
        if let Some(given) = given.filter(|given| given.len() != columns.len()) {
            let (names, columns) = (given.len(), columns.len());
            let what = format!("{names} names are given for {columns} columns");
            return Err(refused(
                &what,
                "give `names` one for each column that is selected",
            ));
        }
        for (place, column) in columns.iter().enumerate() {
            let name = match (given, column) {
                (Some(given), _) => &*given[place],
                (None, Some(column)) => column,
                (None, None) => {
                    let place = place + 1;
                    let what =
                        format!("column {place} of what is selected has no name for the header");
                    return Err(refused(
                        &what,
                        "give all with `Csv::new().names([..])`, select into a struct with `#[derive(Row)]`, or write `without_header()`",
                    ));
                }
            };
            if place > 0 {
                line.push(self.delimiter);
            }
            self.push_name(&mut line, name);
        }
        line.push('\n');
        Ok(Some(line))
    }

    fn push_name(&self, line: &mut String, name: &str) {
        let is_special = |c| c == self.delimiter || matches!(c, '"' | '\n' | '\r');
        if name.contains(is_special) || name == self.null || name == "\\." {
            line.push('"');
            line.push_str(&name.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(name);
        }
    }
}

impl Default for Csv {
    fn default() -> Self {
        Self::new()
    }
}

impl From<Csv> for CopyFormat {
    fn from(csv: Csv) -> Self {
        Self::Csv(csv)
    }
}

impl CopyFormat {
    /// The words of a `COPY` for the format, and what stands before its data.
    pub(super) fn options(
        &self,
        columns: &[Option<Cow<'static, str>>],
    ) -> Result<(String, Option<String>)> {
        Ok(match self {
            Self::Csv(csv) => {
                csv.check()?;
                let delimiter = quote_literal(csv.delimiter.encode_utf8(&mut [0; 4]));
                let null = quote_literal(&csv.null);
                let options = format!("FORMAT csv, DELIMITER {delimiter}, NULL {null}");
                (options, csv.header(columns)?)
            }
            Self::Text => ("FORMAT text".to_owned(), None),
            Self::Binary => ("FORMAT binary".to_owned(), None),
        })
    }

    /// How many of the server's messages have no row.
    pub(super) fn messages_without_row(&self) -> u64 {
        // The end of the binary format comes alone.
        u64::from(matches!(self, Self::Binary))
    }
}

fn refused(what: &str, help: &str) -> Error {
    Error::new(ErrorKind::Configuration, what).help(help)
}
