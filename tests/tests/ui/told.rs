//! Messages of a compiler about a program, as far as it does not depend on its release: how many errors, in which lines, and
//! the words in them that are ours.
//!
//! Ours are whole errors without a code, which macros report, and those of constants that fail, both at the token that we have
//! chosen; of other errors what matches a text in the sources of the runtime, where the words of traits that are not implemented
//! stand: the message, the label of the place, and notes. For those the compiler chooses the place in the line.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use proc_macro2::{TokenStream, TokenTree};

/// An error, as far as every release has to tell it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Mistake {
    /// The line in the program.
    pub(crate) line: u32,
    /// The column in it where we choose the place: of other errors the compiler does.
    pub(crate) column: Option<u32>,
    /// Our words: messages, notes and helps.
    pub(crate) ours: BTreeSet<String>,
    /// Our words at the place itself.
    pub(crate) labels: BTreeSet<String>,
}

/// The texts of the runtime, each as the pieces between its parameters.
pub(crate) struct Words(Vec<Vec<String>>);

/// Beginnings of errors without a code that are the compiler's all the same.
const THEIRS: [&str; 2] = ["cannot find macro", "key-value macro attributes"];

/// Letters that a text has at least, lest it match anything.
const SHORTEST: usize = 12;

impl Words {
    /// Reads the texts in the sources below a folder.
    pub(crate) fn read(folder: &Path) -> Self {
        let mut texts = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("the runtime has sources") {
                let path = entry.expect("the folder can be listed").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let source = fs::read_to_string(&path).expect("it is a source");
                    collect(
                        TokenStream::from_str(&source).expect("it is Rust"),
                        &mut texts,
                    );
                }
            }
        }
        let lines = texts.iter().flat_map(|text| text.lines());
        let long = |pieces: &Vec<String>| pieces.iter().map(String::len).sum::<usize>() >= SHORTEST;
        Self(lines.map(pieces).filter(long).collect())
    }

    /// Whether a line matches one of the texts.
    fn has(&self, line: &str) -> bool {
        self.0.iter().any(|pieces| matches(line, pieces))
    }
}

/// Adds the texts in some tokens.
fn collect(tokens: TokenStream, texts: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect(group.stream(), texts),
            TokenTree::Literal(literal) => {
                let literal = literal.to_string();
                let text = literal
                    .strip_prefix('"')
                    .and_then(|rest| rest.strip_suffix('"'));
                if let Some(text) = text {
                    let text = text.replace("\\\"", "\"").replace("\\n", "\n");
                    texts.push(text.replace("{{", "{").replace("}}", "}"));
                }
            }
            _ => {}
        }
    }
}

/// A text between its parameters, such as `{Self}`.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        let name = behind
            .split_once('}')
            .filter(|(name, _)| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
        pieces.last_mut().expect("there is one").push_str(before);
        if let Some((_, behind)) = name {
            pieces.push(String::new());
            rest = behind;
        } else {
            pieces.last_mut().expect("there is one").push('{');
            rest = behind;
        }
    }
    pieces.last_mut().expect("there is one").push_str(rest);
    pieces
}

/// Whether a line is the pieces with anything between them.
fn matches(line: &str, pieces: &[String]) -> bool {
    let [first, middle @ .., last] = pieces else {
        return pieces.iter().all(|only| line == only);
    };
    let Some(mut rest) = line.strip_prefix(first.as_str()) else {
        return false;
    };
    for piece in middle {
        match rest.split_once(piece.as_str()) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}

/// A part of what is told of an error.
enum Part {
    /// The message, until the place.
    Message,
    /// The place, with the lines around it.
    Place,
    /// Notes and helps, some of them with places of their own.
    Rest,
}

/// Reads the errors in what a compiler has told.
pub(crate) fn read(told: &str, words: &Words) -> Vec<Mistake> {
    let mut mistakes: Vec<Mistake> = Vec::new();
    let mut all_is_ours = false;
    let mut part = Part::Rest;
    for line in told.lines() {
        let text = if line.starts_with("error") {
            let (code, message) = line.split_once(": ").unwrap_or((line, ""));
            let is_theirs = THEIRS.iter().any(|theirs| message.starts_with(theirs));
            all_is_ours = ["error", "error[E0080]"].contains(&code) && !is_theirs;
            part = Part::Message;
            mistakes.push(Mistake::default());
            message
                .strip_prefix("evaluation panicked: ")
                .unwrap_or(message)
        } else {
            line.trim_start()
        };
        let Some(mistake) = mistakes.last_mut() else {
            continue;
        };
        match part {
            Part::Message => {
                // The first place is the error's.
                if let Some(place) = text.strip_prefix("--> ") {
                    let mut numbers = place.rsplit(':').map(|number| number.parse().ok());
                    let column = numbers.next().flatten();
                    mistake.column = column.filter(|_| all_is_ours);
                    mistake.line = numbers.next().flatten().unwrap_or(0);
                    part = Part::Place;
                } else if all_is_ours || words.has(text) {
                    mistake.ours.insert(text.to_owned());
                }
            }
            Part::Place if is_rest(line) => {
                part = Part::Rest;
                mistake.ours.extend(note(text, words));
            }
            Part::Place => {
                if let Some(label) = label(text).filter(|label| words.has(label)) {
                    mistake.labels.insert(label.to_owned());
                }
            }
            Part::Rest => mistake.ours.extend(note(text, words)),
        }
    }
    mistakes
}

/// Leaves out errors that are told again word by word: some releases do so where several expansions lead to one mistake.
pub(crate) fn once(told: &str) -> String {
    let mut errors: Vec<&str> = Vec::new();
    for error in told.split("\n\n").map(|error| error.trim_matches('\n')) {
        if !errors.contains(&error) {
            errors.push(error);
        }
    }
    errors.join("\n\n")
}

/// Leaves of errors that are not ours, by what is recorded, only the lines: another release may word them as it likes, without a code too.
pub(crate) fn beside(mut told: Vec<Mistake>, recorded: &[Mistake]) -> Vec<Mistake> {
    for (told, recorded) in told.iter_mut().zip(recorded) {
        let line_only = |line| Mistake {
            line,
            ..Mistake::default()
        };
        if *recorded == line_only(recorded.line) {
            *told = line_only(told.line);
        }
    }
    told
}

/// Whether a line begins the notes and helps.
fn is_rest(line: &str) -> bool {
    line.trim_start().starts_with("= ") || line.starts_with("note") || line.starts_with("help")
}

/// The words of a line for the place that it points to. A line without anything drawn in it is of a source, and shown without its number
/// if the source is elsewhere.
fn label(text: &str) -> Option<&str> {
    let text = text.strip_prefix('|')?;
    let label = text.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '`');
    let drawn = &text[..text.len() - label.len()];
    (!label.is_empty() && drawn.contains(['^', '-', '_', '|', '~'])).then_some(label)
}

/// A note that is ours.
fn note(text: &str, words: &Words) -> Option<String> {
    let note = text.strip_prefix("= note: ")?;
    words.has(note).then(|| note.to_owned())
}
