//! Rust types for the types of columns.

use crate::structure::{Namespace, ObjectKind, ObjectName};
use crate::value::SqlType;

/// A Rust type that holds the values of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fit {
    /// The type, as a field is declared.
    pub(super) rust: String,
    /// The column's type that a model with this field asks for.
    pub(super) sql: SqlType,
    /// Arguments that have to stand beside it: `max_length = 40`.
    pub(super) argument: Option<String>,
}

/// Returns what holds values of a type, as PostgreSQL's `format_type` writes it; nothing if no field's type does.
pub(super) fn fit(sql_type: &str) -> Option<Fit> {
    if let Some(element) = sql_type.strip_suffix("[]") {
        let element = fit(element)?;
        if matches!(element.sql, SqlType::Array(_) | SqlType::Bytea) {
            return None;
        }
        let item = match element.sql {
            // Bounds belong to columns and not to items.
            SqlType::Varchar(_) => SqlType::Text,
            SqlType::Decimal(..) => SqlType::Numeric,
            other => other,
        };
        return Some(Fit {
            rust: format!("Vec<{}>", element.rust),
            sql: SqlType::Array(Box::leak(Box::new(item))),
            argument: None,
        });
    }
    let (base, bounds) = parts(sql_type);
    if let Some(item) = range_of(&base) {
        let item = fit(item)?;
        return Some(Fit {
            rust: format!("tenantry::value::Range<{}>", item.rust),
            sql: SqlType::Range(Box::leak(Box::new(item.sql))),
            argument: None,
        });
    }
    let (rust, sql) = scalar(&base)?;
    let plain = Fit {
        rust: rust.to_owned(),
        sql,
        argument: None,
    };
    Some(match (base.as_str(), &bounds[..]) {
        ("character varying", [length]) => Fit {
            sql: SqlType::Varchar(u32::try_from(*length).ok()?),
            argument: Some(format!("max_length = {length}")),
            ..plain
        },
        ("numeric", [precision, scale]) if *scale >= 0 && scale <= precision => Fit {
            sql: SqlType::Decimal(u16::try_from(*precision).ok()?, u16::try_from(*scale).ok()?),
            argument: Some(format!("precision = {precision}, scale = {scale}")),
            ..plain
        },
        _ => plain,
    })
}

/// A type without its bounds, and the bounds: `timestamp(3) with time zone` is `timestamp with time zone` and 3.
fn parts(sql_type: &str) -> (String, Vec<i32>) {
    let Some((before, rest)) = sql_type.split_once('(') else {
        return (sql_type.to_owned(), Vec::new());
    };
    let (bounds, after) = rest.split_once(')').unwrap_or((rest, ""));
    let bounds = bounds.split(',').filter_map(|it| it.trim().parse().ok());
    (format!("{before}{after}"), bounds.collect())
}

/// The type of which a type has ranges.
fn range_of(base: &str) -> Option<&'static str> {
    Some(match base {
        "int4range" => "integer",
        "int8range" => "bigint",
        "numrange" => "numeric",
        "daterange" => "date",
        "tsrange" => "timestamp without time zone",
        "tstzrange" => "timestamp with time zone",
        _ => return None,
    })
}

fn scalar(base: &str) -> Option<(&'static str, SqlType)> {
    Some(match base {
        "smallint" => ("i16", SqlType::SmallInt),
        "integer" => ("i32", SqlType::Integer),
        "bigint" => ("i64", SqlType::BigInt),
        "real" => ("f32", SqlType::Real),
        "double precision" => ("f64", SqlType::Double),
        "boolean" => ("bool", SqlType::Boolean),
        "text" | "character varying" | "character" => ("String", SqlType::Text),
        "bytea" => ("Vec<u8>", SqlType::Bytea),
        "json" | "jsonb" => ("Json<tenantry::serde_json::Value>", SqlType::Jsonb),
        "interval" => ("tenantry::value::Interval", SqlType::Interval),
        "inet" => ("tenantry::value::Inet", SqlType::Inet),
        "cidr" => ("tenantry::value::Cidr", SqlType::Cidr),
        "macaddr" => ("tenantry::value::MacAddr", SqlType::MacAddr),
        "uuid" if cfg!(feature = "uuid") => ("Uuid", SqlType::Uuid),
        "numeric" if cfg!(feature = "decimal") => ("Decimal", SqlType::Numeric),
        "timestamp with time zone" => (moment()?, SqlType::TimestampTz),
        "timestamp without time zone" => (local()?, SqlType::Timestamp),
        "date" => (day()?, SqlType::Date),
        "time without time zone" => (time()?, SqlType::Time),
        _ => return None,
    })
}

