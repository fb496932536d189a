//! Pairs of columns as data.

use serde::{Deserialize, Serialize};
use tenantry_sql::{Kind, tokens};

use super::Column;
use super::conversion::{base_type, is_number, is_of_time, is_text, never_converts, widens};

/// Two columns of a table that are one to two versions of the application, and that a trigger keeps equal while both run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Pair {
    /// The column of the version from before.
    pub former: Column,
    /// The column of the next version, as it is added.
    pub latter: Column,
    /// The columns of the table's primary key.
    pub key: Vec<String>,
}

impl Pair {
    /// Describes two columns of a table with a primary key.
    pub fn new(former: Column, latter: Column, key: Vec<String>) -> Self {
        Self {
            former,
            latter,
            key,
        }
    }

    /// Whether each value of the former column is one of the other.
    pub(crate) fn always_converts(&self) -> bool {
        always_converts(&self.former.sql_type, &self.latter.sql_type)
    }

    /// Whether each value of the column of the next version is one of the former.
    pub(super) fn always_converts_back(&self) -> bool {
        always_converts(&self.latter.sql_type, &self.former.sql_type)
    }

    /// Whether both columns have one type.
    pub(crate) fn is_of_one_type(&self) -> bool {
        self.former.sql_type == self.latter.sql_type
    }

    /// Whether it is known what values of one column are in the other.
    pub(crate) fn converts_known(&self) -> bool {
        self.is_of_one_type() || converts_known(&self.former.sql_type, &self.latter.sql_type)
    }

    /// Whether a new row shows which of the columns its statement has given: the one that is not the default.
    pub(crate) fn is_told_by_defaults(&self) -> bool {
        let is_one_type = self.is_of_one_type();
        [&self.former, &self.latter].into_iter().all(|column| {
            let default = column.default.as_deref();
            default.is_none_or(|sql| {
                // The session's time zone has a say in it.
                let is_zoned = is_of_time(&column.sql_type) && (!is_one_type || sql.contains('\''));
                is_constant(sql) && !is_zoned
            })
        })
    }
}

/// Whether a default is the same value each time within a transaction, for any search path.
pub(crate) fn is_constant(default: &str) -> bool {
    const WORDS: &str = "true false null array now current_timestamp text varchar character varying smallint integer \
        bigint numeric real double precision boolean date time timestamp timestamptz with without zone interval uuid json jsonb \
        bytea inet cidr cast as";
    tokens(default).all(|token| match token.kind {
        Kind::Word => {
            let word = token.text.to_ascii_lowercase();
            WORDS.split_ascii_whitespace().any(|known| known == word)
        }
        Kind::Quoted | Kind::EscapedName | Kind::Parameter | Kind::Comment | Kind::Open(_) => false,
        _ => true,
    })
}

/// Whether each value of a type becomes one of another; false where that is not known.
fn always_converts(from: &str, to: &str) -> bool {
    const WHOLE: [&str; 3] = ["smallint", "integer", "bigint"];
    if from == to || widens(from, to) || to == "text" {
        return true;
    }
    let place = |base: &str| WHOLE.iter().position(|whole| *whole == base);
    match (place(from), place(to)) {
        (Some(narrow), Some(wide)) => narrow <= wide,
        (Some(_), None) => ["numeric", "real", "double precision", "boolean"].contains(&to),
        (None, Some(_)) => from == "boolean",
        (None, None) => (from, to) == ("jsonb", "json"),
    }
}

/// Whether values of both types are of PostgreSQL's own types, of which it is known how they convert.
fn converts_known(from: &str, to: &str) -> bool {
    const OTHERS: [&str; 8] = [
        "boolean", "uuid", "json", "jsonb", "bytea", "inet", "cidr", "date",
    ];
    let is_known = |sql_type: &str| {
        let base = base_type(sql_type);
        let element = base.trim_end_matches("[]");
        is_number(element) || is_text(element) || is_of_time(element) || OTHERS.contains(&element)
    };
    let (from_base, to_base) = (base_type(from), base_type(to));
    is_known(from) && is_known(to) && !never_converts(&from_base, &to_base)
}

#[cfg(test)]
mod tests {
    use super::{always_converts, is_constant};

    #[test]
    fn a_value_that_may_not_convert_is_told() {
        for (from, to, expected) in [
            ("integer", "bigint", true),
            ("bigint", "integer", false),
            ("integer", "numeric", true),
            ("integer", "numeric(4,2)", false),
            ("numeric", "double precision", false),
            ("uuid", "text", true),
            ("text", "uuid", false),
            ("text", "character varying(10)", false),
            ("boolean", "smallint", true),
            ("json", "jsonb", false),
            ("date", "timestamp without time zone", false),
        ] {
            assert_eq!(always_converts(from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn what_calls_something_is_not_constant() {
        for (sql, expected) in [
            ("0", true),
            ("-1.5", true),
            ("'open'", true),
            ("'{}'::jsonb", true),
            ("now()", true),
            ("ARRAY[1, 2]", true),
            ("('EUR')", true),
            ("gen_random_uuid()", false),
            ("\"{tenant}\".\"next\"()", false),
            ("clock_timestamp()", false),
            ("'a'::citext", false),
        ] {
            assert_eq!(is_constant(sql), expected, "{sql}");
        }
    }
}
