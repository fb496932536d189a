//! Types and functions of PostgreSQL itself that are known to be harmless: they leave nothing behind in session or transaction.
//!
//! A list of what is known, not of what is dangerous: a function can hide anything.

mod names;

use self::names::{CHANGING, OF_QUERIES, SEQUENCES, STEADY, TYPES};

/// The way in which the value of a harmless function comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harmless {
    /// From its arguments, the same throughout a transaction: it can be evaluated for each row of an index or a check.
    Steady,
    /// Anew each time, as from the clock or at random.
    Changing,
    /// From a sequence, which goes on.
    Sequence,
    /// From the rows of a query, from the session or the catalogue, which it only looks at, or as several rows. Its locks end
    /// with the transaction.
    OfQueries,
}

/// Returns what is known of a function of PostgreSQL; nothing if it is not known to be harmless.
///
/// ```
/// use tenantry_sql::{Harmless, harmless};
///
/// assert_eq!(harmless("lower"), Some(Harmless::Steady));
/// assert_eq!(harmless("set_config"), None);
/// ```
pub fn harmless(function: &str) -> Option<Harmless> {
    let kinds = [
        (STEADY, Harmless::Steady),
        (CHANGING, Harmless::Changing),
        (SEQUENCES, Harmless::Sequence),
        (OF_QUERIES, Harmless::OfQueries),
    ];
    let known = kinds
        .into_iter()
        .find(|(names, _)| names.binary_search(&function).is_ok());
    known.map(|(_, kind)| kind)
}

/// Returns whether a word in small letters is a type whose name no function has without quotes.
pub fn calls_nothing(word: &str) -> bool {
    GRAMMAR.binary_search(&word).is_ok()
}

/// Returns whether a type of PostgreSQL begins with a word, in small letters.
pub fn begins_type(word: &str) -> bool {
    TYPES.binary_search(&word).is_ok()
}

/// Types whose names PostgreSQL takes for no function's: a parenthesis behind one is its length or precision.
const GRAMMAR: [&str; 18] = [
    "bigint",
    "bit",
    "boolean",
    "char",
    "character",
    "dec",
    "decimal",
    "float",
    "int",
    "integer",
    "interval",
    "nchar",
    "numeric",
    "real",
    "smallint",
    "time",
    "timestamp",
    "varchar",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_in_order_and_share_nothing() {
        for list in [TYPES, &GRAMMAR, STEADY, CHANGING, SEQUENCES, OF_QUERIES] {
            assert!(list.is_sorted_by(|one, two| one < two), "{list:?}");
            assert!(list.iter().all(|name| *name == name.to_ascii_lowercase()));
        }
        let all = [STEADY, CHANGING, SEQUENCES, OF_QUERIES].concat();
        let distinct: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn what_leaves_something_behind_is_not_known() {
        for name in [
            "set_config",
            "pg_advisory_lock",
            "setval",
            "dblink",
            "lo_import",
            "pg_notify",
        ] {
            assert_eq!(harmless(name), None, "{name}");
        }
    }
}
