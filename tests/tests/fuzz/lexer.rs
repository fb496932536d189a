//! The lexer beside PostgreSQL's own.
//!
//! Text that can't be understood is refused by the server with the place and the text of the token that it did not expect. After
//! `CREATE OR` it expects `REPLACE` only, so it tells the first token of any text, and runs nothing.

use postgres::error::ErrorPosition;
use postgres::{Client, NoTls};
use tenantry::testing::TestDb;
use tenantry_sql::{Kind, Token, Unclosed, tokens};

use crate::input::{corpus, text};

const PREFIX: &str = "CREATE OR ";

/// The server's answer to a text: the place of a token, and the token, or what is wrong with it.
#[derive(Debug)]
enum Said {
    Token(usize, String),
    End,
    Open(usize),
    /// It refuses a token for what is in it, which is none of a lexer's business.
    Other,
}

fn ask(client: &mut Client, sql: &str) -> Said {
    let whole = format!("{PREFIX}{sql}");
    let error = client.simple_query(&whole).expect_err("nothing follows");
    let Some(error) = error.as_db_error() else {
        panic!("{sql:?}: {error}");
    };
    let place = match error.position() {
        Some(ErrorPosition::Original(place)) => usize::try_from(*place).unwrap() - 1,
        _ => 0,
    };
    let byte = whole
        .char_indices()
        .nth(place)
        .map_or(whole.len(), |(byte, _)| byte);
    let byte = byte.saturating_sub(PREFIX.len());
    let message = error.message();
    let near = message
        .strip_prefix("syntax error at or near \"")
        .and_then(|rest| rest.strip_suffix('"'));
    match near {
        Some(near) => Said::Token(byte, near.to_owned()),
        None if message == "syntax error at end of input" => Said::End,
        None if message.starts_with("unterminated") => Said::Open(byte),
        None => Said::Other,
    }
}

/// Compares the token that a text begins with, and gives whether the server told one.
fn compare(client: &mut Client, sql: &str) -> bool {
    let mut ours = tokens(sql).filter(|token| !matches!(token.kind, Kind::Space | Kind::Comment));
    let first = ours.next();
    if first.is_some_and(|token| token.is("replace")) {
        return false;
    }
    match ask(client, sql) {
        Said::Token(place, near) => {
            let first = first.unwrap_or_else(|| panic!("{sql:?}: the server sees {near:?}"));
            // A token with escapes it shows with its `UESCAPE`.
            let is_escaped = first.text.starts_with(['u', 'U']) && first.kind != Kind::Word;
            let near = if is_escaped && near.starts_with(first.text) {
                first.text
            } else {
                &near
            };
            assert_eq!((first.start, server_text(&first)), (place, near), "{sql:?}");
        }
        Said::End => assert_eq!(first, None, "{sql:?}"),
        // Behind some the server looks at one more, and behind `UESCAPE` at a third.
        Said::Open(place) => assert!(
            first
                .into_iter()
                .chain(ours.take(2))
                .any(|token| { token.start == place && matches!(token.kind, Kind::Open(_)) }),
            "{sql:?}: the server sees something open at {place}"
        ),
        Said::Other => return false,
    }
    true
}

/// The part of a token that the server shows: `N'…'` is two tokens to it.
fn server_text<'a>(token: &Token<'a>) -> &'a str {
    let is_string = matches!(token.kind, Kind::String | Kind::Open(Unclosed::String));
    if is_string && token.text.starts_with(['n', 'N']) {
        &token.text[..1]
    } else {
        token.text
    }
}

fn check_tokens(sql: &str) -> Vec<Token<'_>> {
    let all: Vec<Token<'_>> = tokens(sql).collect();
    let mut end = 0;
    for token in &all {
        assert!(!token.text.is_empty(), "{sql:?}");
        assert_eq!(
            (token.start, &sql[token.range()]),
            (end, token.text),
            "{sql:?}"
        );
        end = token.range().end;
    }
    assert_eq!(end, sql.len(), "{sql:?}");
    all
}

#[test]
fn tokens_are_those_of_postgresql() {
    let db = TestDb::new();
    let mut client = Client::connect(db.url(), NoTls).unwrap();
    let version: String = client
        .query_one("SHOW server_version_num", &[])
        .unwrap()
        .get(0);
    let knows_tabs = version.parse::<u32>().unwrap() >= 160_000;
    let corpus = corpus();
    let mut compared = 0;
    crate::fuzz(|random| {
        let mut sql = text(random, &corpus);
        if !knows_tabs {
            // PostgreSQL 15 does not know the vertical tab.
            sql = sql.replace('\u{b}', " ");
        }
        for token in check_tokens(&sql) {
            if random.below(4) == 0 {
                compared += usize::from(compare(&mut client, &sql[token.start..]));
            }
        }
    });
    assert!(compared > 0);
}
