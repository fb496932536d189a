//! The meaning that a token has from those around it: a column, a label, a list of names.

use super::tokens::Token;

/// Whether the token at a position stands behind the keyword `AS`, which makes any word a name.
pub(super) fn is_label(tokens: &[Token], position: usize) -> bool {
    let Some(before) = position.checked_sub(1) else {
        return false;
    };
    // `a.as` is a column, and the second word of `AS as` a name.
    tokens[before].is("as") && !is_column(tokens, before) && !is_label(tokens, before)
}

/// Whether the token at a position stands behind a dot.
pub(super) fn is_column(tokens: &[Token], position: usize) -> bool {
    position > 0 && tokens[position - 1] == Token::Symbol('.')
}

/// Whether the word at a position is followed by the `FROM` of `IS [NOT] DISTINCT FROM`.
pub(super) fn compares(tokens: &[Token], distinct: usize) -> bool {
    tokens[distinct].is("distinct")
        && distinct.checked_sub(1).is_some_and(|before| {
            tokens[before].is_any(&["is", "not"]) && !is_column(tokens, before)
        })
}

/// Whether there are names with commas only up to the parenthesis that closes; joined relations have more.
pub(super) fn is_column_list(tokens: &[Token], mut position: usize) -> bool {
    loop {
        match tokens.get(position) {
            Some(Token::Word(_) | Token::Quoted(_) | Token::Slot(_) | Token::Symbol(',')) => {
                let next_to_name = !matches!(tokens[position], Token::Symbol(_))
                    && !matches!(tokens.get(position + 1), Some(Token::Symbol(',' | ')')));
                if next_to_name {
                    return false;
                }
                position += 1;
            }
            Some(Token::Symbol(')')) => return true,
            _ => return false,
        }
    }
}

/// A name with those that follow it behind dots.
pub(super) fn qualified(tokens: &[Token], first: &str, mut end: usize) -> (String, usize) {
    let mut whole = first.to_owned();
    while let (Some(Token::Symbol('.')), Some(Token::Word(next) | Token::Quoted(next))) =
        (tokens.get(end), tokens.get(end + 1))
    {
        whole = format!("{whole}.{next}");
        end += 2;
    }
    (whole, end)
}
