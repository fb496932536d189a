//! The rules, each with a safe way to write the same.

use std::borrow::Cow;

use tenantry_sql::{Harmless, Statement, Token, harmless};

use super::linted::Sql;
use super::words::{begins, has_pair, table_at};
use crate::bookkeeping::segment::is_outside;

/// A rule: its name, and what finds that a statement breaks it, and says why.
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) find: fn(&Sql<'_>, &Statement<'_>) -> Option<String>,
}

/// The rules.
pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "validated-at-once",
        find: validated_at_once,
    },
    Rule {
        name: "unique-at-once",
        find: unique_at_once,
    },
    Rule {
        name: "not-null-at-once",
        find: not_null_at_once,
    },
    Rule {
        name: "scan-under-lock",
        find: scan_under_lock,
    },
    Rule {
        name: "table-rewrite",
        find: table_rewrite,
    },
    Rule {
        name: "removed-in-expand",
        find: removed_in_expand,
    },
];

fn validated_at_once(sql: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    let (_, words) = sql.altered(statement)?;
    let is_added = words.first()?.is("add") && is_constraint(words, &["check", "foreign"]);
    (is_added && !has_pair(words, "not", "valid")).then(|| {
        "all rows are looked at while nobody can write to the table, nor, for a foreign key, to the one that it leads to\n\
         help: write `ADD CONSTRAINT … NOT VALID`, and `ALTER TABLE … VALIDATE CONSTRAINT …` after it"
            .to_owned()
    })
}

fn unique_at_once(sql: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    let (_, words) = sql.altered(statement)?;
    if !words.first()?.is("add") || has_pair(words, "using", "index") {
        return None;
    }
    if is_constraint(words, &["exclude"]) {
        return Some(
            "its index is built while nobody can read or write, and there is no other way\n\
             help: do it while nobody uses the table, or make a new one"
                .to_owned(),
        );
    }
    is_constraint(words, &["unique", "primary"]).then(|| {
        "its index is built while nobody can read or write\n\
         help: write `CREATE UNIQUE INDEX name ON …`, and `ALTER TABLE … ADD CONSTRAINT name UNIQUE USING INDEX name` after it"
            .to_owned()
    })
}

fn not_null_at_once(sql: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    let (table, words) = sql.altered(statement)?;
    let (column, action) = altered_column(words)?;
    let is_set =
        matches!(action, [set, not, null] if set.is("set") && not.is("not") && null.is("null"));
    (is_set && !sql.proves(&(table, column.clone()))).then(|| {
        format!(
            "all rows are looked at while nobody can read or write\n\
             help: before it add `CHECK ({column} IS NOT NULL) NOT VALID` and validate it; drop it afterwards"
        )
    })
}

/// In SQL that is not cut, what looks at all rows shares a transaction with what locks.
fn scan_under_lock(sql: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    if sql.is_cut() || is_outside(statement) {
        return None;
    }
    let is_validation = sql
        .altered(statement)
        .is_some_and(|(_, words)| words.first().is_some_and(|word| word.is("validate")));
    let is_index =
        statement.begins(&["create", "index"]) || statement.begins(&["create", "unique", "index"]);
    let on = statement.tokens.iter().position(|token| token.is("on"));
    let indexed = on.and_then(|on| table_at(&statement.tokens[on + 1..]));
    let is_old = indexed.is_some_and(|table| !sql.made(&table));
    (is_validation || is_index && is_old).then(|| {
        "it is one transaction with the rest of the file, which has SQL that may leave something behind, so that the locks of the rest are held \
         for as long as it looks at all rows\n\
         help: give it a migration of its own"
            .to_owned()
    })
}

