//! Words that mean something of their own in an expression.

/// Role of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It is a value: `NULL`.
    Value,
    /// It joins two conditions: `AND`.
    Joins,
    /// It ends what is in front of it, and something follows: `THEN`.
    Ends,
    /// It ends what is in front of it, and is a value with it: `END`.
    Closes,
    /// It stands between values: `LIKE`.
    Neutral,
    /// The word in the parentheses behind it is no column: `extract(year FROM at)`.
    Field,
    /// A type follows: `CAST(a AS text)`.
    Type,
    /// A collation follows.
    Collation,
    /// It can't stand in an expression of a table.
    Refused(&'static str),
}

/// Operators of which two can't follow each other without parentheses or a word.
pub(super) const COMPARISONS: [&str; 7] = ["=", "<", ">", "<=", ">=", "<>", "!="];

/// Operators that can stand before a value.
pub(super) const PREFIXES: [&str; 8] = ["+", "-", "~", "@", "|/", "||/", "!!", "@-@"];

/// Types that a text behind them is a value of, also where a column has the same name.
pub(super) const TYPES: [&str; 10] = [
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "interval",
    "text",
    "numeric",
    "json",
    "jsonb",
    "uuid",
];

/// Words behind the first of a type.
pub(super) const OF_TYPES: [&str; 7] = [
    "varying",
    "precision",
    "with",
    "without",
    "time",
    "zone",
    "array",
];

/// Words behind an interval's text.
pub(super) const OF_INTERVALS: [&str; 7] =
    ["year", "month", "day", "hour", "minute", "second", "to"];

/// Role of a word, if it is one of SQL's. Most of them can be columns all the same; `column` says that it is one.
pub(super) fn role(word: &str, column: bool, call: bool) -> Option<Role> {
    Some(match word {
        "null" | "true" | "false" | "current_date" | "current_time" | "current_timestamp"
        | "localtime" | "localtimestamp" | "current_user" | "current_role" | "session_user"
        | "current_catalog" | "current_schema" => Role::Value,
        "and" | "or" => Role::Joins,
        "when" | "then" | "else" | "case" => Role::Ends,
        "end" => Role::Closes,
        "isnull" | "notnull" if !call => Role::Closes,
        "is" | "in" | "like" | "ilike" | "similar" | "not" | "between" | "symmetric"
        | "asymmetric" | "distinct" | "from" | "for" | "both" | "leading" | "trailing"
        | "placing" | "any" | "some" | "all" | "array" => Role::Neutral,
        "as" => Role::Type,
        "collate" => Role::Collation,
        "extract" if call => Role::Field,
        "select" | "exists" | "with" => Role::Refused(
            ", and there are no queries in it\nhelp: name the columns of the row itself; a rule over several rows is a trigger in a migration",
        ),
        "asc" | "desc" => Role::Refused(
            ", and it has no order\nhelp: remove it: an index is read in both directions",
        ),
        "user" | "order" | "group" | "table" | "limit" | "offset" | "check" | "default"
        | "column" | "references" | "primary" | "unique" | "window" | "where" | "having"
        | "grant" | "into" | "on" | "only" | "to" | "union" | "using" | "create" | "do"
        | "fetch" | "foreign" | "constraint" | "variadic" | "intersect" | "except"
        | "initially" | "deferrable" | "lateral" | "returning" | "analyze" | "analyse" => {
            Role::Refused(if column {
                ", a word of SQL's own\nhelp: write the column's name in double quotes"
            } else {
                ", which begins something else\nhelp: write an expression over the table's columns"
            })
        }
        _ if column || call => return None,
        "unknown" | "document" | "normalized" | "nfc" | "nfd" | "nfkc" | "nfkd" | "json"
        | "object" | "scalar" | "value" | "keys" | "escape" | "at" | "time" | "zone" | "local"
        | "overlaps" => match word {
            "escape" | "at" | "time" | "zone" | "overlaps" => Role::Neutral,
            _ => Role::Closes,
        },
        _ => return None,
    })
}

/// Why a function can't be called for each row; what is not here is let be.
pub(super) fn refused_call(name: &str) -> Option<&'static str> {
    match name {
        "count" | "sum" | "avg" | "array_agg" | "string_agg" | "json_agg" | "jsonb_agg"
        | "json_object_agg" | "jsonb_object_agg" | "xmlagg" | "bool_and" | "bool_or" | "every"
        | "stddev" | "variance" | "row_number" | "rank" | "dense_rank" | "percent_rank"
        | "ntile" | "lag" | "lead" | "first_value" | "last_value" | "nth_value" => Some(
            ", which is over several rows, and it sees one\nhelp: name the columns of the row itself",
        ),
        "max" | "min" => Some(
            ", which is over several rows, and it sees one\nhelp: write `greatest(...)` or `least(...)`",
        ),
        "generate_series"
        | "generate_subscripts"
        | "unnest"
        | "regexp_matches"
        | "regexp_split_to_table"
        | "string_to_table"
        | "json_array_elements"
        | "jsonb_array_elements"
        | "json_array_elements_text"
        | "jsonb_array_elements_text"
        | "json_each"
        | "jsonb_each"
        | "json_each_text"
        | "jsonb_each_text"
        | "json_object_keys"
        | "jsonb_object_keys"
        | "jsonb_path_query" => Some(
            ", which gives several rows, and one value is needed\nhelp: write a condition such as `5 = ANY (numbers)`, or `data @> '...'`",
        ),
        "isnull" | "ifnull" | "nvl" => Some("\nhelp: write `coalesce(...)`, or `... IS NULL`"),
        "len" => Some("\nhelp: write `length(...)`"),
        "getdate" | "sysdate" | "curdate" => Some("\nhelp: write `now()`"),
        "uuid" | "newid" | "uuid_generate_v4" => Some("\nhelp: write `gen_random_uuid()`"),
        "if" | "iif" => Some("\nhelp: write `CASE WHEN ... THEN ... ELSE ... END`"),
        _ => None,
    }
}
