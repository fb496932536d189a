//! Statements taken apart.

use std::borrow::Cow;

use tenantry_sql::{Statement, Token};

/// A table, with the slot of its schema as it is written.
pub(super) type LintedTable<'a> = (&'a str, Cow<'a, str>);

pub(super) fn altered<'s, 'a>(
    statement: &'s Statement<'a>,
) -> Option<(LintedTable<'a>, &'s [Token<'a>])> {
    if !statement.begins(&["alter", "table"]) {
        return None;
    }
    let noise = |token: &&Token<'_>| token.is_any(&["if", "exists", "only"]);
    let skipped = statement.tokens[2..].iter().take_while(noise).count();
    let rest = &statement.tokens[2 + skipped..];
    Some((table_at(rest)?, &rest[3..]))
}

/// The statements that each do one of the things that a statement does to a table; or the statement as it is.
pub(super) fn actions<'a>(statement: &Statement<'a>) -> Vec<Statement<'a>> {
    let Some((_, words)) = altered(statement) else {
        return vec![statement.clone()];
    };
    let head = &statement.tokens[..statement.tokens.len() - words.len()];
    let each = items(words).map(|action| Statement {
        tokens: [head, action].concat(),
    });
    each.collect()
}

/// The parts of a list, which are parted by commas.
pub(super) fn items<'s, 'a>(tokens: &'s [Token<'a>]) -> impl Iterator<Item = &'s [Token<'a>]> {
    let mut depth = 0;
    let parts = tokens.split(move |it| {
        depth += i32::from(it.is_sign("(")) - i32::from(it.is_sign(")"));
        depth == 0 && it.is_sign(",")
    });
    parts.filter(|it| !it.is_empty())
}

/// The table whose qualified name stands at the beginning.
pub(super) fn table_at<'a>(tokens: &[Token<'a>]) -> Option<LintedTable<'a>> {
    match tokens {
        [schema, dot, name, ..] if dot.is_sign(".") => Some((schema.text, name.name()?)),
        _ => None,
    }
}

pub(super) fn begins(words: &[Token<'_>], wanted: &[&str]) -> bool {
    words.len() >= wanted.len() && wanted.iter().zip(words).all(|(word, token)| token.is(word))
}

pub(super) fn has_pair(words: &[Token<'_>], one: &str, other: &str) -> bool {
    words
        .windows(2)
        .any(|pair| pair[0].is(one) && pair[1].is(other))
}
