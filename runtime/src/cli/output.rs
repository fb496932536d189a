//! Output of the commands: results to one stream, errors and questions to the other.

use std::error::Error as _;
use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde::Serialize;

use crate::error::Error;
use crate::migrate::Failure;

/// The two streams that a command writes to.
///
/// Writing never fails: a migration does not stop half-way because nobody reads its report. What went wrong is kept
/// for the end.
pub(super) struct Console<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    trouble: Option<io::Error>,
    /// Whether to print errors in full.
    is_verbose: bool,
    /// Whether it was said how to see errors in full.
    is_noted: bool,
}

/// Says how to see what a message leaves out.
const NOTE: &str = "note: `--verbose` shows it in full, values of rows included";

impl<'a> Console<'a> {
    pub(super) fn new(out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Self {
            out,
            err,
            trouble: None,
            is_verbose: false,
            is_noted: false,
        }
    }

    /// Has errors printed in full, also where they quote the values of rows.
    pub(super) fn verbose(mut self, is_verbose: bool) -> Self {
        self.is_verbose = is_verbose;
        self
    }

    /// Whether errors are printed in full.
    pub(super) fn is_verbose(&self) -> bool {
        self.is_verbose
    }

    /// Prints a line of the result.
    pub(super) fn line(&mut self, text: impl fmt::Display) {
        self.keep(|console| writeln!(console.out, "{text}"));
    }

    /// Prints a text that ends with its line.
    pub(super) fn text(&mut self, text: &str) {
        let end = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        self.keep(|console| write!(console.out, "{text}{end}"));
    }

    /// Prints a value as indented JSON.
    pub(super) fn json(&mut self, value: &impl Serialize) {
        let text = serde_json::to_string_pretty(value).expect("what is printed has text keys only");
        self.line(text);
    }

    /// Prints a value as JSON, on a line of its own.
    pub(super) fn json_line(&mut self, value: &impl Serialize) {
        let text = serde_json::to_string(value).expect("what is printed has text keys only");
        self.line(text);
    }

    /// Prints a question, and leaves the cursor behind it.
    pub(super) fn ask(&mut self, question: &str) {
        // Whoever does not see the question does not confirm it.
        let _ = write!(self.err, "{question}").and_then(|()| self.err.flush());
    }

    /// Prints an error with its causes and what to do.
    pub(super) fn error(&mut self, error: &Error) {
        let details = error.details();
        self.complain(with_details(
            &explain(error),
            details.as_deref(),
            self.is_verbose,
        ));
    }

    /// Prints why something failed.
    pub(super) fn failure(&mut self, failure: &Failure) {
        let mut details = failure.details.as_deref();
        if details.is_some() && !self.is_verbose {
            // Once is enough for all.
            details = details.filter(|_| !self.is_noted);
            self.is_noted = true;
        }
        self.complain(with_details(&failure.message, details, self.is_verbose));
    }

    /// Prints what is to be known beside the result.
    pub(super) fn note(&mut self, text: impl fmt::Display) {
        let _ = writeln!(self.err, "{text}");
    }

    /// Prints what went wrong.
    pub(super) fn complain(&mut self, message: impl fmt::Display) {
        // There is nowhere left to say that errors can't be printed.
        let _ = writeln!(self.err, "error: {message}");
    }

    /// Writes out what is still held back, and tells whether all of the result was printed.
    ///
    /// A reader that has read enough, as `head` does, is no trouble.
    pub(super) fn finish(mut self) -> bool {
        self.keep(|console| console.out.flush());
        match self.trouble.take() {
            Some(trouble) if trouble.kind() != io::ErrorKind::BrokenPipe => {
                let message = format!("can't print the result: {trouble}");
                self.complain(message);
                false
            }
            _ => true,
        }
    }

    fn keep(&mut self, write: impl FnOnce(&mut Self) -> io::Result<()>) {
        if self.trouble.is_none() {
            self.trouble = write(self).err();
        }
    }
}

/// Adds the words of whoever refused it, or how to see them, before what to do.
fn with_details(text: &str, details: Option<&str>, is_verbose: bool) -> String {
    let Some(details) = details else {
        return text.to_owned();
    };
    let (message, help) = text.split_at(text.find("\nhelp: ").unwrap_or(text.len()));
    if is_verbose {
        format!("{message}\nin full: {details}{help}")
    } else {
        format!("{message}\n{NOTE}{help}")
    }
}

