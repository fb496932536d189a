//! Values that a column would take and change: they are refused before they are sent.

use postgres::types::Type;

use super::{Field, Param, Raw, SqlType, array, json};

/// Whether a column of a type holds every value of that type as it is.
#[inline]
pub(crate) const fn takes_all(sql: SqlType) -> bool {
    matches!(
        sql,
        SqlType::SmallInt
            | SqlType::Integer
            | SqlType::BigInt
            | SqlType::Real
            | SqlType::Double
            | SqlType::Boolean
            | SqlType::Bytea
            | SqlType::Uuid
            | SqlType::TimestampTz
            | SqlType::Timestamp
            | SqlType::Date
            | SqlType::Time
            | SqlType::Numeric
            | SqlType::Jsonb
    )
}

/// Says why a column of a type would not hold a value as it is, if so.
pub(crate) fn refusal(sql: SqlType, value: &Param) -> Option<String> {
    if value.is_null() {
        return None;
    }
    match sql {
        SqlType::Varchar(length) => {
            // Of spaces beyond the length PostgreSQL says nothing, and cuts them off.
            let given = characters(value.bytes());
            if given > length as usize {
                return Some(format!(
                    "it has {given} characters, and the column holds {length}"
                ));
            }
        }
        #[cfg(feature = "decimal")]
        SqlType::Decimal(precision, scale) => {
            let (before, given) = super::numeric::places(value.bytes()).unwrap_or_default();
            let holds = i32::from(precision) - i32::from(scale);
            if before > holds {
                return Some(format!(
                    "it has {before} digits before the point, and the column holds {holds}"
                ));
            }
            if given > i32::from(scale) {
                return Some(format!(
                    "it has {given} digits after the point, and the column rounds to {scale}\n\
                     help: round it first"
                ));
            }
        }
        _ => {}
    }
    nul(value)
}

/// Says that a text has the one character that PostgreSQL can't hold, if so.
pub(crate) fn nul(value: &Param) -> Option<String> {
    let has_nul = |text: &[u8]| text.contains(&0);
    let found = match *value.ty() {
        Type::TEXT | Type::VARCHAR | Type::UNKNOWN => has_nul(value.bytes()),
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY => array::elements(value.bytes()).any(has_nul),
        _ => false,
    };
    found.then(|| {
        "it has a NUL character, which PostgreSQL can't hold in a text\nhelp: remove it, or store the text as bytes"
            .to_owned()
    })
}

/// Returns the value nearest to one that the server has rounded already, where the type of the field can't hold all of its digits.
pub(crate) fn nearest(raw: &Raw<'_>) -> Option<bytes::BytesMut> {
    match raw.bytes {
        #[cfg(feature = "decimal")]
        Some(bytes) if *raw.ty == Type::NUMERIC => super::numeric::rounded(bytes),
        _ => None,
    }
}

/// Whether writing a value that was just read can change what is stored.
#[inline]
pub(crate) const fn may_change<T: Field>() -> bool {
    matches!(T::TYPE.sql, SqlType::Jsonb | SqlType::Array(_))
}

/// Says what writing a value would change that was read from `raw`, although nobody has changed it, if anything.
///
/// Only of types that [may](may_change) hold less than what is stored.
pub(crate) fn changed<T: Field>(raw: &Raw<'_>, value: &T) -> Option<String> {
    let stored = raw.bytes?;
    let written = || Some(value.to_param().ok()?.bytes().to_vec());
    let number = match T::TYPE.sql {
        SqlType::Jsonb => json::changed_number((raw.ty, stored), written)?,
        SqlType::Array(element) => {
            if array::lower_bound(stored) != 1 {
                return Some("the array stored there does not begin at 1".to_owned());
            }
            if !matches!(element, SqlType::Jsonb) {
                return None;
            }
            let written = written()?;
            let mut pairs = array::elements(stored).zip(array::elements(&written));
            pairs.find_map(|(stored, written)| {
                json::changed_number((&Type::JSONB, stored), || Some(written.to_vec()))
            })?
        }
        _ => return None,
    };
    Some(format!(
        "a number stored there has {} characters, more than its type holds exactly",
        number.len()
    ))
}

/// How many characters a text has.
fn characters(text: &[u8]) -> usize {
    // Every byte but those that go on with a character.
    text.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}