fn table_rewrite(sql: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    const EACH_ROW: [&str; 7] = [
        "serial",
        "bigserial",
        "smallserial",
        "serial4",
        "serial8",
        "identity",
        "generated",
    ];
    let why = "the table is written anew while nobody can read or write";
    let ways = "add a new column, fill it in batches, and drop the old one in a later migration";
    if statement.begins(&["vacuum"]) && statement.tokens.iter().any(|it| it.is("full"))
        || statement.begins(&["cluster"])
    {
        return Some(format!("{why}\nhelp: do it while nobody uses the table"));
    }
    let (table, words) = sql.altered(statement)?;
    if let Some((column, action)) = altered_column(words)
        && (begins(action, &["type"]) || begins(action, &["set", "data", "type"]))
    {
        let key = (table.1.into_owned(), column.into_owned());
        return (!sql.widens(&key)).then(|| {
            format!("{why}, unless the new type takes the values as they are, as a longer `varchar` does\nhelp: {ways}")
        });
    }
    if let Some((_, action)) = altered_column(words)
        && begins(action, &["set", "expression"])
    {
        return Some(format!(
            "{why}\nhelp: add a new column that is computed so, and drop the old one in a later migration, while few use the table"
        ));
    }
    let first = words.first()?;
    let is_moved = first.is("set")
        && words
            .get(1)
            .is_some_and(|it| it.is_any(&["logged", "unlogged", "tablespace", "access"]));
    if is_moved {
        return Some(format!("{why}\nhelp: do it while nobody uses the table"));
    }
    let is_column = first.is("add") && !is_constraint(words, CONSTRAINTS);
    let each = words.iter().any(|it| it.is_any(&EACH_ROW));
    let volatile = words.windows(2).any(|pair| {
        let name = pair[0].name().filter(|_| pair[1].is_sign("("));
        name.is_some_and(|name| differs_by_row(&name))
    });
    (is_column && (each || volatile)).then(|| {
        format!("{why}, since each row gets a value of its own\nhelp: add the column without it, set the default, and fill it in batches")
    })
}

/// Whether a function gives another value each time it is called.
fn differs_by_row(function: &str) -> bool {
    let kind = harmless(function);
    // Of an extension, and known all the same.
    function == "uuid_generate_v4" || matches!(kind, Some(Harmless::Changing | Harmless::Sequence))
}

fn removed_in_expand(sql: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    if !sql.is_expand() {
        return None;
    }
    let is_removed = statement.begins(&["drop", "table"])
        || statement.begins(&["alter", "type"]) && has_pair(&statement.tokens, "rename", "value")
        || sql.altered(statement).is_some_and(|(_, words)| {
            let is_part = |word: &Token<'_>| word.is_any(&["constraint", "if"]);
            let named = words.get(1).is_some_and(|word| !is_part(word));
            let drops_column = begins(words, &["drop", "column"])
                || begins(words, &["drop"]) && named
                || begins(words, &["drop", "if", "exists"]);
            drops_column || begins(words, &["rename"]) && named
        });
    is_removed.then(|| {
        "the version of the application from before fails after it, and the phase says that it goes on working\n\
         help: write `phase = \"contract\"` into `migration.toml`, and migrate once no such version is running"
            .to_owned()
    })
}

pub(super) const CONSTRAINTS: &[&str] =
    &["check", "foreign", "unique", "primary", "exclude", "not"];

/// Whether `ADD` is followed by a constraint of one of these kinds.
pub(super) fn is_constraint(words: &[Token<'_>], kinds: &[&str]) -> bool {
    let kind = match words {
        [_, constraint, _, kind, ..] if constraint.is("constraint") => kind,
        [_, kind, ..] => kind,
        _ => return false,
    };
    kind.is_any(kinds)
}

/// Returns the column that is altered, and what is done to it.
pub(super) fn altered_column<'t, 'a>(
    words: &'t [Token<'a>],
) -> Option<(Cow<'a, str>, &'t [Token<'a>])> {
    let [alter, rest @ ..] = words else {
        return None;
    };
    let rest = match rest {
        [column, rest @ ..] if column.is("column") => rest,
        _ => rest,
    };
    let (name, action) = rest.split_first()?;
    alter.is("alter").then_some((name.name()?, action))
}
