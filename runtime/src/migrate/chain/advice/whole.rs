//! Rules about what is done to a table as a whole: to all its rows, its indexes or its partitions.

use tenantry_sql::{Statement, Token};

use super::linted::{Sql, transaction};
use super::rules::Rule;
use super::words::{LintedTable, altered, begins, has_pair, table_at};
use crate::bookkeeping::batches::is_batched;
use crate::bookkeeping::effects::is_fill;

/// The rules.
pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "reindex-at-once",
        find: reindex_at_once,
    },
    Rule {
        name: "partition-at-once",
        find: partition_at_once,
    },
    Rule {
        name: "rows-under-lock",
        find: rows_under_lock,
    },
    Rule {
        name: "rows-lost",
        find: rows_lost,
    },
    Rule {
        name: "domain-with-check",
        find: domain_with_check,
    },
];

fn reindex_at_once(_: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    let is_concurrent = statement.tokens.iter().any(|it| it.is("concurrently"));
    (statement.begins(&["reindex"]) && !is_concurrent).then(|| {
        "nobody can write to the table, nor use the index, until it is built anew\n\
         help: write `REINDEX INDEX CONCURRENTLY …`"
            .to_owned()
    })
}

fn partition_at_once(sql: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    let (_, words) = sql.altered(statement)?;
    if begins(words, &["detach", "partition"]) {
        let is_concurrent = words
            .iter()
            .any(|it| it.is("concurrently") || it.is("finalize"));
        return (!is_concurrent).then(|| {
            "nobody can read or write the whole table meanwhile\n\
             help: write `DETACH PARTITION … CONCURRENTLY`"
                .to_owned()
        });
    }
    if !begins(words, &["attach", "partition"]) {
        return None;
    }
    let part = table_at(&words[2..])?;
    let is_proved = sql.made(&part) || sql.all().any(|other| validates(other, &part));
    (!is_proved).then(|| {
        "all rows of the partition are looked at while nobody can read or write it\n\
         help: before it, add a check to the partition that says what its bounds say, `NOT VALID`, and validate it; drop it afterwards"
            .to_owned()
    })
}

fn validates(statement: &Statement<'_>, table: &LintedTable<'_>) -> bool {
    altered(statement).is_some_and(|(of, words)| of == *table && begins(words, &["validate"]))
}

/// Rows that are written behind a statement that keeps others out, in the same transaction.
fn rows_under_lock(sql: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    let target = if statement.begins(&["update"]) {
        &statement.tokens[1..]
    } else if statement.begins(&["delete", "from"]) {
        &statement.tokens[2..]
    } else {
        return None;
    };
    let table = table_at(target)?;
    // Where tables are big, it is a transaction of its own.
    let is_apart = is_batched(statement) || sql.is_cut() && is_fill(&statement.tokens);
    let mut before = transaction(sql, statement);
    let is_locked =
        before.any(|it| altered(it).is_some_and(|(of, words)| of == table && locks_out(words)));
    (is_locked && !is_apart && !sql.made(&table)).then(|| {
        "rows are written while the lock of a statement before it keeps everybody from the table\n\
         help: write the rows first, in a migration of its own, in batches, or only those that lack a value: \
         `UPDATE … SET a = 1 WHERE a IS NULL`"
            .to_owned()
    })
}

/// Whether what is done to a table keeps others from reading it until the transaction ends.
fn locks_out(words: &[Token<'_>]) -> bool {
    !begins(words, &["validate"]) && !has_pair(words, "set", "statistics")
}

fn rows_lost(sql: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    if statement.begins(&["truncate"]) {
        let is_cascade = statement.tokens.last().is_some_and(|it| it.is("cascade"));
        let others = if is_cascade {
            ", and so are those of all tables that reference it, which are not named"
        } else {
            ""
        };
        return Some(format!(
            "all rows of the table are lost{others}\n\
             help: write `DELETE FROM … WHERE …` with the rows that are meant, of each table"
        ));
    }
    let is_drop = statement.begins(&["drop"])
        || altered(statement).is_some_and(|(_, words)| begins(words, &["drop"]));
    if is_drop && statement.tokens.last().is_some_and(|it| it.is("cascade")) {
        return Some(
            "what depends on it goes as well, and is not named: it may be another in each tenant\n\
             help: drop what depends on it by its name, before it, and leave `CASCADE` out"
                .to_owned(),
        );
    }
    if !statement.begins(&["drop", "table"]) {
        return None;
    }
    let name = statement.tokens[2..]
        .iter()
        .position(|it| !it.is_any(&["if", "exists"]))?;
    let table = table_at(&statement.tokens[2 + name..])?;
    sql.made(&table).then(|| {
        "the table is made again without the rows that it has\n\
         help: change it with `ALTER TABLE`, or give the new one another name and bring the rows there before"
            .to_owned()
    })
}

fn domain_with_check(_: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    let tokens = &statement.tokens;
    let is_checked = |it: &Token<'_>| it.is("check");
    let is_made = statement.begins(&["create", "domain"])
        && (tokens.iter().any(is_checked) || has_pair(tokens, "not", "null"));
    let is_altered = statement.begins(&["alter", "domain"])
        && (has_pair(tokens, "set", "not")
            || tokens.iter().any(is_checked) && !has_pair(tokens, "not", "valid"));
    (is_made || is_altered).then(|| {
        "a column of the domain is added by writing its table anew, and another check looks at all rows of all its columns, while nobody can \
         read or write\n\
         help: give the column its check: `ADD CONSTRAINT … CHECK (…) NOT VALID`, and validate it"
            .to_owned()
    })
}
