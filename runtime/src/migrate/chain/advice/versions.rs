//! Rules about what versions of the application can live with, and what belongs to whom.

use tenantry_sql::{Statement, Token};

use super::indexes::{KnownIndex, dropped_constraint, dropped_indexes};
use super::linted::{Sql, transaction};
use super::rules::{Rule, altered_column, is_constraint};
use super::words::{altered, begins, has_pair};

/// The rules.
pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "of-the-database",
        find: of_the_database,
    },
    Rule {
        name: "shared-per-tenant",
        find: shared_per_tenant,
    },
    Rule {
        name: "required-without-value",
        find: required_without_value,
    },
    Rule {
        name: "nulls-in-expand",
        find: nulls_in_expand,
    },
    Rule {
        name: "unique-in-expand",
        find: unique_in_expand,
    },
    Rule {
        name: "index-in-expand",
        find: index_in_expand,
    },
    Rule {
        name: "schema-changed",
        find: schema_changed,
    },
    Rule {
        name: "type-per-tenant",
        find: type_per_tenant,
    },
    Rule {
        name: "label-used-at-once",
        find: label_used_at_once,
    },
];

fn of_the_database(sql: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    const KINDS: [&str; 9] = [
        "database",
        "event",
        "extension",
        "publication",
        "role",
        "server",
        "subscription",
        "tablespace",
        "user",
    ];
    let tokens = &statement.tokens;
    let is_changed = tokens[0].is_any(&["create", "alter", "drop"]);
    let kind = tokens.get(1).filter(|it| it.is_any(&KINDS))?;
    (sql.is_for_tenants() && is_changed).then(|| {
        format!(
            "{} belong to no tenant, and this is run once for each\nhelp: move it to `shared.up.sql`",
            kind.text.to_uppercase()
        )
    })
}

fn shared_per_tenant(sql: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    if !sql.is_for_tenants() {
        return None;
    }
    let tokens = &statement.tokens;
    let verbs: [&[&str]; 6] = [
        &["alter", "table"],
        &["drop", "table"],
        &["insert", "into"],
        &["delete", "from"],
        &["update"],
        &["truncate"],
    ];
    let verb = verbs.iter().find(|words| statement.begins(words))?;
    let target = tokens.get(verb.len())?;
    (target.text == "\"{shared}\"").then(|| {
        "it changes the shared schema once for each tenant, and for each new one\nhelp: move it to `shared.up.sql`".to_owned()
    })
}

fn required_without_value(sql: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    let (_, words) = sql.altered(statement)?;
    let is_column = words.first()?.is("add") && !is_constraint(words, super::rules::CONSTRAINTS);
    let has_value = words.iter().any(|it| {
        it.is_any(&[
            "default",
            "generated",
            "identity",
            "serial",
            "bigserial",
            "smallserial",
        ])
    });
    (is_column && has_pair(words, "not", "null") && !has_value).then(|| {
        "it fails in every schema that has rows, and the version of the application from before gives it no value\n\
         help: give it a `DEFAULT`, which may go in a later migration; or add it without `NOT NULL`, fill it, and forbid nulls then"
            .to_owned()
    })
}

fn nulls_in_expand(sql: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    let (table, words) = sql.altered(statement)?;
    let (column, action) = altered_column(words)?;
    let is_allowed = begins(action, &["drop", "not", "null"]);
    // Whoever generates it has asked, or has the next version write it.
    let is_generated = sql.allows_nulls(&table.1, &column);
    (is_allowed && sql.is_expand() && !is_generated).then(|| {
        "the version of the application from before expects a value, and can't read a row without one\n\
         help: release a version first that reads it as an `Option`, and writes no null yet"
            .to_owned()
    })
}

fn unique_in_expand(sql: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    let index = unreplaced(sql, statement)
        .flatten()
        .find(|it| it.is_unique)?;
    Some(format!(
        "upserts of the version of the application from before name {columns}, and fail once nothing is unique by that\n\
         help: write `phase = \"contract\"` into `migration.toml`, and migrate once no such version is running; where it is to have another form \
         or name only, write `CREATE UNIQUE INDEX … ON … ({columns})` before it",
        columns = index.columns(),
    ))
}

fn index_in_expand(sql: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    let mut unreplaced = unreplaced(sql, statement);
    unreplaced.find(|it| it.is_none_or(|it| !it.is_unique))?;
    // A constraint that no index is known of is of another kind.
    statement.begins(&["drop", "index"]).then(|| {
        "queries of the version of the application from before look at all rows without it\n\
         help: write `phase = \"contract\"` into `migration.toml`, and migrate once no such version is running; or make another index by the same \
         first column before it"
            .to_owned()
    })
}

/// Returns what is dropped while the version from before runs, and of which no other takes the place; nothing of what is not known to be an index.
fn unreplaced<'s>(
    sql: &'s Sql<'_>,
    statement: &Statement<'_>,
) -> impl Iterator<Item = Option<&'s KnownIndex>> {
    let mut dropped = dropped_indexes(&statement.tokens);
    dropped.extend(altered(statement).and_then(|(_, words)| dropped_constraint(words)));
    dropped
        .into_iter()
        .filter(|name| sql.is_expand() && !sql.drops(name))
        .filter_map(|name| match sql.indexes_before().get(&name) {
            Some(index) if sql.indexes_after().has_for(index) => None,
            // On what the SQL has made itself nobody counts.
            None if sql.makes_index(&name) => None,
            found => Some(found),
        })
}

fn schema_changed(_: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    let tokens = &statement.tokens;
    let is_schema =
        tokens.first()?.is_any(&["create", "alter", "drop"]) && tokens.get(1)?.is("schema");
    is_schema.then(|| {
        "schemas are made, renamed and dropped by tenantry, which knows whose they are\n\
         help: use `manage tenants`, or make objects in the schemas that there are"
            .to_owned()
    })
}

fn type_per_tenant(sql: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    let is_made = statement.begins(&["create", "type"]) || statement.begins(&["create", "domain"]);
    (sql.is_for_tenants() && is_made && !sql.is_of_types() && !is_shared(&statement.tokens)).then(|| {
        "the type is another in each tenant, with a number of its own that drivers remember for a connection, and a connection serves all tenants\n\
         help: use `text` with a check, as `#[derive(Column)]` does, or make the type once, in `shared.up.sql`"
            .to_owned()
    })
}

/// A label of an enum type that is used in the transaction that adds it. Since release 17 a new tenant, whose type is of the same
/// transaction, does not show it.
fn label_used_at_once(sql: &Sql<'_>, statement: &Statement<'_>) -> Option<String> {
    let added = transaction(sql, statement).filter_map(|before| {
        if !before.begins(&["alter", "type"]) || !has_pair(&before.tokens, "add", "value") {
            return None;
        }
        before.tokens.iter().find_map(Token::string)
    });
    let added: Vec<String> = added.collect();
    // Behind a label in `ADD VALUE` and `RENAME VALUE` there is no use of it.
    if statement.begins(&["alter", "type"]) {
        return None;
    }
    let mut strings = statement.tokens.iter().filter_map(Token::string);
    let label = strings.find(|text| added.contains(text))?;
    Some(format!(
        "a label can't be used before the transaction is over that adds it to a type that was there: `{label}` is added above\n\
         help: use it in a migration of its own, after this one"
    ))
}

fn is_shared(tokens: &[Token<'_>]) -> bool {
    tokens.get(2).is_some_and(|it| it.text == "\"{shared}\"")
}
