//! Statements of a migration that take longer the larger a table is.

use std::borrow::Cow;

use tenantry_sql::{Statement, statements};

/// A tenant whose tables have more bytes than this is done on its own, and its indexes are built while others go on
/// writing.
pub(crate) const BIG: i64 = 8 * 1024 * 1024;

/// The tables in the schema of a slot whose size decides how long the SQL of some steps takes, also by the names that they have before.
pub(crate) fn sized_tables<'a>(
    steps: impl IntoIterator<Item = &'a str>,
    slot: &str,
) -> Vec<String> {
    let slot = format!("\"{slot}\"");
    let mut sized = Vec::new();
    let mut renames = Vec::new();
    for sql in steps {
        for statement in statements(sql).unwrap_or_default() {
            renames.extend(renamed(&statement, &slot));
            if !is_metadata(&statement) {
                sized.extend(tables(&statement, &slot));
            }
        }
    }
    // A table may have been renamed more than once.
    for (before, after) in renames.into_iter().rev() {
        if sized.contains(&after) {
            sized.push(before);
        }
    }
    sized.sort_unstable();
    sized.dedup();
    sized
}

/// The names of a table before and after the statement, if that renames one.
fn renamed(statement: &Statement<'_>, slot: &str) -> Option<(String, String)> {
    if !statement.begins(&["alter"]) {
        return None;
    }
    let [.., rename, to, after] = statement.tokens.as_slice() else {
        return None;
    };
    if !rename.is("rename") || !to.is("to") {
        return None;
    }
    let before = tables(statement, slot).into_iter().next()?;
    Some((before, after.name()?.into_owned()))
}

/// The names after the slot. Some may be those of other things than tables.
fn tables(statement: &Statement<'_>, slot: &str) -> Vec<String> {
    let parts = statement.tokens.windows(3);
    let named = parts.filter(|part| part[0].text == slot && part[1].text == ".");
    named
        .filter_map(|part| part[2].name())
        .map(Cow::into_owned)
        .collect()
}

/// Whether the statement only changes the catalogue, so that it takes no longer with many rows.
///
/// A statement that is not known here counts as one that does. The rules are PostgreSQL's, from the notes on `ALTER TABLE` in its
/// manual.
fn is_metadata(statement: &Statement<'_>) -> bool {
    let has = |word: &str| statement.tokens.iter().any(|token| token.is(word));
    if statement.begins(&["alter", "table"]) {
        return is_metadata_change(statement);
    }
    if statement.begins(&["create"]) {
        let index = statement.begins(&["create", "index"])
            || statement.begins(&["create", "unique", "index"]);
        let filled = has("materialized") || (has("table") && has("as"));
        return !index && !filled;
    }
    ["drop", "comment", "grant", "revoke", "alter", "set"]
        .iter()
        .any(|word| statement.begins(&[word]))
}

fn is_metadata_change(statement: &Statement<'_>) -> bool {
    /// Each needs a look at all rows, or writes them anew.
    const COSTLY: [&str; 16] = [
        "check",
        "unique",
        "primary",
        "references",
        "foreign",
        "exclude",
        "validate",
        "type",
        "generated",
        "logged",
        "unlogged",
        "tablespace",
        "attach",
        "serial",
        "bigserial",
        "smallserial",
    ];
    let tokens = &statement.tokens;
    let has = |word: &str| tokens.iter().any(|token| token.is(word));
    let pair = |one: &str, two: &str| {
        tokens
            .windows(2)
            .any(|pair| pair[0].is(one) && pair[1].is(two))
    };
    if pair("not", "valid") {
        return !has("type") && !has("unique") && !has("primary");
    }
    // A default that is computed may be another for each row.
    let default = tokens.iter().position(|token| token.is("default"));
    let is_computed = default.is_some_and(|at| tokens[at..].iter().any(|token| token.text == "("));
    !is_computed && !pair("set", "not") && !COSTLY.iter().any(|word| has(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_about_the_catalogue_are_not_sized() {
        for sql in [
            "ALTER TABLE \"{tenant}\".a ADD COLUMN b numeric(12, 2) NOT NULL DEFAULT 0",
            "ALTER TABLE \"{tenant}\".a DROP COLUMN b",
            "ALTER TABLE \"{tenant}\".a RENAME COLUMN b TO c",
            "ALTER TABLE \"{tenant}\".a ADD CONSTRAINT c CHECK (b > 0) NOT VALID",
            "CREATE TABLE \"{tenant}\".a (b int UNIQUE REFERENCES \"{tenant}\".c)",
            "DROP TABLE \"{tenant}\".a",
            "COMMENT ON TABLE \"{tenant}\".a IS 'x'",
        ] {
            assert_eq!(
                sized_tables([sql], "{tenant}"),
                Vec::<String>::new(),
                "{sql}"
            );
        }
    }

    #[test]
    fn statements_that_look_at_rows_are() {
        for sql in [
            "ALTER TABLE \"{tenant}\".a ALTER COLUMN b TYPE bigint",
            "ALTER TABLE \"{tenant}\".\"a\" ALTER COLUMN b SET NOT NULL",
            "ALTER TABLE \"{tenant}\".A ADD COLUMN b uuid DEFAULT gen_random_uuid()",
            "ALTER TABLE \"{tenant}\".a ADD CONSTRAINT c CHECK (b > 0)",
            "CREATE INDEX i ON \"{tenant}\".a (b)",
            "UPDATE \"{tenant}\".a SET b = 1",
            "CREATE MATERIALIZED VIEW m AS SELECT * FROM \"{tenant}\".a",
        ] {
            assert_eq!(sized_tables([sql], "{tenant}"), ["a"], "{sql}");
        }
    }
    #[test]
    fn a_renamed_table_is_known_by_the_name_before() {
        let steps = [
            "ALTER TABLE \"{tenant}\".a RENAME TO b; ALTER TABLE \"{tenant}\".x RENAME TO y",
            "ALTER TABLE IF EXISTS \"{tenant}\".b RENAME TO \"C\"; CREATE INDEX i ON \"{tenant}\".\"C\" (d)",
        ];
        assert_eq!(sized_tables(steps, "{tenant}"), ["C", "a", "b"]);
        let column =
            "ALTER TABLE \"{tenant}\".a RENAME b TO c; CREATE INDEX i ON \"{tenant}\".c (d)";
        assert_eq!(sized_tables([column], "{tenant}"), ["c"]);
    }
}
