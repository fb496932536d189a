//! Parentheses and brackets: where they open and close, and what stands in them.

use super::tokens::Token;

/// The position of the innermost parenthesis or bracket that is open at a position.
pub(super) fn enclosing(tokens: &[Token], position: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for before in (0..position).rev() {
        match tokens[before] {
            Token::Symbol(')' | ']') => depth += 1,
            Token::Symbol('(' | '[') if depth == 0 => return Some(before),
            Token::Symbol('(' | '[') => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The items between commas in the parentheses that were opened before a position; none in empty ones.
pub(super) fn items(tokens: &[Token], from: usize) -> Vec<&[Token]> {
    let mut items = Vec::new();
    let mut begin = from;
    let mut depth = 0_usize;
    let mut end = tokens.len();
    for (position, token) in tokens.iter().enumerate().skip(from) {
        match token {
            Token::Symbol('(' | '[') => depth += 1,
            Token::Symbol(')' | ']') if depth == 0 => {
                end = position;
                break;
            }
            Token::Symbol(')' | ']') => depth -= 1,
            Token::Symbol(',') if depth == 0 => {
                items.push(&tokens[begin..position]);
                begin = position + 1;
            }
            _ => {}
        }
    }
    if begin < end {
        items.push(&tokens[begin..end]);
    }
    items
}

/// The position behind the parenthesis that closes the one at a position.
pub(super) fn behind(tokens: &[Token], open: usize) -> usize {
    closing(tokens, open + 1, &[]) + 1
}

/// The position of the parenthesis that closes those around a position, or of the first of some words in between.
pub(super) fn closing(tokens: &[Token], from: usize, words: &[&str]) -> usize {
    let mut depth = 0_usize;
    for (position, token) in tokens.iter().enumerate().skip(from) {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') if depth == 0 => return position,
            Token::Symbol(')') => depth -= 1,
            _ if depth == 0 && token.is_any(words) => return position,
            _ => {}
        }
    }
    tokens.len()
}
