//! SQL in which no wait is so long that anybody's transaction is ended for it.

use tenantry_sql::{Statement, Token, statements};

use super::circle::{SEVERAL, limit};
use super::taken::{SLOTS, locked};

/// SQL for a transaction, in which each statement that may wait is limited before. Only the first lock is waited for as long as it may
/// take: nobody waits for what the transaction has. Tells how many locks there are to wait for in all.
pub(super) fn limited(sql: &str) -> (String, usize) {
    let mut limits = Vec::new();
    let mut made: Vec<String> = Vec::new();
    let mut is_first = true;
    let mut all = 0;
    for statement in statements(sql).unwrap_or_default() {
        let names = names(&statement);
        let is_new = makes_table(&statement);
        if is_new {
            made.extend(names.first().cloned());
        }
        if (is_new || takes_one(&statement)) && names.iter().all(|name| made.contains(name)) {
            continue;
        }
        let one = takes_one(&statement);
        let locks = if one { 1 } else { names.len().max(SEVERAL) };
        all += locks;
        if !(is_first && one) {
            let first = locked(&statement).into_iter().next().filter(|_| is_first);
            let first = first.map(|first| first.lock(SLOTS)).unwrap_or_default();
            limits.push((statement.start(), first + &limit(locks)));
        }
        is_first = false;
    }
    let mut text = sql.to_owned();
    for (at, limit) in limits.into_iter().rev() {
        text.insert_str(at, &limit);
    }
    (text, all.max(1))
}

/// The qualified names in a statement, each once.
fn names(statement: &Statement<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in statement.tokens.windows(3) {
        if let [schema, dot, name] = part
            && dot.text == "."
            && let (Some(schema), Some(name)) = (schema.name(), name.name())
        {
            let name = format!("{schema}.{name}");
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// Whether a statement makes a table that nobody can have.
fn makes_table(statement: &Statement<'_>) -> bool {
    let third = statement.tokens.get(2);
    statement.begins(&["create", "table"]) && third.is_some_and(|it| !it.is("if"))
}

/// Whether a statement waits for the one table that it names.
fn takes_one(statement: &Statement<'_>) -> bool {
    /// Words for whatever reaches other tables.
    const OTHERS: [&str; 11] = [
        "references",
        "foreign",
        "type",
        "validate",
        "attach",
        "detach",
        "inherit",
        "inherits",
        "partition",
        "cascade",
        "select",
    ];
    let tokens = &statement.tokens;
    let is_known = [
        &["alter", "table"][..],
        &["create", "index"],
        &["create", "unique", "index"],
        &["create", "trigger"],
        &["create", "or", "replace", "trigger"],
        &["create", "table"],
        &["comment", "on"],
        &["lock"],
    ];
    is_known.iter().any(|words| statement.begins(words))
        && !tokens
            .iter()
            .any(|token| OTHERS.iter().any(|it| token.is(it)))
        && !tokens.windows(2).any(drops)
        && (statement.begins(&["comment"]) || names(statement).len() == 1)
}

/// Whether more is dropped than a property of a column: a key locks both of its tables.
fn drops(pair: &[Token<'_>]) -> bool {
    const PROPERTIES: [&str; 4] = ["not", "default", "expression", "identity"];
    pair[0].is("drop") && !PROPERTIES.iter().any(|it| pair[1].is(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of locks that each statement is limited for, where it is.
    fn locks(sql: &str) -> Vec<Option<usize>> {
        let (text, _) = limited(sql);
        let all = statements(&text).unwrap();
        let starts = all.iter().map(Statement::start);
        let own = starts.filter(|&start| {
            !["SELECT pg_catalog.set_config", "DO $tenantry"]
                .iter()
                .any(|it| text[start..].starts_with(it))
        });
        own.map(|start| (1..10).find(|&locks| text[..start].ends_with(&limit(locks))))
            .collect()
    }

    #[test]
    fn all_but_a_first_lock_of_one_table_are_limited() {
        let sql = "ALTER TABLE \"{tenant}\".a ADD b int; ALTER TABLE \"{tenant}\".c ADD b int; \
            ALTER TABLE \"{tenant}\".c DROP d; CREATE INDEX ON \"{tenant}\".a (b)";
        assert_eq!(locks(sql), [None, Some(1), Some(4), Some(1)]);
        assert_eq!(limited(sql).1, 7);
        let sql = "ALTER TABLE \"{tenant}\".a ALTER b DROP NOT NULL";
        assert_eq!(locks(sql), [None]);
    }

    #[test]
    fn what_may_take_several_is_limited_at_once() {
        for sql in [
            "ALTER TABLE \"{tenant}\".a ADD FOREIGN KEY (b) REFERENCES \"{shared}\".c",
            "DROP TABLE \"{tenant}\".a",
            "UPDATE \"{tenant}\".a SET b = 1",
            "DO $$ BEGIN END $$",
            "TRUNCATE \"{tenant}\".a",
        ] {
            assert_eq!(locks(sql), [Some(4)], "{sql}");
        }
        assert_eq!(
            limited("UPDATE \"{tenant}\".a SET b = 1")
                .0
                .matches("LOCK TABLE \"{tenant}\".a IN ROW EXCLUSIVE")
                .count(),
            1
        );
        let drop = "DROP TABLE \"{tenant}\".a, \"{tenant}\".b, \"{tenant}\".c, \"{tenant}\".d, \"{tenant}\".e";
        assert_eq!(locks(drop), [Some(5)]);
    }

    #[test]
    fn nobody_waits_for_what_is_made_here() {
        let sql = "CREATE TABLE \"{tenant}\".a (b int); CREATE INDEX ON \"{tenant}\".a (b); \
            CREATE TABLE \"{tenant}\".c (b int REFERENCES \"{tenant}\".a); ALTER TABLE \"{tenant}\".d ADD b int";
        assert_eq!(locks(sql), [None, None, None, None]);
        let sql = "CREATE TABLE \"{tenant}\".c (b int REFERENCES \"{shared}\".a)";
        assert_eq!(locks(sql), [Some(4)]);
    }
}
