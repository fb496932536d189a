//! A statement's tokens, as far as `sql!` looks at them.
//!
//! PostgreSQL's lexical rules for texts, quoted names, dollar quotes and comments are followed, so that nothing inside
//! of those is taken for a word of the statement.

use super::slots::SLOT;

/// A token of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A name or keyword, in small letters as PostgreSQL reads it.
    Word(String),
    /// A name in double quotes.
    Quoted(String),
    /// A text in single quotes or dollars, or a number.
    Constant,
    /// A parameter: `$1`.
    Parameter(u32),
    /// The slot of this position among all.
    Slot(usize),
    /// Any other character.
    Symbol(char),
}

impl Token {
    /// Whether the token is a keyword.
    pub(crate) fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word == keyword)
    }

    /// Whether the token is one of some keywords.
    pub(crate) fn is_any(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.is(keyword))
    }
}

/// Splits a statement whose slots have been taken out. Comments and spaces are left out.
///
/// The error says what is not closed, or that a slot stands where it would not be filled in.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, &'static str> {
    let mut lexer = Lexer {
        rest: text,
        slots: 0,
        tokens: Vec::new(),
    };
    while let Some(letter) = lexer.rest.chars().next() {
        lexer.step(letter)?;
    }
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    rest: &'a str,
    slots: usize,
    tokens: Vec<Token>,
}

impl<'a> Lexer<'a> {
    fn step(&mut self, letter: char) -> Result<(), &'static str> {
        match letter {
            SLOT => {
                self.take(1);
                self.tokens.push(Token::Slot(self.slots));
                self.slots += 1;
            }
            '\'' => self.text(false)?,
            '"' => self.quoted_name()?,
            '$' => self.dollar()?,
            '-' if self.rest.starts_with("--") => {
                let end = self.rest.find(['\n', '\r']).unwrap_or(self.rest.len());
                self.skipped(end)?;
            }
            '/' if self.rest.starts_with("/*") => self.block_comment()?,
            // Any other space of Unicode is a letter for PostgreSQL.
            ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' => {
                self.take(1);
            }
            _ if letter.is_ascii_digit() => {
                self.take(length(self.rest, |c| {
                    c.is_ascii_alphanumeric() || c == '.' || c == '_'
                }));
                self.tokens.push(Token::Constant);
            }
            _ if begins_word(letter) => self.word()?,
            other => {
                self.take(other.len_utf8());
                self.tokens.push(Token::Symbol(other));
            }
        }
        Ok(())
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }

    /// Takes what is no part of the statement's structure.
    fn skipped(&mut self, bytes: usize) -> Result<(), &'static str> {
        if self.take(bytes).contains(SLOT) {
            return Err(
                "a slot inside of a text, a quoted name or a comment is not filled in\nhelp: move it out, or double its braces",
            );
        }
        Ok(())
    }

    fn word(&mut self) -> Result<(), &'static str> {
        let word = self.take(length(self.rest, continues_word));
        // Other letters than these stay as they are written.
        let word = word.to_ascii_lowercase();
        // `e'...'` is a text with escapes; `b`, `n` and `x` are kinds of texts without, and so is `u&`.
        match word.as_str() {
            "e" if self.rest.starts_with('\'') => self.text(true),
            "b" | "n" | "x" if self.rest.starts_with('\'') => self.text(false),
            "u" if self.rest.starts_with("&\"") => Err(
                "a name with escapes, `U&\"...\"`, can't be looked at\nhelp: write its letters themselves",
            ),
            _ => {
                self.tokens.push(Token::Word(word));
                Ok(())
            }
        }
    }

    fn text(&mut self, escapes: bool) -> Result<(), &'static str> {
        let end = closing(self.rest, '\'', escapes).ok_or("a `'` is not closed")?;
        self.skipped(end)?;
        self.tokens.push(Token::Constant);
        Ok(())
    }

    fn quoted_name(&mut self) -> Result<(), &'static str> {
        let end = closing(self.rest, '"', false).ok_or("a `\"` is not closed")?;
        let name = self.rest[1..end - 1].replace("\"\"", "\"");
        self.skipped(end)?;
        self.tokens.push(Token::Quoted(name));
        Ok(())
    }

    /// A parameter, or a text in dollar quotes.
    fn dollar(&mut self) -> Result<(), &'static str> {
        let digits = length(&self.rest[1..], |c| c.is_ascii_digit());
        if digits > 0 {
            let number = self.take(1 + digits)[1..].parse();
            let number = number.map_err(|_| "a parameter's number is too large")?;
            self.tokens.push(Token::Parameter(number));
            return Ok(());
        }
        let tag = length(&self.rest[1..], |c| continues_word(c) && c != '$');
        if self.rest[1 + tag..].starts_with('$') {
            let delimiter = &self.rest[..tag + 2];
            let inside = self.rest[tag + 2..].find(delimiter);
            let inside = inside.ok_or("a dollar quote is not closed")?;
            self.skipped(inside + 2 * delimiter.len())?;
            self.tokens.push(Token::Constant);
        } else {
            self.take(1);
            self.tokens.push(Token::Symbol('$'));
        }
        Ok(())
    }

    /// A comment between `/*` and `*/`, which may have others inside.
    fn block_comment(&mut self) -> Result<(), &'static str> {
        let (mut end, mut depth) = (2, 1);
        while depth > 0 {
            let rest = &self.rest[end..];
            let open = rest.find("/*").unwrap_or(usize::MAX);
            let close = rest.find("*/").ok_or("a `/*` is not closed")?;
            if open < close {
                depth += 1;
                end += open + 2;
            } else {
                depth -= 1;
                end += close + 2;
            }
        }
        self.skipped(end)
    }
}

