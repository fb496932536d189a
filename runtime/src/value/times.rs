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
    (@read $ty:ident $raw:ident) => {
        from_driver($ty, $raw)
    };
    (@read $ty:ident $raw:ident $read:path) => {
        match $raw.try_into() {
            Ok(bytes) if *$ty == Self::SQL.wire() => $read(bytes),
            _ => from_driver($ty, $raw),
        }
    };
    ($($rust:ty => $sql:ident $(until $last:literal)? $(read by $read:path)?, |$value:ident, $out:ident| $encode:expr;)*) => {$(
        impl Scalar for $rust {
            const SQL: SqlType = SqlType::$sql;
            $(const LAST_SECOND: Option<i64> = Some($last);)?

            fn encode(&self, $out: &mut BytesMut) -> Result<(), DecodeError> {
                let $value = self;
                $encode
            }

            fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
                check(ty, raw)?;
                times!(@read ty raw $($read)?)
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
        BufMut, BytesMut, DecodeError, Element, NANOS_OF_DAY, NANOS_OF_MICRO, Scalar, SqlType,
        Type, check, from_driver, put_date, put_instant, put_time, within,
    };

    /// 1 January 2000 in microseconds since 1 January 1970.
    const EPOCH: i64 = 946_684_800_000_000;

    const MICROS: i64 = 1_000_000;

    /// 1 January 2000, counted from 1 March of the year 0, after which a leap day is the last of its year.
    const EPOCH_DAY: i64 = 730_425;

    /// Days of 400 years, after which all is as before.
    const CYCLE: i64 = 146_097;

    /// Returns the day of a date, counted from 1 January 2000.
    fn day(date: Date) -> i64 {
        let month = i64::from(date.month());
        // A year begins with March.
        let (year, month) = if month > 2 {
            (i64::from(date.year()), month - 3)
        } else {
            (i64::from(date.year()) - 1, month + 9)
        };
        let (cycle, year) = (year.div_euclid(400), year.rem_euclid(400));
        // The months from March on have 31, 30, 31, 30, 31 days, and then the same again.
        let in_year = (153 * month + 2) / 5 + i64::from(date.day()) - 1;
        cycle * CYCLE + year * 365 + year / 4 - year / 100 + in_year - EPOCH_DAY
    }

    /// Returns the date of a day, counted from 1 January 2000.
    fn date(day: i64) -> Result<Date, DecodeError> {
        let day = day + EPOCH_DAY;
        let (cycle, day) = (day.div_euclid(CYCLE), day.rem_euclid(CYCLE));
        // Without leap days, and without those that are none: the last days of 4, 100 and 400 years.
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let in_year = day - (365 * year + year / 4 - year / 100);
        let month = (5 * in_year + 2) / 153;
        let in_month = in_year - (153 * month + 2) / 5 + 1;
        let (year, month) = if month < 10 {
            (year, month + 3)
        } else {
            (year + 1, month - 9)
        };
        let year = i16::try_from(cycle * 400 + year).map_err(|_| too_large())?;
        let (month, in_month) = (i8::try_from(month)?, i8::try_from(in_month)?);
        Date::new(year, month, in_month).map_err(|_| too_large())
    }

    fn too_large() -> DecodeError {
        "value too large to decode".into()
    }

    fn read_date(bytes: [u8; 4]) -> Result<Date, DecodeError> {
        date(i32::from_be_bytes(bytes).into())
    }

    fn read_timestamp(bytes: [u8; 8]) -> Result<Timestamp, DecodeError> {
        let since = i64::from_be_bytes(bytes).checked_add(EPOCH);
        let moment = since.and_then(|since| {
            let nanos = i32::try_from(since.rem_euclid(MICROS)).ok()? * 1000;
            // Made of microseconds, a moment of the last second is refused.
            Timestamp::new(since.div_euclid(MICROS), nanos).ok()
        });
        moment.ok_or_else(too_large)
    }

    fn nanos(time: Time) -> i64 {
        let [hour, minute, second] = [time.hour(), time.minute(), time.second()].map(i64::from);
        ((hour * 60 + minute) * 60 + second) * 1_000_000_000 + i64::from(time.subsec_nanosecond())
    }

    fn put_timestamp(timestamp: Timestamp, out: &mut BytesMut) -> Result<(), DecodeError> {
        // Of moments before 1970 both are negative; the finer part is cut off downwards all the same.
        let finer = i64::from(timestamp.subsec_nanosecond()).div_euclid(NANOS_OF_MICRO);
        let micros = timestamp.as_second() * MICROS + finer - EPOCH;
        within(micros.div_euclid(NANOS_OF_DAY / NANOS_OF_MICRO))?;
        out.put_i64(micros);
        Ok(())
    }

    times! {
        Timestamp => TimestampTz until 253_402_207_200 read by read_timestamp, |value, out| put_timestamp(*value, out);
        DateTime => Timestamp, |value, out| put_instant(day(value.date()), nanos(value.time()), out);
        Date => Date read by read_date, |value, out| put_date(day(*value), out);
        Time => Time, |value, out| put_time(nanos(*value), out);
    }

    #[cfg(test)]
    mod tests {
        use jiff::ToSpan;

        use super::*;

        #[test]
        fn days_are_those_of_the_type() {
            let epoch = Date::constant(2000, 1, 1);
            let number = |date: Date| i64::from((date - epoch).get_days());
            let (first, last) = (number(Date::MIN), number(Date::MAX));
            let ends = (first..first + 800).chain(last - 800..=last);
            let days = (first..last).step_by(59).chain(-80_000..80_000).chain(ends);
            for number in days {
                let expected = epoch.checked_add(number.days()).unwrap();
                assert_eq!(day(expected), number, "{expected}");
                assert_eq!(date(number).unwrap(), expected);
            }
            assert!(date(first - 1).is_err());
            assert!(date(last + 1).is_err());
            assert!(date(i32::MAX.into()).is_err() && date(i32::MIN.into()).is_err());
        }

        #[test]
        fn moments_are_read_and_written_as_by_the_driver() {
            let ends = [Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH];
            let seconds = (-70_000_000_000..253_402_207_000).step_by(987_654_321);
            let between = seconds.map(|second| Timestamp::new(second, 123_456_789).unwrap());
            for moment in ends.into_iter().chain(between) {
                let nanos = moment.as_nanosecond() - i128::from(EPOCH) * 1000;
                let micros = i64::try_from(nanos.div_euclid(1000)).unwrap();
                let mut out = BytesMut::new();
                if put_timestamp(moment, &mut out).is_ok() {
                    assert_eq!(out[..], micros.to_be_bytes(), "{moment}");
                }
                let driver = from_driver::<Timestamp>(&Type::TIMESTAMPTZ, &micros.to_be_bytes());
                let ours = read_timestamp(micros.to_be_bytes());
                assert_eq!(ours.ok(), driver.ok(), "{moment}");
            }
            for micros in [i64::MIN, i64::MAX, i64::MAX - EPOCH] {
                let error = read_timestamp(micros.to_be_bytes()).unwrap_err();
                let driver = from_driver::<Timestamp>(&Type::TIMESTAMPTZ, &micros.to_be_bytes());
                assert_eq!(error.to_string(), driver.unwrap_err().to_string());
            }
        }
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