/// An error's message, then its causes, then what to do.
pub(super) fn explain(error: &Error) -> String {
    let text = error.to_string();
    let (message, help) = match text.find("\nhelp: ") {
        Some(at) => text.split_at(at),
        None => (text.as_str(), ""),
    };
    let mut explained = message.to_owned();
    let mut cause = error.source();
    while let Some(error) = cause {
        // What the server said is in the message already, except for the values of rows, which don't belong in logs. They are in
        // what comes after it, too.
        if error.is::<postgres::Error>() {
            break;
        }
        if !text.contains(&error.to_string()) {
            write!(explained, "\ncause: {error}").expect("a string takes all text");
        }
        cause = error.source();
    }
    explained.push_str(help);
    explained
}

/// Rows of text in aligned columns.
#[derive(Debug, Default)]
pub(super) struct TextTable {
    rows: Vec<Vec<String>>,
}

impl TextTable {
    /// A table with a heading.
    pub(super) fn new<const N: usize>(heading: [&str; N]) -> Self {
        let rows = vec![heading.map(str::to_owned).to_vec()];
        Self { rows }
    }

    /// Adds a row of however many cells.
    pub(super) fn cells(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }
}

impl fmt::Display for TextTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut widths: Vec<usize> = Vec::new();
        for row in &self.rows {
            widths.resize(widths.len().max(row.len()), 0);
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        for (number, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths);
            let padded: Vec<String> = cells
                .map(|(cell, &width)| format!("{cell:width$}"))
                .collect();
            let end = if number == 0 { "" } else { "\n" };
            write!(f, "{end}{}", padded.join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// A number and what is counted: `1 tenant`, `2 tenants`.
pub(super) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// A time, to the second.
pub(super) fn moment(time: SystemTime) -> String {
    Timestamp::try_from(time)
        .map(|time| time.strftime("%F %T UTC").to_string())
        .unwrap_or_default()
}

/// A span of time, as exactly as a guess can be.
pub(super) fn about(time: Duration) -> String {
    let seconds = time.as_secs_f64().ceil();
    if seconds < 120.0 {
        format!("{seconds} s")
    } else {
        format!("{} min", (seconds / 60.0).ceil())
    }
}

/// A span of time that was measured.
pub(super) fn milliseconds(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}

/// The first few of a list, and how many more there are.
pub(super) fn some_of<T: fmt::Display>(all: &[T]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = all.iter().take(SHOWN).map(ToString::to_string).collect();
    let shown = shown.join(", ");
    match all.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = TextTable::new(["KEY", "STATE"]);
        table.row(["acme".to_owned(), "active".to_owned()]);
        table.row(["é".to_owned(), String::new()]);
        assert_eq!(table.to_string(), "KEY   STATE\nacme  active\né");
    }

    #[test]
    fn an_error_ends_with_what_to_do() {
        let cause = io::Error::other("the disk is full");
        let error = Error::new(ErrorKind::Chain, "can't write `x`\nhelp: make room").because(cause);
        assert_eq!(
            explain(&error),
            "can't write `x`\ncause: the disk is full\nhelp: make room"
        );
    }

    #[test]
    fn a_cause_that_is_told_already_is_not_told_twice() {
        let cause = io::Error::other("the disk is full");
        let error = Error::new(ErrorKind::Chain, "can't write: the disk is full").because(cause);
        assert_eq!(explain(&error), "can't write: the disk is full");
    }

    #[test]
    fn a_long_list_is_cut() {
        assert_eq!(some_of(&[1, 2, 3, 4, 5]), "1, 2, 3, 4, 5");
        assert_eq!(some_of(&[1, 2, 3, 4, 5, 6, 7]), "1, 2, 3, 4, 5 and 2 more");
    }

    /// A stream that takes nothing.
    struct Broken(io::ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_enough_is_no_trouble_and_a_full_disk_is() {
        for (kind, printed) in [
            (io::ErrorKind::BrokenPipe, true),
            (io::ErrorKind::StorageFull, false),
        ] {
            let (mut out, mut err) = (Broken(kind), Vec::new());
            let mut console = Console::new(&mut out, &mut err);
            console.line("one");
            console.line("two");
            assert_eq!(console.finish(), printed, "{kind}");
            assert_eq!(err.is_empty(), printed, "{kind}");
        }
    }
}
