//! Dates and times of three crates, to the microsecond and to the ends of their years.

use proptest::prelude::*;
use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry::value::Unbounded;
use tenantry_tests::tables::shared_table;

use super::{every, refused};

#[shared_model]
#[derive(Debug)]
struct Moment {
    #[field(key)]
    id: i64,
    timestamp: Timestamp,
    local: jiff::civil::DateTime,
    date: Date,
    time: jiff::civil::Time,
    until: Unbounded<Timestamp>,
    since: Option<Unbounded<Date>>,
}

fn moment(at: Timestamp) -> NewMoment {
    let local = jiff::tz::TimeZone::UTC.to_datetime(at);
    NewMoment::new(at, local, local.date(), local.time(), at)
}

/// Any nanosecond that PostgreSQL and jiff have.
fn moments() -> impl Strategy<Value = Timestamp> {
    let first: Timestamp = "-004713-11-24T00:00:00Z".parse().unwrap();
    let nanos = first.as_nanosecond()..=Timestamp::MAX.as_nanosecond();
    let edges = [
        first,
        Timestamp::MAX,
        "1999-12-31T23:59:59.999999999Z".parse().unwrap(),
        "2000-01-01T00:00:00Z".parse().unwrap(),
        "1969-12-31T23:59:59.999999001Z".parse().unwrap(),
        "0000-01-01T00:00:00Z".parse().unwrap(),
    ];
    prop_oneof![
        proptest::sample::select(edges.to_vec()),
        nanos.prop_map(|nanos| Timestamp::from_nanosecond(nanos).unwrap())
    ]
}

#[test]
fn moments_come_back_to_the_microsecond_and_never_move_to_another_day() {
    let (_database, mut scope) = shared_table::<Moment>();
    every::<_, Moment, _>(&mut scope, moments(), moment, |at, row| {
        let cut = Timestamp::from_nanosecond(at.as_nanosecond().div_euclid(1000) * 1000).unwrap();
        let local = jiff::tz::TimeZone::UTC.to_datetime(cut);
        row.timestamp == cut
            && row.local == local
            && row.date == local.date()
            && row.time == local.time()
            && row.until == Unbounded::At(cut)
    });
}

#[test]
fn moments_that_postgresql_has_not_are_refused() {
    let (_database, mut scope) = shared_table::<Moment>();
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let before = jiff::civil::date(-4713, 11, 23);
    let mut row = Moment::insert(moment(now)).returning(&mut scope).unwrap();
    row.date = before;
    refused(
        row.save(&mut scope),
        ErrorKind::Encode,
        &["Moment", "date", "4714 BC"],
    );
    let outcome = Moment::insert(moment(Timestamp::MIN)).execute(&mut scope);
    refused(
        outcome,
        ErrorKind::Encode,
        &["Moment", "timestamp", "4714 BC"],
    );
    let condition = Moment::query().filter(Moment::LOCAL.lt(before.at(0, 0, 0, 0)));
    refused(
        condition.all(&mut scope),
        ErrorKind::Encode,
        &["Moment", "local"],
    );
}

#[test]
fn infinite_moments_have_a_type() {
    let (_database, mut scope) = shared_table::<Moment>();
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut row = Moment::insert(moment(now)).returning(&mut scope).unwrap();
    for (until, since) in [
        (Unbounded::Infinity, Unbounded::NegativeInfinity),
        (Unbounded::NegativeInfinity, Unbounded::Infinity),
        (
            Unbounded::At(now),
            Unbounded::At(jiff::civil::date(2026, 1, 1)),
        ),
    ] {
        (row.until, row.since) = (until, Some(since));
        row.save(&mut scope).unwrap();
        let read = Moment::find(row.id).one(&mut scope).unwrap();
        assert_eq!((read.until, read.since), (until, Some(since)));
        assert_eq!(
            Moment::query()
                .filter(Moment::UNTIL.eq(until))
                .count(&mut scope)
                .unwrap(),
            1
        );
    }
    assert!(
        Unbounded::NegativeInfinity < Unbounded::At(now)
            && Unbounded::At(now) < Unbounded::Infinity
    );
}

