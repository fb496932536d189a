//! Meaning of SQL's tokens as far as names go: which strings are SQL, or the name of something.

use crate::token::{Kind, Token};

/// Meaning of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// It is SQL itself.
    Code,
    /// It is the body of a routine in SQL or PL/pgSQL, or that of `DO`: a string that is SQL inside.
    Body,
    /// It is the body of a routine in another language, in which SQL stands in that language's strings.
    OtherBody,
    /// It is a string that is the name of something, such as `'s.orders'::regclass`.
    Name,
    /// It is a string that is the name of a schema and nothing else, such as `'s'::regnamespace`.
    Schema,
    /// It is an argument of a trigger, which is a text and can't be anything else, and may be meant for a name.
    Argument,
    /// It is any other string, or a comment.
    Text,
}

/// Functions of PostgreSQL whose first argument is a text that is the name of something.
const TAKE_NAMES: [&str; 5] = [
    "nextval",
    "currval",
    "setval",
    "pg_get_serial_sequence",
    "to_reg",
];

/// Types that a string can be on its way to the type of a name.
const TEXTS: [&str; 3] = ["text", "varchar", "cstring"];

/// Key words that end before an expression. A parenthesis behind any other word belongs to a call.
const BEFORE_EXPRESSION: [&str; 12] = [
    "and", "case", "default", "else", "not", "or", "return", "select", "then", "using", "when",
    "where",
];

/// Tells what each token means. The tokens are those of a statement or of several, with or without spaces and comments.
pub fn meanings(tokens: &[Token<'_>]) -> Vec<Meaning> {
    let mut meanings: Vec<Meaning> = tokens
        .iter()
        .map(|token| match token.kind {
            Kind::String | Kind::Dollar | Kind::Comment | Kind::Open(_) => Meaning::Text,
            _ => Meaning::Code,
        })
        .collect();
    let places: Vec<usize> = (0..tokens.len())
        .filter(|&at| !tokens[at].is_blank())
        .collect();
    let solid: Vec<&Token<'_>> = places.iter().map(|&at| &tokens[at]).collect();
    let mut reader = Reader {
        tokens: &solid,
        depth: 0,
        routine: None,
        arguments: None,
    };
    for (at, token) in solid.iter().enumerate() {
        reader.step(at);
        if matches!(token.kind, Kind::String | Kind::Dollar) {
            meanings[places[at]] = reader.string(at);
        }
    }
    meanings
}

/// Reads tokens without spaces and comments.
struct Reader<'a> {
    tokens: &'a [&'a Token<'a>],
    depth: usize,
    /// The depth of the statement that makes a routine, as long as its body has not come.
    routine: Option<usize>,
    /// The depth inside of the parentheses with the arguments of a trigger.
    arguments: Option<usize>,
}

