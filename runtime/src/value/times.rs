//! Times and dates of three crates, exact to the microsecond, which is PostgreSQL's resolution.
//!
//! The drivers' own conversions round, some up and some towards the year 2000: a time just before midnight becomes
//! `24:00:00`, which can't be read again. Here a finer part is cut off, so that a moment never moves into the next day.

use bytes::{BufMut, BytesMut};
use postgres::types::Type;

use super::scalar::from_driver;
use super::{DecodeError, Element, Scalar, SqlType};

/// The first day that PostgreSQL has, 24 November 4714 BC, counted from 1 January 2000.
const FIRST_DAY: i64 = -2_451_545;

/// The day after the last that PostgreSQL has moments in, which is beyond the years of some of the crates.
const END_OF_INSTANTS: i64 = 106_751_983;

const NANOS_OF_DAY: i64 = 86_400_000_000_000;

const NANOS_OF_MICRO: i64 = 1000;

/// Writes a day, counted from 1 January 2000.
fn put_date(day: i64, out: &mut BytesMut) -> Result<(), DecodeError> {
    out.put_i32(i32::try_from(within(day)?)?);
    Ok(())
}

/// Writes the time of a day, in nanoseconds since midnight.
fn put_time(nanos: i64, out: &mut BytesMut) -> Result<(), DecodeError> {
    if nanos >= NANOS_OF_DAY {
        return Err("PostgreSQL has no leap seconds".into());
    }
    out.put_i64(nanos / NANOS_OF_MICRO);
    Ok(())
}

/// Writes a day, counted from 1 January 2000, and a time in it, in nanoseconds since midnight.
fn put_instant(day: i64, nanos: i64, out: &mut BytesMut) -> Result<(), DecodeError> {
    if nanos >= NANOS_OF_DAY {
        return Err("PostgreSQL has no leap seconds".into());
    }
    if day >= END_OF_INSTANTS {
        return Err("PostgreSQL has no moments after the year 294276".into());
    }
    out.put_i64(within(day)? * (NANOS_OF_DAY / NANOS_OF_MICRO) + nanos / NANOS_OF_MICRO);
    Ok(())
}

fn within(day: i64) -> Result<i64, DecodeError> {
    if day < FIRST_DAY {
        return Err("PostgreSQL has no days before 24 November 4714 BC".into());
    }
    Ok(day)
}

/// Refuses the time `24:00:00`, which PostgreSQL has, and which the crates take for the midnight before.
fn check(ty: &Type, raw: &[u8]) -> Result<(), DecodeError> {
    if *ty == Type::TIME && raw == (NANOS_OF_DAY / NANOS_OF_MICRO).to_be_bytes() {
        return Err("the time `24:00:00` does not fit the field's type".into());
    }
    let infinite = match *ty {
        Type::DATE => raw == i32::MAX.to_be_bytes() || raw == i32::MIN.to_be_bytes(),
        Type::TIMESTAMP | Type::TIMESTAMPTZ => {
            raw == i64::MAX.to_be_bytes() || raw == i64::MIN.to_be_bytes()
        }
        _ => false,
    };
    if infinite {
        return Err(
            "the value is `infinity`\nhelp: give the field the type `Unbounded<…>`, which holds it"
                .into(),
        );
    }
    Ok(())
}

macro_rules! times {
    ($($rust:ty => $sql:ident $(until $last:literal)?, |$value:ident, $out:ident| $encode:expr;)*) => {$(
        impl Scalar for $rust {
            const SQL: SqlType = SqlType::$sql;
            $(const LAST_SECOND: Option<i64> = Some($last);)?

            fn encode(&self, $out: &mut BytesMut) -> Result<(), DecodeError> {
                let $value = self;
                $encode
            }

            fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
                check(ty, raw)?;
                from_driver(ty, raw)
            }
        }

        impl Element for $rust {}
    )*};
}

#[cfg(feature = "jiff")]
mod of_jiff {
    use jiff::Timestamp;
    use jiff::civil::{Date, DateTime, Time};

    use super::{
        BytesMut, DecodeError, Element, NANOS_OF_DAY, Scalar, SqlType, Type, check, from_driver,
        put_date, put_instant, put_time,
    };

    /// 1 January 2000 in nanoseconds since 1 January 1970.
    const EPOCH: i128 = 946_684_800_000_000_000;

    fn day(date: Date) -> Result<i64, DecodeError> {
        Ok(date.since(Date::constant(2000, 1, 1))?.get_days().into())
    }

