//! The settings of a role or database change nothing of what the same calls do.

use tenantry::prelude::*;
use tenantry::structure::{State, drift};
use tenantry::testing::TestDb;
use tenantry::{ErrorKind, SchemaName};
use tenantry_tests::tables::shared_table;

#[shared_model]
#[derive(Debug)]
struct Visit {
    #[field(key)]
    id: i64,
    word: String,
    count: i64,
    day: Date,
    at: Timestamp,
    local: jiff::civil::DateTime,
    hour: jiff::civil::Time,
    #[field(auto_now_add)]
    made_on: Date,
    #[field(auto_now_add)]
    made_at: jiff::civil::DateTime,
    #[field(auto_now)]
    seen: Timestamp,
    #[field(auto_now)]
    seen_on: Date,
    #[field(auto_now)]
    seen_at: jiff::civil::DateTime,
    #[field(auto_now)]
    chrono_at: chrono::NaiveDateTime,
    #[field(auto_now)]
    time_on: time::Date,
}

/// Zones in which it is never the same day, and forms of which one is never read as the other.
const SETTINGS: [[(&str, &str); 6]; 2] = [
    [
        ("TimeZone", "Pacific/Kiritimati"),
        ("DateStyle", "SQL, DMY"),
        ("IntervalStyle", "sql_standard"),
        ("bytea_output", "escape"),
        ("array_nulls", "off"),
        ("transform_null_equals", "on"),
    ],
    [
        ("TimeZone", "Etc/GMT+12"),
        ("DateStyle", "German, MDY"),
        ("IntervalStyle", "iso_8601"),
        ("bytea_output", "hex"),
        ("array_nulls", "on"),
        ("transform_null_equals", "off"),
    ],
];

/// Returns a scope in sessions that have some settings of their database.
fn set(settings: &[(&str, &str)]) -> (TestDb, SharedScope) {
    let (database, scope) = shared_table::<Visit>();
    drop(scope);
    for (name, value) in settings {
        let set = format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET {name} TO %L', current_database(), '{value}'); END $$"
        );
        database.connect().batch_execute(&set).unwrap();
    }
    let scope = Database::connect(database.url()).unwrap().shared().unwrap();
    (database, scope)
}

fn visit(word: &str, day: &str, at: &str) -> NewVisit {
    let local: jiff::civil::DateTime = at.trim_end_matches('Z').parse().unwrap();
    NewVisit::new(
        word,
        1,
        day.parse::<Date>().unwrap(),
        at.parse::<Timestamp>().unwrap(),
        local,
        local.time(),
    )
}

#[test]
fn automatic_times_without_a_zone_are_at_utc() {
    let utc = |moment: Timestamp| jiff::tz::TimeZone::UTC.to_datetime(moment);
    for settings in SETTINGS {
        let (database, mut scope) = set(&settings);
        let scope = &mut scope;
        let (wanted, shared) = (State::from_models(&[Visit::DEF]), SchemaName::new("shared"));
        let drifted = drift(&mut database.connect(), &wanted, &shared.unwrap(), None);
        assert_eq!(drifted.unwrap(), []);
        let check = |row: &Stored<Visit>| {
            let seen = utc(row.seen);
            assert_eq!((row.seen_at, row.seen_on), (seen, seen.date()));
            let told = row.chrono_at.to_string().replace(' ', "T");
            assert_eq!(told.parse::<jiff::civil::DateTime>().unwrap(), seen);
            assert_eq!(row.time_on.to_string(), seen.date().to_string());
            assert_eq!(row.made_on, row.made_at.date());
        };
        let new = || visit("2026-02-03", "2026-02-03", "2026-02-03T10:00:00Z");
        let mut row = Visit::insert(new()).returning(scope).unwrap();
        check(&row);
        assert_eq!(row.made_at, row.seen_at);
        row.count = 2;
        row.save(scope).unwrap();
        check(&row);
        assert!(row.made_at < row.seen_at);
        let update = Visit::update_where(Visit::everything()).set(Visit::COUNT, 3);
        for row in update.returning(scope).unwrap() {
            check(&row);
        }
        for row in Visit::insert_many([new(), new()]).returning(scope).unwrap() {
            check(&row);
        }
        let today = Visit::MADE_ON.eq(tenantry::query::now());
        let at_once = Visit::SEEN_AT.le(tenantry::query::now());
        assert_eq!(
            Visit::query().filter(today & at_once).count(scope).unwrap(),
            3
        );
    }
}