fn begins_word(letter: char) -> bool {
    letter.is_ascii_alphabetic() || letter == '_' || !letter.is_ascii()
}

fn continues_word(letter: char) -> bool {
    begins_word(letter) || letter.is_ascii_digit() || letter == '$'
}

fn length(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c) || c == SLOT)
        .unwrap_or(text.len())
}

/// Where the text in quotes ends that begins at the first character; a doubled quote does not end it.
fn closing(text: &str, quote: char, escapes: bool) -> Option<usize> {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((position, letter)) = letters.next() {
        if escapes && letter == '\\' {
            letters.next();
        } else if letter == quote && letters.next_if(|(_, next)| *next == quote).is_none() {
            return Some(position + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let tokens = tokens(text).unwrap().into_iter();
        tokens
            .filter_map(|token| match token {
                Token::Word(word) => Some(word),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn words_are_read_in_small_letters() {
        assert_eq!(
            words("SELECT Café.a1, b$2"),
            ["select", "café", "a1", "b$2"]
        );
    }

    #[test]
    fn texts_names_and_comments_have_no_words() {
        let cases = [
            "'it''s from here' x",
            r"e'it\'s from' x",
            r"E'\\' x",
            "n'from' x",
            "$$ from $1 $$ x",
            "$a$ from $$ $b$ $a$ x",
            "-- from\nx",
            "-- from\rx",
            "/* from /* here */ from */ x",
            "\"from \"\"here\" x",
            "x -- from",
        ];
        for case in cases {
            assert_eq!(words(case), ["x"], "{case}");
        }
    }

    #[test]
    fn parameters_and_slots_are_told_from_the_rest() {
        assert_eq!(
            tokens("\u{1} = $12 + 1.5e3").unwrap(),
            [
                Token::Slot(0),
                Token::Symbol('='),
                Token::Parameter(12),
                Token::Symbol('+'),
                Token::Constant,
            ]
        );
    }

    #[test]
    fn what_is_not_closed_or_is_escaped_is_refused() {
        for text in [
            "u&\"a\"", "'a", "'a''", "\"a", "$$ a", "$t$ a $$", "/* a", "/* /* */", r"e'\'",
        ] {
            assert!(tokens(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_slot_that_would_not_be_filled_in_is_refused() {
        for text in [
            "'\u{1}'",
            "\"\u{1}\"",
            "-- \u{1}",
            "/* \u{1} */",
            "$$\u{1}$$",
        ] {
            assert!(tokens(text).is_err(), "{text}");
        }
    }
}