    fn nanos(time: Time) -> i64 {
        let [hour, minute, second] = [time.hour(), time.minute(), time.second()].map(i64::from);
        ((hour * 60 + minute) * 60 + second) * 1_000_000_000 + i64::from(time.subsec_nanosecond())
    }

    fn put_timestamp(timestamp: Timestamp, out: &mut BytesMut) -> Result<(), DecodeError> {
        let (since, day) = (timestamp.as_nanosecond() - EPOCH, i128::from(NANOS_OF_DAY));
        put_instant(
            i64::try_from(since.div_euclid(day))?,
            i64::try_from(since.rem_euclid(day))?,
            out,
        )
    }

    times! {
        Timestamp => TimestampTz until 253_402_207_200, |value, out| put_timestamp(*value, out);
        DateTime => Timestamp, |value, out| put_instant(day(value.date())?, nanos(value.time()), out);
        Date => Date, |value, out| put_date(day(*value)?, out);
        Time => Time, |value, out| put_time(nanos(*value), out);
    }
}

#[cfg(feature = "chrono")]
mod of_chrono {
    use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};

    use super::{
        BytesMut, DecodeError, Element, Scalar, SqlType, Type, check, from_driver, put_date,
        put_instant, put_time,
    };

    /// 1 January 2000, counted from the year 1.
    const EPOCH: i64 = 730_120;

    fn day(date: NaiveDate) -> i64 {
        i64::from(date.num_days_from_ce()) - EPOCH
    }

    fn nanos(time: NaiveTime) -> Result<i64, DecodeError> {
        // That is how the crate writes leap seconds.
        if time.nanosecond() >= 1_000_000_000 {
            return Err("PostgreSQL has no leap seconds".into());
        }
        Ok(i64::from(time.num_seconds_from_midnight()) * 1_000_000_000
            + i64::from(time.nanosecond()))
    }

    fn put(moment: NaiveDateTime, out: &mut BytesMut) -> Result<(), DecodeError> {
        put_instant(day(moment.date()), nanos(moment.time())?, out)
    }

    times! {
        DateTime<Utc> => TimestampTz, |value, out| put(value.naive_utc(), out);
        NaiveDateTime => Timestamp, |value, out| put(*value, out);
        NaiveDate => Date, |value, out| put_date(day(*value), out);
        NaiveTime => Time, |value, out| put_time(nanos(*value)?, out);
    }
}

#[cfg(feature = "time")]
mod of_time {
    use time::{Date, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

    use super::{
        BytesMut, DecodeError, Element, Scalar, SqlType, Type, check, from_driver, put_date,
        put_instant, put_time,
    };

    /// 1 January 2000 as a Julian day.
    const EPOCH: i64 = 2_451_545;

    fn day(date: Date) -> i64 {
        i64::from(date.to_julian_day()) - EPOCH
    }

    fn nanos(time: Time) -> i64 {
        let (hour, minute, second, nanos) = time.as_hms_nano();
        let [hour, minute, second] = [hour, minute, second].map(i64::from);
        ((hour * 60 + minute) * 60 + second) * 1_000_000_000 + i64::from(nanos)
    }

    fn put_offset(moment: OffsetDateTime, out: &mut BytesMut) -> Result<(), DecodeError> {
        // Near the ends of the crate's years the same moment at UTC may be beyond them.
        let utc = moment.checked_to_offset(UtcOffset::UTC).ok_or(
            "the moment is beyond the years of its type at UTC, and could not be read again",
        )?;
        put_instant(day(utc.date()), nanos(utc.time()), out)
    }

    times! {
        OffsetDateTime => TimestampTz until 253_402_300_799, |value, out| put_offset(*value, out);
        PrimitiveDateTime => Timestamp, |value, out| put_instant(day(value.date()), nanos(value.time()), out);
        Date => Date, |value, out| put_date(day(*value), out);
        Time => Time, |value, out| put_time(nanos(*value), out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of the crates has a feature for years up to 999999, in which the microseconds do not fit into the number.
    #[test]
    fn moments_after_the_last_are_refused() {
        let mut out = BytesMut::new();
        let last = put_instant(END_OF_INSTANTS - 1, NANOS_OF_DAY - 1, &mut out);
        assert!(last.is_ok());
        assert_eq!(out[..], (9_223_371_331_200_000_000_i64 - 1).to_be_bytes());
        for day in [END_OF_INSTANTS, 364_877_000, i64::MAX] {
            let error = put_instant(day, 0, &mut BytesMut::new()).unwrap_err();
            assert!(error.to_string().contains("294276"), "{error}");
        }
    }
}