#[shared_model]
#[derive(Debug)]
struct OfChrono {
    #[field(key)]
    id: i64,
    timestamp: chrono::DateTime<chrono::Utc>,
    local: chrono::NaiveDateTime,
    date: chrono::NaiveDate,
    time: chrono::NaiveTime,
}

#[test]
fn moments_of_chrono_come_back() {
    let (_database, mut scope) = shared_table::<OfChrono>();
    let first = chrono::NaiveDate::from_ymd_opt(-4713, 11, 24).unwrap();
    let days = chrono::NaiveDate::MAX
        .signed_duration_since(first)
        .num_days();
    let moments =
        (0..=days, 0..86_400_u32, 0..1_000_000_000_u32).prop_map(move |(day, second, nanos)| {
            let date = first + chrono::Duration::days(day);
            date.and_time(
                chrono::NaiveTime::from_num_seconds_from_midnight_opt(second, nanos).unwrap(),
            )
        });
    every::<_, OfChrono, _>(
        &mut scope,
        moments,
        |at| NewOfChrono::new(at.and_utc(), at, at.date(), at.time()),
        |at, row| {
            let (second, nanos) = (
                chrono::Timelike::num_seconds_from_midnight(at),
                chrono::Timelike::nanosecond(at) / 1000 * 1000,
            );
            let time =
                chrono::NaiveTime::from_num_seconds_from_midnight_opt(second, nanos).unwrap();
            let cut = at.date().and_time(time);
            row.timestamp == cut.and_utc()
                && row.local == cut
                && row.date == cut.date()
                && row.time == time
        },
    );
    let leap =
        chrono::NaiveTime::from_num_seconds_from_midnight_opt(86_399, 1_500_000_000).unwrap();
    let at = first.and_time(leap);
    let outcome =
        OfChrono::insert(NewOfChrono::new(at.and_utc(), at, first, leap)).execute(&mut scope);
    refused(
        outcome,
        ErrorKind::Encode,
        &["OfChrono", "timestamp", "leap"],
    );
}

#[shared_model]
#[derive(Debug)]
struct OfTime {
    #[field(key)]
    id: i64,
    timestamp: time::OffsetDateTime,
    local: time::PrimitiveDateTime,
    date: time::Date,
    time: time::Time,
}

#[test]
fn moments_of_time_come_back() {
    let (_database, mut scope) = shared_table::<OfTime>();
    let days = -1931..=time::Date::MAX.to_julian_day();
    let moments = (days, 0..86_400_000_000_000_i64).prop_map(|(day, nanos)| {
        let date = time::Date::from_julian_day(day.max(0)).unwrap();
        time::PrimitiveDateTime::new(
            date,
            time::Time::MIDNIGHT + time::Duration::nanoseconds(nanos),
        )
    });
    every::<_, OfTime, _>(
        &mut scope,
        moments,
        |at| NewOfTime::new(at.assume_utc(), at, at.date(), at.time()),
        |at, row| {
            let cut = at
                .replace_nanosecond(at.nanosecond() / 1000 * 1000)
                .unwrap();
            row.timestamp == cut.assume_utc()
                && row.local == cut
                && row.date == cut.date()
                && row.time == cut.time()
        },
    );
    let date = time::Date::MAX;
    let last = time::PrimitiveDateTime::new(date, time::Time::MIDNIGHT);
    let beyond = last
        .replace_time(time::Time::from_hms(23, 0, 0).unwrap())
        .assume_offset(time::UtcOffset::from_hms(-5, 0, 0).unwrap());
    let outcome =
        OfTime::insert(NewOfTime::new(beyond, last, date, last.time())).execute(&mut scope);
    refused(outcome, ErrorKind::Encode, &["OfTime", "timestamp"]);
}