/// The first of these types whose crate is there: of jiff, chrono, time.
fn of_crates(types: [&'static str; 3]) -> Option<&'static str> {
    let there = [
        cfg!(feature = "jiff"),
        cfg!(feature = "chrono"),
        cfg!(feature = "time"),
    ];
    types
        .into_iter()
        .zip(there)
        .find_map(|(name, is_there)| is_there.then_some(name))
}

fn moment() -> Option<&'static str> {
    of_crates([
        "Timestamp",
        "tenantry::chrono::DateTime<tenantry::chrono::Utc>",
        "tenantry::time::OffsetDateTime",
    ])
}

fn local() -> Option<&'static str> {
    of_crates([
        "tenantry::jiff::civil::DateTime",
        "tenantry::chrono::NaiveDateTime",
        "tenantry::time::PrimitiveDateTime",
    ])
}

fn day() -> Option<&'static str> {
    of_crates([
        "Date",
        "tenantry::chrono::NaiveDate",
        "tenantry::time::Date",
    ])
}

fn time() -> Option<&'static str> {
    of_crates([
        "tenantry::jiff::civil::Time",
        "tenantry::chrono::NaiveTime",
        "tenantry::time::Time",
    ])
}

/// The name of a type of the schema's own: `"{tenant}".mood`.
pub(super) fn own_name(sql_type: &str) -> Option<&str> {
    let rest = sql_type
        .strip_prefix("\"{tenant}\".")
        .or_else(|| sql_type.strip_prefix("\"{shared}\"."))?;
    Some(rest.trim_matches('"'))
}

/// The statement that makes a type of the schema's own.
pub(super) fn own_type<'a>(namespace: &'a Namespace, sql_type: &str) -> Option<&'a str> {
    let name = ObjectName::new(ObjectKind::Type, own_name(sql_type)?);
    namespace.objects.get(&name).map(String::as_str)
}

/// The type that a domain is made of.
pub(super) fn domain_base(definition: &str) -> Option<String> {
    let rest = definition.strip_prefix("CREATE DOMAIN ")?;
    let (_, rest) = rest.split_once(" AS ")?;
    let ends = [" COLLATE ", " DEFAULT ", " CONSTRAINT ", " NOT NULL"];
    let end = ends.iter().filter_map(|word| rest.find(word)).min();
    Some(rest[..end.unwrap_or(rest.len())].to_owned())
}

/// The type without bounds: a domain has them itself.
pub(super) fn unbounded(sql: SqlType) -> SqlType {
    match sql {
        SqlType::Varchar(_) => SqlType::Text,
        SqlType::Decimal(..) => SqlType::Numeric,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sql_type: &str) -> Option<String> {
        let fit = fit(sql_type)?;
        let argument = fit.argument.map_or_else(String::new, |it| format!(" {it}"));
        Some(format!("{}: {}{argument}", fit.rust, fit.sql))
    }

    #[test]
    fn types_of_columns_have_types_of_fields() {
        for (sql_type, expected) in [
            ("bigint", "i64: bigint"),
            (
                "character varying(40)",
                "String: character varying(40) max_length = 40",
            ),
            ("character varying", "String: text"),
            ("character(2)", "String: text"),
            (
                "numeric(12,2)",
                "Decimal: numeric(12,2) precision = 12, scale = 2",
            ),
            ("numeric", "Decimal: numeric"),
            ("numeric(3,-2)", "Decimal: numeric"),
            (
                "timestamp(3) with time zone",
                "Timestamp: timestamp with time zone",
            ),
            ("text[]", "Vec<String>: text[]"),
            ("character varying(9)[]", "Vec<String>: text[]"),
            ("tstzrange", "tenantry::value::Range<Timestamp>: tstzrange"),
            ("json", "Json<tenantry::serde_json::Value>: jsonb"),
        ] {
            assert_eq!(shown(sql_type).as_deref(), Some(expected), "{sql_type}");
        }
    }

    #[test]
    fn others_have_none() {
        for sql_type in [
            "tsvector",
            "\"{tenant}\".mood",
            "money",
            "bit(3)",
            "bytea[]",
            "citext",
        ] {
            assert_eq!(shown(sql_type), None, "{sql_type}");
        }
    }
}
