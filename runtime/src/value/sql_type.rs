//! The PostgreSQL types that a column can have.

use std::fmt;

use postgres::types::{Kind, Type};

use super::ExtensionType;
use crate::name::quote_identifier;

/// The PostgreSQL type of a column.
///
/// Its [`Display`](fmt::Display) form is the one of PostgreSQL's `format_type`, so that models, `state.json` and a
/// live schema write the same type in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SqlType {
    /// `smallint`, 2 bytes.
    SmallInt,
    /// `integer`, 4 bytes.
    Integer,
    /// `bigint`, 8 bytes.
    BigInt,
    /// `real`, 4 bytes.
    Real,
    /// `double precision`, 8 bytes.
    Double,
    /// `boolean`.
    Boolean,
    /// `text`.
    Text,
    /// `character varying(n)`: at most `n` characters.
    Varchar(u32),
    /// `bytea`.
    Bytea,
    /// `uuid`.
    Uuid,
    /// `timestamp with time zone`.
    TimestampTz,
    /// `timestamp without time zone`.
    Timestamp,
    /// `date`.
    Date,
    /// `time without time zone`.
    Time,
    /// `numeric` of any size.
    Numeric,
    /// `numeric(precision, scale)`: so many digits in all, so many after the point.
    Decimal(u16, u16),
    /// `jsonb`.
    Jsonb,
    /// `interval`.
    Interval,
    /// `inet`.
    Inet,
    /// `cidr`.
    Cidr,
    /// `macaddr`.
    MacAddr,
    /// The ranges of a type: `int4range` of `integer`, `int8range` of `bigint`, `numrange`, `daterange`, `tsrange`, `tstzrange`.
    Range(&'static SqlType),
    /// An array of a type.
    Array(&'static SqlType),
    /// An enum type of PostgreSQL's of this name, in the schema of the model.
    Enum(&'static str),
    /// A type of an extension.
    Extension(&'static ExtensionType),
}

impl SqlType {
    /// The type as the driver knows it.
    pub const fn wire(&self) -> Type {
        match self {
            Self::SmallInt => Type::INT2,
            Self::Integer => Type::INT4,
            Self::BigInt => Type::INT8,
            Self::Real => Type::FLOAT4,
            Self::Double => Type::FLOAT8,
            Self::Boolean => Type::BOOL,
            Self::Text => Type::TEXT,
            Self::Varchar(_) => Type::VARCHAR,
            Self::Bytea => Type::BYTEA,
            Self::Uuid => Type::UUID,
            Self::TimestampTz => Type::TIMESTAMPTZ,
            Self::Timestamp => Type::TIMESTAMP,
            Self::Date => Type::DATE,
            Self::Time => Type::TIME,
            Self::Numeric | Self::Decimal(..) => Type::NUMERIC,
            Self::Jsonb => Type::JSONB,
            Self::Interval => Type::INTERVAL,
            Self::Inet => Type::INET,
            Self::Cidr => Type::CIDR,
            Self::MacAddr => Type::MACADDR,
            Self::Range(item) => item.wire_range(),
            Self::Array(element) => element.wire_array(),
            Self::Enum(_) | Self::Extension(_) => Type::UNKNOWN,
        }
    }

    /// The type of ranges of it.
    const fn wire_range(&self) -> Type {
        match self {
            Self::Integer => Type::INT4_RANGE,
            Self::BigInt => Type::INT8_RANGE,
            Self::Numeric | Self::Decimal(..) => Type::NUM_RANGE,
            Self::Date => Type::DATE_RANGE,
            Self::Timestamp => Type::TS_RANGE,
            Self::TimestampTz => Type::TSTZ_RANGE,
            _ => panic!("PostgreSQL has no ranges of this type"),
        }
    }

    /// The type of arrays of ranges of it.
    const fn wire_range_array(&self) -> Type {
        match self {
            Self::Integer => Type::INT4_RANGE_ARRAY,
            Self::BigInt => Type::INT8_RANGE_ARRAY,
            Self::Numeric | Self::Decimal(..) => Type::NUM_RANGE_ARRAY,
            Self::Date => Type::DATE_RANGE_ARRAY,
            Self::Timestamp => Type::TS_RANGE_ARRAY,
            Self::TimestampTz => Type::TSTZ_RANGE_ARRAY,
            _ => panic!("PostgreSQL has no ranges of this type"),
        }
    }

    /// The name of the type of ranges of it.
    const fn range_name(&self) -> &'static str {
        match self {
            Self::Integer => "int4range",
            Self::BigInt => "int8range",
            Self::Date => "daterange",
            Self::Timestamp => "tsrange",
            Self::TimestampTz => "tstzrange",
            _ => "numrange",
        }
    }

    /// The type of arrays of it, as the driver knows it.
    pub const fn wire_array(&self) -> Type {
        match self {
            Self::SmallInt => Type::INT2_ARRAY,
            Self::Integer => Type::INT4_ARRAY,
            Self::BigInt => Type::INT8_ARRAY,
            Self::Real => Type::FLOAT4_ARRAY,
            Self::Double => Type::FLOAT8_ARRAY,
            Self::Boolean => Type::BOOL_ARRAY,
            Self::Text => Type::TEXT_ARRAY,
            Self::Varchar(_) => Type::VARCHAR_ARRAY,
            Self::Bytea => Type::BYTEA_ARRAY,
            Self::Uuid => Type::UUID_ARRAY,
            Self::TimestampTz => Type::TIMESTAMPTZ_ARRAY,
            Self::Timestamp => Type::TIMESTAMP_ARRAY,
            Self::Date => Type::DATE_ARRAY,
            Self::Time => Type::TIME_ARRAY,
            Self::Numeric | Self::Decimal(..) => Type::NUMERIC_ARRAY,
            Self::Jsonb => Type::JSONB_ARRAY,
            Self::Interval => Type::INTERVAL_ARRAY,
            Self::Inet => Type::INET_ARRAY,
            Self::Cidr => Type::CIDR_ARRAY,
            Self::MacAddr => Type::MACADDR_ARRAY,
            Self::Range(item) => item.wire_range_array(),
            // PostgreSQL's array types have any number of dimensions.
            Self::Array(element) => element.wire_array(),
            Self::Enum(_) | Self::Extension(_) => Type::UNKNOWN,
        }
    }

    /// The type as which values are read, where their own has a number that differs from schema to schema or database to database.
    pub(crate) const fn read_as(&self) -> Option<&'static str> {
        match self {
            Self::Enum(_) | Self::Extension(_) => Some("text"),
            Self::Array(Self::Enum(_) | Self::Extension(_)) => Some("text[]"),
            _ => None,
        }
    }

    /// The type as SQL, where a model's own are in a schema, of which the name is given quoted.
    pub(crate) fn in_schema(&self, schema: &str) -> String {
        match self {
            Self::Enum(name) => format!("{schema}.{}", quote_identifier(name)),
            Self::Array(element) => format!("{}[]", element.in_schema(schema)),
            _ => self.to_string(),
        }
    }

    /// The type of arrays of a type that a column can have; none of arrays, and of types of others.
    pub(crate) fn array_of(element: &Type) -> Option<Type> {
        if let Kind::Range(_) = element.kind() {
            let items = [
                Self::Integer,
                Self::BigInt,
                Self::Numeric,
                Self::Date,
                Self::Timestamp,
                Self::TimestampTz,
            ];
            let found = items.iter().find(|item| item.wire_range() == *element);
            return found.map(Self::wire_range_array);
        }
        let all = [
            Self::SmallInt,
            Self::Integer,
            Self::BigInt,
            Self::Real,
            Self::Double,
            Self::Boolean,
            Self::Text,
            Self::Varchar(0),
            Self::Bytea,
            Self::Uuid,
            Self::TimestampTz,
            Self::Timestamp,
            Self::Date,
            Self::Time,
            Self::Numeric,
            Self::Jsonb,
            Self::Interval,
            Self::Inet,
            Self::Cidr,
            Self::MacAddr,
        ];
        let found = all.iter().find(|sql| sql.wire() == *element);
        found.map(Self::wire_array)
    }

    /// The time at which the transaction began, as SQL; where the type has no time zone, at UTC, whatever the session's is.
    pub(crate) const fn now(&self) -> &'static str {
        match self {
            Self::Date => "CAST(now() AT TIME ZONE 'UTC' AS date)",
            Self::Timestamp => "(now() AT TIME ZONE 'UTC')",
            _ => "now()",
        }
    }

    /// Tells whether the type is one of PostgreSQL's integers.
    pub const fn is_integer(&self) -> bool {
        matches!(self, Self::SmallInt | Self::Integer | Self::BigInt)
    }
}

impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SmallInt => f.write_str("smallint"),
            Self::Integer => f.write_str("integer"),
            Self::BigInt => f.write_str("bigint"),
            Self::Real => f.write_str("real"),
            Self::Double => f.write_str("double precision"),
            Self::Boolean => f.write_str("boolean"),
            Self::Text => f.write_str("text"),
            Self::Varchar(length) => write!(f, "character varying({length})"),
            Self::Bytea => f.write_str("bytea"),
            Self::Uuid => f.write_str("uuid"),
            Self::TimestampTz => f.write_str("timestamp with time zone"),
            Self::Timestamp => f.write_str("timestamp without time zone"),
            Self::Date => f.write_str("date"),
            Self::Time => f.write_str("time without time zone"),
            Self::Numeric => f.write_str("numeric"),
            Self::Decimal(precision, scale) => write!(f, "numeric({precision},{scale})"),
            Self::Jsonb => f.write_str("jsonb"),
            Self::Interval => f.write_str("interval"),
            Self::Inet => f.write_str("inet"),
            Self::Cidr => f.write_str("cidr"),
            Self::MacAddr => f.write_str("macaddr"),
            Self::Range(item) => f.write_str(item.range_name()),
            Self::Array(element) => write!(f, "{element}[]"),
            Self::Enum(name) => f.write_str(&quote_identifier(name)),
            Self::Extension(ty) => write!(f, "{ty}"),
        }
    }
}
