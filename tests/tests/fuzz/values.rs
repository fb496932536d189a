//! The texts that strings stand for, and the names, beside what the server makes of them.

use postgres::{Client, NoTls, SimpleQueryMessage};
use tenantry::testing::TestDb;
use tenantry_sql::{Kind, tokens};

use crate::input::{corpus, text};

/// The value that `SELECT` makes of one string or of one name, or nothing if it refuses it.
fn select(client: &mut Client, sql: &str) -> Option<(String, String)> {
    let answers = client.simple_query(sql).ok()?;
    let row = answers.iter().find_map(|answer| match answer {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    })?;
    Some((
        row.get(0).unwrap_or_default().to_owned(),
        row.columns()[0].name().to_owned(),
    ))
}

#[test]
fn strings_stand_for_what_the_server_reads() {
    let db = TestDb::new();
    let mut client = Client::connect(db.url(), NoTls).unwrap();
    let corpus = corpus();
    let mut compared = 0;
    crate::fuzz(|random| {
        let sql = text(random, &corpus);
        for token in tokens(&sql).filter(|token| !token.text.starts_with(['b', 'B', 'x', 'X'])) {
            if let Some(ours) = token.string() {
                // In parentheses, since what stands before a string could be a type, and what follows it a line of it.
                let Some((theirs, _)) = select(&mut client, &format!("SELECT ({})", token.text))
                else {
                    continue;
                };
                assert_eq!(ours, theirs, "{:?}", token.text);
                compared += 1;
            }
        }
    });
    assert!(compared > 0);
}

#[test]
fn names_are_read_as_the_server_reads_them() {
    let db = TestDb::new();
    let mut client = Client::connect(db.url(), NoTls).unwrap();
    let corpus = corpus();
    let mut compared = 0;
    crate::fuzz(|random| {
        let sql = text(random, &corpus);
        for token in tokens(&sql).filter(|token| matches!(token.kind, Kind::Word | Kind::Quoted)) {
            let Some(mut ours) = token.name().map(String::from) else {
                continue;
            };
            let Some((_, theirs)) = select(&mut client, &format!("SELECT 1 AS {}", token.text))
            else {
                continue;
            };
            // The server cuts longer ones, at a character.
            while ours.len() > 63 {
                ours.pop();
            }
            assert_eq!(ours, theirs, "{:?}", token.text);
            compared += 1;
        }
    });
    assert!(compared > 0);
}
