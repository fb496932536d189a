//! The queries in `WITH`, and where their names stand for them.

use super::parentheses::{behind, closing};
use super::tokens::Token;

/// The name of a query in `WITH`, and the positions of the tokens among which it means that query.
#[derive(Debug)]
pub(super) struct Own<'a> {
    name: &'a str,
    from: usize,
    to: usize,
}

impl Own<'_> {
    /// Whether a name at a position is that of the query, and not of a table.
    pub(super) fn is(&self, name: &str, position: usize) -> bool {
        self.name == name && (self.from..self.to).contains(&position)
    }
}

/// All queries in `WITH` of a statement.
pub(super) fn with_queries(tokens: &[Token]) -> Vec<Own<'_>> {
    let words = tokens.iter().enumerate();
    words
        .filter(|(_, token)| token.is("with"))
        .flat_map(|(position, _)| clause(tokens, position))
        .collect()
}

/// The queries of the `WITH` at a position: a name, perhaps columns, `AS`, and a query in parentheses.
fn clause(tokens: &[Token], with: usize) -> Vec<Own<'_>> {
    let mut position = with + 1;
    let recursive = is_at(tokens, position, &["recursive"]);
    position += usize::from(recursive);
    let (begin, to) = (position, scope_end(tokens, with));
    let mut queries = Vec::new();
    while let Some(Token::Word(name) | Token::Quoted(name)) = tokens.get(position) {
        position += 1;
        if tokens.get(position) == Some(&Token::Symbol('(')) {
            position = behind(tokens, position);
        }
        if !is_at(tokens, position, &["as"]) {
            break;
        }
        position += 1;
        while is_at(tokens, position, &["not", "materialized"]) {
            position += 1;
        }
        if tokens.get(position) != Some(&Token::Symbol('(')) {
            break;
        }
        position = behind(tokens, position);
        // Unless it is recursive, a query does not see itself: its own name is that of a table in there.
        let from = if recursive { begin } else { position };
        queries.push(Own { name, from, to });
        if tokens.get(position) != Some(&Token::Symbol(',')) {
            break;
        }
        position += 1;
    }
    queries
}

fn is_at(tokens: &[Token], position: usize, words: &[&str]) -> bool {
    tokens
        .get(position)
        .is_some_and(|token| token.is_any(words))
}

/// Where the names of a `WITH` end: with its parentheses, or with the query that an `INSERT` takes rows from.
fn scope_end(tokens: &[Token], with: usize) -> usize {
    let before = with.checked_sub(1).map(|before| &tokens[before]);
    let begins = before.is_none_or(|token| *token == Token::Symbol('('));
    let ends: &[&str] = if begins {
        &[]
    } else {
        &["returning", "conflict"]
    };
    closing(tokens, with, ends)
}
