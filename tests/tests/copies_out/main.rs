//! Rows that are copied out, as the bytes of a file.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod places;
mod tasks;
mod values;
mod writers;

use std::io::Read;

use tenantry::prelude::*;
use tenantry::testing::TestDb;
use tenantry_tests::tables::shared_table;

/// A table and columns whose names are reserved, and whose deleted rows stay.
#[shared_model(table = "order")]
pub(crate) struct Line {
    #[field(key)]
    id: i64,
    #[field(column = "select")]
    text: Option<String>,
    #[field(column = "a_b")]
    number: i64,
    #[field(soft_delete)]
    gone_at: Option<Timestamp>,
}

/// Texts of what is a sign of some format, or of SQL.
pub(crate) fn texts() -> [Option<&'static str>; 9] {
    [
        None,
        Some(""),
        Some("a,\"b\";"),
        Some("\t\r\n"),
        Some("\\."),
        Some("\\N"),
        Some("'; \\"),
        Some("$1 $$ :: \u{1f418}"),
        Some("NULL"),
    ]
}

/// A line for each of the texts, of which the last is deleted.
pub(crate) fn lines() -> (TestDb, SharedScope) {
    let (database, mut scope) = shared_table::<Line>();
    for text in texts() {
        let new = match text {
            Some(text) => NewLine::new(1).text(text),
            None => NewLine::new(1),
        };
        Line::insert(new).execute(&mut scope).unwrap();
    }
    let last = Line::query().order_by(Line::ID.desc()).first(&mut scope);
    last.unwrap().unwrap().delete(&mut scope).unwrap();
    (database, scope)
}

/// Stores so many lines.
pub(crate) fn many(scope: &mut SharedScope, rows: i64) {
    let fill = sql!(
        "INSERT INTO {Line} ({Line.number}, {Line.text}) SELECT g, repeat('x', 100) FROM generate_series(1, $1) AS s(g)"
    );
    scope.sql(fill).bind(rows).execute().unwrap();
}

/// The bytes that the server copies by hand.
pub(crate) fn by_hand(database: &TestDb, copy: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut client = database.connect();
    let mut reader = client.copy_out(copy).unwrap();
    reader.read_to_end(&mut bytes).unwrap();
    bytes
}