#[test]
fn times_and_texts_become_each_other_in_one_way() {
    let answers = SETTINGS.map(|settings| {
        let (database, mut scope) = set(&settings);
        let scope = &mut scope;
        let rows = [
            visit("2026-02-03", "2026-02-03", "2026-02-03T10:30:00Z"),
            visit(
                "2026-03-29 02:30:00.5",
                "-000043-03-15",
                "2026-03-29T02:30:00.500001Z",
            ),
            visit("20260405", "9999-12-31", "-000043-03-15T23:59:59.999999Z"),
        ];
        Visit::insert_many(rows).execute(scope).unwrap();
        let all = || Visit::query().order_by(Visit::ID.asc());
        let texts = all().select((
            Visit::DAY.cast::<String>(),
            Visit::AT.cast::<String>(),
            Visit::LOCAL.cast::<String>(),
            Visit::HOUR.cast::<String>(),
        ));
        let texts = texts.all(scope).unwrap();
        let times = all().select((
            Visit::WORD.cast::<Date>(),
            Visit::WORD.cast::<jiff::civil::DateTime>(),
            Visit::AT.truncate(tenantry::query::TimePart::Day),
            Visit::AT.part(tenantry::query::TimePart::Hour),
        ));
        let times = times.all(scope).unwrap();
        let infinite = "UPDATE shared.visits SET at = 'infinity', day = '-infinity'";
        database.connect().batch_execute(infinite).unwrap();
        let infinite = all().select((Visit::AT.cast::<String>(), Visit::DAY.cast::<String>()));
        let ends = infinite.first(scope).unwrap().unwrap();
        assert_eq!(ends, ("infinity".to_owned(), "-infinity".to_owned()));
        (texts, times)
    });
    let (texts, times) = &answers[0];
    let text = |row: usize| {
        let (day, at, local, hour) = &texts[row];
        [day, at, local, hour].map(String::as_str)
    };
    assert_eq!(
        text(0),
        [
            "2026-02-03",
            "2026-02-03 10:30:00+00",
            "2026-02-03 10:30:00",
            "10:30:00"
        ]
    );
    assert_eq!(
        text(1)[..2],
        ["0044-03-15 BC", "2026-03-29 02:30:00.500001+00"]
    );
    assert_eq!(
        text(2)[..2],
        ["9999-12-31", "0044-03-15 23:59:59.999999+00 BC"]
    );
    assert_eq!(text(2)[2], "0044-03-15 23:59:59.999999 BC");
    assert_eq!(times[1].1.to_string(), "2026-03-29T02:30:00.5");
    assert_eq!(times[2].0.to_string(), "2026-04-05");
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn texts_that_could_be_read_in_two_ways_are_no_times() {
    for settings in SETTINGS {
        let (_database, mut scope) = set(&settings);
        let scope = &mut scope;
        let all = || Visit::query();
        let new = visit("2026-02-03", "2026-02-03", "2026-02-03T10:30:00Z");
        Visit::insert(new).execute(scope).unwrap();
        for word in [
            "03/02/2026",
            "3.2.26",
            "today",
            "now",
            "yesterday",
            "Feb 3 2026",
            "",
        ] {
            Visit::update_where(Visit::everything())
                .set(Visit::WORD, word)
                .execute(scope)
                .unwrap();
            let error = all()
                .select(Visit::WORD.cast::<Date>())
                .all(scope)
                .unwrap_err();
            assert_eq!(
                (error.kind(), error.sqlstate()),
                (ErrorKind::Database, Some("22007")),
                "{word}"
            );
            assert!(
                word.is_empty() || !error.to_string().contains(word),
                "{error}"
            );
        }
        for word in ["now", "allballs"] {
            Visit::update_where(Visit::everything())
                .set(Visit::WORD, word)
                .execute(scope)
                .unwrap();
            let hour = all().select(Visit::WORD.cast::<jiff::civil::Time>());
            assert_eq!(
                hour.all(scope).unwrap_err().sqlstate(),
                Some("22007"),
                "{word}"
            );
        }
        Visit::update_where(Visit::everything())
            .set(Visit::WORD, "10:30")
            .execute(scope)
            .unwrap();
        let hour = all()
            .select(Visit::WORD.cast::<jiff::civil::Time>())
            .first(scope);
        assert_eq!(hour.unwrap(), Some("10:30:00".parse().unwrap()));
    }
}
