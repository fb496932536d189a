//! One odd row hides no other.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry::value::Unbounded;
use tenantry_tests::tables::shared_table;

use super::by_hand;

/// How far something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
enum Progress {
    Open,
    Done,
}

#[shared_model]
#[derive(Debug)]
struct Event {
    #[field(key)]
    id: i64,
    at: Timestamp,
    local: chrono::NaiveDateTime,
    day: Date,
    clock: chrono::NaiveTime,
    other: time::Time,
    progress: Progress,
}

#[test]
fn a_row_that_does_not_fit_is_an_error_and_the_others_are_read() {
    let (database, mut scope) = shared_table::<Event>();
    by_hand(
        &database,
        "ALTER TABLE shared.events DROP CONSTRAINT events_progress_check",
    );
    let usual = [
        "2026-01-01",
        "2026-01-01",
        "2026-01-01",
        "1:00",
        "1:00",
        "open",
    ];
    let odd = [
        (0, "9999-12-31T00:00Z"),
        (0, "infinity"),
        (0, "-infinity"),
        (1, "294276-12-31"),
        (1, "infinity"),
        (2, "10000-01-01"),
        (2, "-infinity"),
        (3, "24:00"),
        (4, "24:00"),
        (5, "lost"),
    ];
    let columns = ["at", "local", "day", "clock", "other", "progress"];
    for (column, value) in odd {
        let mut values = usual;
        values[column] = value;
        for values in [usual, values] {
            by_hand(
                &database,
                &format!(
                    "INSERT INTO shared.events (at, local, day, clock, other, progress) VALUES ('{}')",
                    values.join("', '")
                ),
            );
        }
    }
    assert_eq!(
        Event::query().all(&mut scope).unwrap_err().kind(),
        ErrorKind::Decode
    );
    let rows = Event::query()
        .order_by(Event::ID.asc())
        .try_all(&mut scope)
        .unwrap();
    let raw = sql!("SELECT * FROM {Event} ORDER BY {Event.id}");
    let raw = scope.sql(raw).try_rows::<Stored<Event>>().unwrap();
    for rows in [rows, raw] {
        assert_eq!(rows.len(), 2 * odd.len());
        for (number, row) in rows.into_iter().enumerate() {
            if number % 2 == 0 {
                assert_eq!(row.unwrap().progress, Progress::Open);
                continue;
            }
            let (column, value) = odd[number / 2];
            let error = row.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{value}");
            let text = error.to_string();
            let key = format!("key {}", number + 1);
            for word in ["Event", columns[column], &key] {
                assert!(text.contains(word), "`{word}` of {value} in {text}");
            }
        }
    }
    // The way round: another type, for the column or as text.
    let types = sql!("SELECT {Event.at} FROM {Event} WHERE {Event.id} = 4");
    let until: Unbounded<Timestamp> = scope.sql(types).row().unwrap();
    assert_eq!(until, Unbounded::Infinity);
    assert_eq!(
        Event::update_where(Event::ID.eq(2))
            .set(Event::AT, Timestamp::UNIX_EPOCH)
            .execute(&mut scope)
            .unwrap(),
        1
    );
    assert!(Event::find(2).one(&mut scope).is_ok());
}
