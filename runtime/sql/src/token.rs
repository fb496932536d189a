//! Tokens.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// A token, and where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// The kind of token.
    pub kind: Kind,
    /// The token as written.
    pub text: &'a str,
    /// Where it begins, in bytes.
    pub start: usize,
}

/// A kind of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A key word, or a name without quotes.
    Word,
    /// A name in double quotes.
    Quoted,
    /// A name in double quotes whose letters can be escaped: `U&"…"`.
    EscapedName,
    /// A string in single quotes, with its prefix, and with the lines that go on with it.
    String,
    /// A string in dollar quotes.
    Dollar,
    /// A number, with letters that follow it at once, which PostgreSQL refuses.
    Number,
    /// A parameter: `$1`.
    Parameter,
    /// An operator, also `=` and `*`.
    Operator,
    /// Any other sign: `::`, `:=` and `..` are one each, the rest are single characters.
    Symbol,
    /// White space.
    Space,
    /// A comment. One that begins with `--` ends before the end of its line.
    Comment,
    /// Something that is not closed, up to the end of the text.
    Open(Unclosed),
}

/// Something that is not closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unclosed {
    /// `/*` without `*/`.
    Comment,
    /// A string in single quotes.
    String,
    /// A name in double quotes.
    Name,
    /// A string in dollar quotes.
    Dollar,
}

impl fmt::Display for Unclosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Comment => "comment",
            Self::String => "string",
            Self::Name => "quoted name",
            Self::Dollar => "string in dollar quotes",
        })
    }
}

/// The reason why a text can't be cut into statements: what is not closed, and where it begins, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Open {
    /// The thing that is not closed.
    pub what: Unclosed,
    /// Where it begins, in bytes.
    pub start: usize,
}

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a {} is not closed", self.what)
    }
}

impl std::error::Error for Open {}

impl<'a> Token<'a> {
    /// Tells whether it is this word without quotes, in whatever case.
    pub fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Tells whether it is one of these words without quotes, in whatever case.
    pub fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    /// Tells whether it is this sign or operator.
    pub fn is_sign(&self, sign: &str) -> bool {
        matches!(self.kind, Kind::Symbol | Kind::Operator) && self.text == sign
    }

    /// Tells whether it is white space or a comment, which mean nothing.
    pub fn is_blank(&self) -> bool {
        matches!(
            self.kind,
            Kind::Space | Kind::Comment | Kind::Open(Unclosed::Comment)
        )
    }

    /// The place of the token in the text, in bytes.
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// The name that it stands for, if it is a word or a name in double quotes.
    ///
    /// PostgreSQL turns the letters of ASCII to small ones in a name without quotes, and no others.
    pub fn name(&self) -> Option<Cow<'a, str>> {
        match self.kind {
            Kind::Word if self.text.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                Some(self.text.to_ascii_lowercase().into())
            }
            Kind::Word => Some(self.text.into()),
            Kind::Quoted => {
                let inner = &self.text[1..self.text.len() - 1];
                Some(if inner.contains('"') {
                    inner.replace("\"\"", "\"").into()
                } else {
                    inner.into()
                })
            }
            _ => None,
        }
    }

    /// The delimiter and what stands between, if it is a string in dollar quotes.
    pub fn dollar_parts(&self) -> Option<(&'a str, &'a str)> {
        if self.kind != Kind::Dollar {
            return None;
        }
        let delimiter = &self.text[..self.text[1..].find('$')? + 2];
        let inner = &self.text[delimiter.len()..self.text.len() - delimiter.len()];
        Some((delimiter, inner))
    }
}