impl Reader<'_> {
    fn get(&self, at: usize) -> Option<&Token<'_>> {
        self.tokens.get(at).copied()
    }

    /// The token so many places before.
    fn back(&self, at: usize, count: usize) -> Option<&Token<'_>> {
        self.get(at.checked_sub(count)?)
    }

    fn is(&self, at: Option<usize>, words: &[&str]) -> bool {
        at.and_then(|at| self.get(at))
            .is_some_and(|token| token.is_any(words))
    }

    fn is_sign(&self, at: Option<usize>, sign: &str) -> bool {
        at.and_then(|at| self.get(at))
            .is_some_and(|token| token.is_sign(sign))
    }

    fn step(&mut self, at: usize) {
        let token = self.tokens[at];
        match token.text {
            "(" => {
                self.depth += 1;
                if self.arguments.is_none() && self.opens_arguments(at) {
                    self.arguments = Some(self.depth);
                }
            }
            ")" => {
                self.depth = self.depth.saturating_sub(1);
                self.arguments = self.arguments.filter(|&depth| depth <= self.depth);
            }
            ";" if self.routine.is_some_and(|depth| self.depth <= depth) => self.routine = None,
            _ if token.is_any(&["function", "procedure"]) && self.is_created(at) => {
                self.routine = Some(self.depth);
            }
            _ => {}
        }
    }

    /// Whether a word stands behind `CREATE` or `CREATE OR REPLACE`.
    fn is_created(&self, at: usize) -> bool {
        self.is(at.checked_sub(1), &["create"])
            || (self.is(at.checked_sub(1), &["replace"])
                && self.is(at.checked_sub(2), &["or"])
                && self.is(at.checked_sub(3), &["create"]))
    }

    /// Whether a parenthesis stands behind `EXECUTE FUNCTION` and a name, as in the definition of a trigger.
    fn opens_arguments(&self, at: usize) -> bool {
        let mut at = at;
        loop {
            let Some(name) = at.checked_sub(1) else {
                return false;
            };
            if self.tokens[name].name().is_none() && self.tokens[name].kind != Kind::EscapedName {
                return false;
            }
            if !self.is_sign(name.checked_sub(1), ".") {
                return self.is(name.checked_sub(1), &["function", "procedure"])
                    && self.is(name.checked_sub(2), &["execute"]);
            }
            at = name - 1;
        }
    }

    fn string(&mut self, at: usize) -> Meaning {
        if let Some(language) = self.language_of_block(at) {
            return body(language.as_deref().unwrap_or("plpgsql"));
        }
        if self.routine == Some(self.depth) && self.is(at.checked_sub(1), &["as"]) {
            let language = self.language_of_routine(at);
            self.routine = None;
            return body(language.as_deref().unwrap_or("sql"));
        }
        let taker = self.type_of_name(at);
        if let Some(taker) = taker.or_else(|| self.function_of_name(at)) {
            let names_schema = taker.is_any(&["regnamespace", "to_regnamespace"]);
            return if names_schema {
                Meaning::Schema
            } else {
                Meaning::Name
            };
        }
        if self.arguments == Some(self.depth) {
            return Meaning::Argument;
        }
        Meaning::Text
    }

    /// The language of `DO`, if the string is the code of one: none if it is not said.
    #[allow(
        clippy::option_option,
        reason = "no block, or no language, or a language"
    )]
    fn language_of_block(&self, at: usize) -> Option<Option<String>> {
        let before = at.checked_sub(1);
        if self.is(before, &["do"]) {
            let is_said = self.is(Some(at + 1), &["language"]);
            return Some(is_said.then(|| self.language(at + 2)).flatten());
        }
        let is_said =
            self.is(at.checked_sub(2), &["language"]) && self.is(at.checked_sub(3), &["do"]);
        is_said.then(|| self.language(at - 1))
    }

    /// The language of a routine, which is said before or behind its body.
    fn language_of_routine(&self, body: usize) -> Option<String> {
        // The word `create` stands nowhere else in such a statement, so the next one begins another.
        let ends = |at: &usize| !self.is_sign(Some(*at), ";") && !self.is(Some(*at), &["create"]);
        let behind = (body..self.tokens.len()).take_while(ends);
        let before = (0..body).rev().take_while(ends);
        let mut places = behind.chain(before);
        let said = places.find(|&at| self.is(Some(at), &["language"]))?;
        self.language(said + 1)
    }

    fn language(&self, at: usize) -> Option<String> {
        let token = self.get(at)?;
        let name = token.name().map(|name| name.to_ascii_lowercase());
        name.or_else(|| Some(token.text.trim_matches('\'').to_ascii_lowercase()))
    }

    /// The type that makes the string the name of something: `'…'::regclass`, `CAST('…' AS regclass)`, `regclass '…'`.
    fn type_of_name(&self, at: usize) -> Option<&Token<'_>> {
        let named = |token: &&Token<'_>| names_type(token);
        if let Some(ty) = self.back(at, 1).filter(named) {
            return Some(ty);
        }
        let is_call = self.is_sign(at.checked_sub(1), "(");
        if is_call && let Some(ty) = self.back(at, 2).filter(named) {
            return Some(ty);
        }
        if is_call && self.is(at.checked_sub(2), &["cast"]) && self.is(Some(at + 1), &["as"]) {
            return self.type_at(at + 2).map(|(ty, _)| ty).filter(named);
        }
        let (mut first, mut last) = (at, at);
        loop {
            if self.is_sign(Some(last + 1), "::") {
                match self.type_at(last + 2) {
                    Some((ty, _)) if names_type(ty) => return Some(ty),
                    Some((ty, end)) if ty.is_any(&TEXTS) => last = end,
                    _ => return None,
                }
            } else if self.is_sign(first.checked_sub(1), "(") && self.is_sign(Some(last + 1), ")") {
                (first, last) = (first - 1, last + 1);
                let before = self.back(first, 1);
                if before
                    .is_some_and(|word| word.name().is_some() && !word.is_any(&BEFORE_EXPRESSION))
                {
                    return None;
                }
            } else {
                return None;
            }
        }
    }

    /// The type at a place, without the schema of PostgreSQL's own types, and the place of its last token.
    fn type_at(&self, at: usize) -> Option<(&Token<'_>, usize)> {
        let is_qualified = self.is(Some(at), &["pg_catalog"]) && self.is_sign(Some(at + 1), ".");
        let at = if is_qualified { at + 2 } else { at };
        Some((self.get(at)?, at))
    }

    /// The function that takes the name of something, if the string is all of its first argument.
    fn function_of_name(&self, at: usize) -> Option<&Token<'_>> {
        let place = at.checked_sub(2)?;
        let function = self.get(place)?;
        let takes_names = function.name().is_some_and(|name| {
            TAKE_NAMES
                .iter()
                .any(|taker| *taker == name || (*taker == "to_reg" && name.starts_with(taker)))
        });
        let is_own = !self.is_sign(place.checked_sub(1), ".")
            || self.is(place.checked_sub(2), &["pg_catalog"]);
        let is_argument = takes_names
            && is_own
            && self.is_sign(Some(at - 1), "(")
            && [",", ")", "::"]
                .iter()
                .any(|sign| self.is_sign(Some(at + 1), sign));
        is_argument.then_some(function)
    }
}

fn body(language: &str) -> Meaning {
    if ["sql", "plpgsql"].contains(&language) {
        Meaning::Body
    } else {
        Meaning::OtherBody
    }
}

/// Whether a token is one of the types whose values are written as names.
fn names_type(token: &Token<'_>) -> bool {
    const TYPES: [&str; 9] = [
        "regclass",
        "regcollation",
        "regconfig",
        "regdictionary",
        "regnamespace",
        "regoper",
        "regoperator",
        "regproc",
        "regprocedure",
    ];
    token.is("regtype") || token.is_any(&TYPES)
}

#[cfg(test)]
mod tests;
