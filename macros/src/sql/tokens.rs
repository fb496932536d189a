//! A statement's tokens, as far as `sql!` looks at them.

use tenantry_sql::{Kind, Unclosed};

use super::slots::SLOT;

/// A token of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A name or keyword, in small letters as PostgreSQL reads it.
    Word(String),
    /// A name in double quotes.
    Quoted(String),
    /// A text in single quotes or dollars, as written.
    Text(String),
    /// A number.
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
    let mut slots = 0..;
    let mut tokens = Vec::new();
    for token in tenantry_sql::tokens(text) {
        let has_slot = token.text.contains(SLOT);
        let found = match token.kind {
            Kind::Open(what) => return Err(not_closed(what)),
            Kind::EscapedName => {
                return Err(
                    "a name with escapes, `U&\"...\"`, can't be looked at\nhelp: write its letters themselves",
                );
            }
            Kind::Symbol if has_slot => slots.next().map(Token::Slot),
            _ if has_slot => {
                return Err(
                    "a slot inside of a text, a quoted name or a comment is not filled in\nhelp: move it out, or double its braces",
                );
            }
            Kind::Word => token.name().map(|name| Token::Word(name.into_owned())),
            Kind::Quoted => token.name().map(|name| Token::Quoted(name.into_owned())),
            Kind::String | Kind::Dollar => Some(Token::Text(token.text.to_owned())),
            Kind::Number => Some(Token::Constant),
            Kind::Parameter => {
                let number = token.text[1..].parse();
                Some(Token::Parameter(
                    number.map_err(|_| "a parameter's number is too large")?,
                ))
            }
            Kind::Space | Kind::Comment => None,
            // Operators and signs are looked at one character at a time.
            _ => {
                tokens.extend(token.text.chars().map(Token::Symbol));
                None
            }
        };
        tokens.extend(found);
    }
    Ok(tokens)
}

fn not_closed(what: Unclosed) -> &'static str {
    match what {
        Unclosed::Comment => "a `/*` is not closed",
        Unclosed::String => "a `'` is not closed",
        Unclosed::Name => "a `\"` is not closed",
        Unclosed::Dollar => "a dollar quote is not closed",
    }
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
