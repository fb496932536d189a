//! Defaults that the program gives, where the database can't.

use crate::value::{DecodeError, Param, SqlType};

/// Tests whether a default that is a literal can be sent as a value of a type.
pub(super) const fn is_sendable(sql: &SqlType) -> bool {
    matches!(
        sql,
        SqlType::SmallInt
            | SqlType::Integer
            | SqlType::BigInt
            | SqlType::Real
            | SqlType::Double
            | SqlType::Boolean
            | SqlType::Text
            | SqlType::Varchar(_)
            | SqlType::Enum(_)
    ) || (cfg!(feature = "decimal") && matches!(sql, SqlType::Numeric | SqlType::Decimal(..)))
}

/// Returns a default that is a literal as a value. For the macros.
///
/// # Errors
///
/// When it is no value of the type, which the compiler has refused.
pub fn literal(sql: SqlType, text: &str) -> Result<Param, DecodeError> {
    match sql {
        SqlType::SmallInt => Param::of(&text.parse::<i16>()?),
        SqlType::Integer => Param::of(&text.parse::<i32>()?),
        SqlType::BigInt => Param::of(&text.parse::<i64>()?),
        SqlType::Real => Param::of(&text.parse::<f32>()?),
        SqlType::Double => Param::of(&text.parse::<f64>()?),
        SqlType::Boolean => Param::of(&text.parse::<bool>()?),
        #[cfg(feature = "decimal")]
        SqlType::Numeric | SqlType::Decimal(..) => decimal(text),
        sql => Ok(Param::raw(sql.wire(), text.as_bytes())),
    }
}

#[cfg(feature = "decimal")]
fn decimal(text: &str) -> Result<Param, DecodeError> {
    use rust_decimal::Decimal;

    let parsed = text.parse::<Decimal>();
    let parsed = parsed.or_else(|_| Decimal::from_scientific(text));
    Param::of(&parsed?)
}
