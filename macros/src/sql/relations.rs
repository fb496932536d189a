//! Where a statement names relations, and which of them it writes to.
//!
//! This is no parser of SQL. It knows the words that a relation follows, and the few places where these words mean
//! something else.

use super::around::{compares, is_column_list, is_label, qualified};
use super::tokens::Token;
use super::with::{Own, with_queries};

/// Text that stands where a relation belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Relation {
    /// A slot, by its position among all.
    Slot { slot: usize, written: bool },
    /// A name, as written.
    Name(String),
}

/// Words in front of a relation that belong to it.
const BEFORE_RELATION: [&str; 3] = ["only", "lateral", "table"];

/// Words that begin a query in parentheses.
const QUERY: [&str; 7] = [
    "select", "values", "with", "table", "insert", "update", "delete",
];

/// Words that end a list of relations. None of them but `set` can be an alias without `AS`. Neither `WHEN` nor `GROUP` by itself
/// is among them: both can be in the condition of a join.
const AFTER_RELATIONS: [&str; 13] = [
    "where",
    "order",
    "having",
    "limit",
    "offset",
    "fetch",
    "union",
    "intersect",
    "except",
    "returning",
    "set",
    "for",
    "window",
];

/// Functions whose arguments are separated by `FROM`.
const FROM_IN_CALL: [&str; 5] = ["extract", "substring", "trim", "overlay", "position"];

/// All relations of a statement but the names of its own `WITH` queries and calls of functions.
pub(crate) fn relations(tokens: &[Token]) -> Vec<Relation> {
    let mut scan = Scan {
        tokens,
        own: with_queries(tokens),
        levels: vec![Level::default()],
        found: Vec::new(),
    };
    let mut position = 0;
    while position < tokens.len() {
        position = scan.step(position);
    }
    scan.found
}

/// A pair of parentheses, or the whole.
#[derive(Debug, Clone, Copy, Default)]
struct Level {
    /// Whether a comma is followed by another relation.
    list: bool,
    /// Whether the relations of the list are written to.
    written: bool,
    /// Whether `FROM` separates a function's arguments.
    call: bool,
}

struct Scan<'a> {
    tokens: &'a [Token],
    own: Vec<Own<'a>>,
    levels: Vec<Level>,
    found: Vec<Relation>,
}

impl Scan<'_> {
    fn level(&mut self) -> &mut Level {
        // The outermost level is never closed, see `step`.
        self.levels.last_mut().expect("the outermost level stays")
    }

    /// Looks at a token, and gives the position of the next to look at.
    fn step(&mut self, position: usize) -> usize {
        let token = &self.tokens[position];
        let before = position.checked_sub(1).map(|before| &self.tokens[before]);
        match token {
            Token::Symbol('(') => self.open(before),
            Token::Symbol(')') if self.levels.len() > 1 => {
                self.levels.pop();
            }
            Token::Symbol(',') if self.level().list => {
                let written = self.level().written;
                return self.relation(position + 1, written, !written);
            }
            // A column, or an alias, of such a name.
            Token::Word(_)
                if before == Some(&Token::Symbol('.')) || is_label(self.tokens, position) => {}
            // A list is ended by `ON CONFLICT DO UPDATE SET`; any other `set` is an alias in it.
            Token::Word(word)
                if AFTER_RELATIONS.contains(&word.as_str())
                    && (word != "set" || before.is_some_and(|token| token.is("update"))) =>
            {
                self.level().list = false;
            }
            Token::Word(word) if word == "group" && self.is_at(position + 1, "by") => {
                self.level().list = false;
            }
            // A query is no argument without parentheses of its own, so these belong to no call: `AS overlay (SELECT ..)`.
            Token::Word(word) if word == "select" => self.level().call = false,
            Token::Word(word) => {
                if let Some(target) = self.follows(word, position) {
                    let list = matches!(word.as_str(), "from" | "using" | "truncate" | "lock");
                    let level = self.level();
                    level.list = level.list || list;
                    level.written = target;
                    let callable = matches!(word.as_str(), "from" | "using" | "join") && !target;
                    return self.relation(position + 1, target, callable);
                }
            }
            _ => {}
        }
        position + 1
    }

    fn is_at(&self, position: usize, word: &str) -> bool {
        self.tokens
            .get(position)
            .is_some_and(|token| token.is(word))
    }

    fn open(&mut self, before: Option<&Token>) {
        let call = before.is_some_and(|token| token.is_any(&FROM_IN_CALL));
        self.levels.push(Level {
            call,
            ..Level::default()
        });
    }

    /// Whether a relation follows the word at a position, and if so whether it is written to.
    fn follows(&mut self, word: &str, position: usize) -> Option<bool> {
        let before = position.checked_sub(1);
        let after = |words: &[&str]| before.is_some_and(|before| self.tokens[before].is_any(words));
        match word {
            "from" if after(&["delete"]) => Some(true),
            "from" if before.is_some_and(|before| compares(self.tokens, before)) => None,
            "from" if self.level().call => None,
            "from" | "join" | "using" | "table" => Some(false),
            // `FOR [NO KEY] UPDATE` locks, `DO UPDATE` and `THEN UPDATE` write where the statement does.
            "update" if after(&["for", "key", "do", "then", "on"]) => None,
            "into" | "update" | "truncate" => Some(true),
            "lock" if before.is_none() => Some(true),
            _ => None,
        }
    }

    /// Notes the relation at a position. `callable` says that it may be a function's result.
    fn relation(&mut self, mut position: usize, written: bool, callable: bool) -> usize {
        while let Some(token) = self.tokens.get(position) {
            // A table can be called `rows`.
            let is_list = token.is("rows") && self.is_at(position + 1, "from");
            if !is_list && !token.is_any(&BEFORE_RELATION) {
                break;
            }
            position += if is_list { 2 } else { 1 };
        }
        let name = match self.tokens.get(position) {
            Some(Token::Slot(slot)) => {
                self.found.push(Relation::Slot {
                    slot: *slot,
                    written,
                });
                return position + 1;
            }
            Some(Token::Symbol('(')) => return self.parenthesis(position, written, callable),
            Some(Token::Word(name) | Token::Quoted(name)) => name,
            _ => return position,
        };
        let (whole, end) = qualified(self.tokens, name, position + 1);
        let call = callable && matches!(self.tokens.get(end), Some(Token::Symbol('(')));
        let own =
            !written && end == position + 1 && self.own.iter().any(|own| own.is(name, position));
        if !call && !own {
            self.found.push(Relation::Name(whole));
        }
        end
    }

    /// A query in parentheses, or relations there: joined ones, or the one in `DELETE FROM ONLY (relation)`.
    fn parenthesis(&mut self, position: usize, written: bool, callable: bool) -> usize {
        let inside = self.tokens.get(position + 1);
        self.open(None);
        if inside.is_some_and(|token| token.is_any(&QUERY)) {
            return position + 1;
        }
        // `JOIN ... USING (a, b)` has columns in its parentheses.
        let before = position.checked_sub(1).map(|before| &self.tokens[before]);
        if before.is_some_and(|token| token.is("using"))
            && is_column_list(self.tokens, position + 1)
        {
            return position + 1;
        }
        self.relation(position + 1, written, callable)
    }
}

#[cfg(test)]
mod tests;
