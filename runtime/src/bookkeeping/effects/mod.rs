//! Which SQL is known to leave nothing behind, in its session or its transaction.
//!
//! A temporary table, a setting, a role, a lock or a pending trigger of one tenant's migration must not reach the next
//! tenant, nor the next migration. Functions, triggers and `DO` can hide any of these, so this is a list of what is
//! known, not of what is forbidden: SQL that is not on it runs in a transaction of its own, on a session that is reset
//! afterwards. Known are changes of the catalogue, as long as whatever they evaluate is built in and harmless.
//!
//! Things that a text can't show are looked up in the database: event triggers, casts, operators and functions of ranges that are
//! not built in.

mod alter;
mod domain;
mod expression;
mod fill;
mod validated;

use postgres::GenericClient;
use tenantry_sql::{Kind, Statement, Token, harmless, statements};

use self::expression::{Volatile, is_harmless};
pub(crate) use self::fill::is_fill;
use self::validated::Added;
pub(crate) use self::validated::Constraint;
use super::explain;
use crate::error::Result;

/// Whether the tables that SQL changes may have rows.
///
/// With rows, a table that is written anew evaluates all its indexes and checks, and these can call any function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// They may have.
    Possible,
    /// They were made in the same schema by SQL that is known too, so there are none.
    #[allow(dead_code, reason = "what makes a schema knows that it is empty")]
    None,
}

/// Whether the database has what runs code of any kind with SQL that does not name it: event triggers, and casts,
/// operators, operator classes and ranges that are written in a procedural language or SQL. Then no SQL is known. So it is with
/// functions in the search path that are called as PostgreSQL's own, and may be taken for these, and with domains whose checks are
/// not known: a text that is read as an array of one has its check evaluated, whatever statement it stands in.
pub(crate) fn is_unknowable(client: &mut impl GenericClient) -> Result<bool> {
    // The numbers below are of what PostgreSQL has itself. Mostly there is nothing of others, which is found out without
    // planning the query after it.
    let row = client
        .query_typed_one(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D'), \
             EXISTS (SELECT FROM pg_catalog.pg_cast WHERE oid >= 16384) \
             OR EXISTS (SELECT FROM pg_catalog.pg_operator WHERE oid >= 16384) \
             OR EXISTS (SELECT FROM pg_catalog.pg_amproc WHERE oid >= 16384) \
             OR EXISTS (SELECT FROM pg_catalog.pg_range WHERE rngsubdiff >= 16384 OR rngcanonical >= 16384) \
             OR EXISTS (SELECT FROM pg_catalog.pg_proc WHERE oid >= 16384 AND pronamespace IN (SELECT oid \
             FROM pg_catalog.pg_namespace WHERE nspname = ANY (pg_catalog.current_schemas(false)))), \
             EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE contypid >= 16384 AND contype = 'c')",
            &[],
        )
        .map_err(explain)?;
    let (has_event_trigger, has_others): (bool, bool) = (row.try_get(0)?, row.try_get(1)?);
    if has_event_trigger {
        return Ok(true);
    }
    let has_checks: bool = row.try_get(2)?;
    if has_checks && domain::has_unknown_check(client)? {
        return Ok(true);
    }
    if !has_others {
        return Ok(false);
    }
    // Extensions are taken to be harmless.
    let row = client
        .query_typed_one(
            "SELECT EXISTS (SELECT FROM ( \
             SELECT castfunc AS oid FROM pg_catalog.pg_cast WHERE oid >= 16384 \
             UNION ALL SELECT oprcode::pg_catalog.oid FROM pg_catalog.pg_operator WHERE oid >= 16384 \
             UNION ALL SELECT amproc::pg_catalog.oid FROM pg_catalog.pg_amproc WHERE oid >= 16384 \
             UNION ALL SELECT rngsubdiff::pg_catalog.oid FROM pg_catalog.pg_range \
             UNION ALL SELECT rngcanonical::pg_catalog.oid FROM pg_catalog.pg_range \
             UNION ALL SELECT f.oid FROM pg_catalog.pg_proc AS f JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace \
             WHERE f.oid >= 16384 AND n.nspname = ANY (pg_catalog.current_schemas(false)) AND EXISTS (SELECT FROM pg_catalog.pg_proc AS b \
             WHERE b.proname = f.proname AND b.pronamespace = 'pg_catalog'::pg_catalog.regnamespace)) AS m \
             JOIN pg_catalog.pg_proc AS p ON p.oid = m.oid JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang \
             WHERE l.lanname NOT IN ('internal', 'c') AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d \
             WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e'))",
            &[],
        )
        .map_err(explain)?;
    Ok(row.try_get(0)?)
}

/// Whether all of some SQL is known to leave nothing behind in its session and its transaction, other than what it does
/// to the catalogue.
///
/// SQL that is known can share a transaction with whatever else is known: with other migrations, and other tenants.
/// `CONCURRENTLY` leaves nothing behind either; whether the SQL can be in a transaction at all is another question.
pub(crate) fn leaves_nothing(sql: &str, rows: Rows) -> bool {
    leaves_nothing_but(sql, rows, |_| false)
}

/// The same, passing over some statements.
pub(crate) fn leaves_nothing_but(
    sql: &str,
    rows: Rows,
    is_passed_over: impl Fn(&Statement<'_>) -> bool,
) -> bool {
    let mut added = Added::default();
    statements(sql).is_ok_and(|all| {
        all.iter().all(|statement| {
            let tokens = &statement.tokens;
            let is_known =
                is_passed_over(statement) || added.has_validated(tokens) || is_known(tokens, rows);
            added.note(tokens);
            is_known
        })
    })
}

/// Whether a statement inserts rows that stand in it, or alters a table, and evaluates nothing but what is built in and harmless.
pub(crate) fn evaluates_builtins(tokens: &[Token<'_>]) -> bool {
    // `INSERT INTO a TABLE b` is a query.
    let inserts = begins(tokens, &["insert", "into"]) && !tokens.iter().any(|it| it.is("table"));
    let is_one = inserts || begins(tokens, &["alter", "table"]);
    is_one && is_harmless(tokens, Volatile::Allowed)
}

fn is_known(tokens: &[Token<'_>], rows: Rows) -> bool {
    let Some((first, rest)) = tokens.split_first() else {
        return true;
    };
    if first.is("create") {
        return is_known_create(rest, rows);
    }
    if tokens.iter().any(is_temporary_schema) {
        return false;
    }
    if first.is("alter") {
        return alter::is_known(rest, rows);
    }
    if first.is("drop") {
        return DROPPED.iter().any(|kind| begins(rest, kind));
    }
    first.is("comment") || first.is("grant") || first.is("revoke")
}

/// Kinds of objects that can be dropped without a trace in the session.
const DROPPED: &[&[&str]] = &[
    &["table"],
    &["index"],
    &["view"],
    &["materialized", "view"],
    &["sequence"],
    &["type"],
    &["domain"],
    &["function"],
    &["procedure"],
    &["routine"],
    &["aggregate"],
    &["trigger"],
    &["rule"],
    &["policy"],
    &["statistics"],
    &["collation"],
    &["operator"],
    &["schema"],
];

fn is_known_create(rest: &[Token<'_>], rows: Rows) -> bool {
    let rest = after(rest, &["or", "replace"]);
    if begins(rest, &["function"]) || begins(rest, &["procedure"]) {
        // In its settings the schema of temporary objects is a precaution.
        let mut named = rest.iter().take_while(|token| token.text != "(");
        // Whoever looked for functions that may be taken for PostgreSQL's did so before.
        let is_taken_for_known = |token: &Token<'_>| {
            let name = token.name();
            name.is_some_and(|name| harmless(&name).is_some())
        };
        return !named.any(|token| is_temporary_schema(token) || is_taken_for_known(token))
            && is_known_language(rest);
    }
    if begins(rest, &["operator"]) || is_range(rest) {
        // So it is with operators and functions of ranges, which rows have evaluated without naming them.
        return rows == Rows::None && !rest.iter().any(is_temporary_schema);
    }
    if rest.iter().any(is_temporary_schema) {
        return false;
    }
    let rest = after(rest, &["unlogged"]);
    if begins(rest, &["table"]) {
        // Its defaults are stored, not evaluated. Made of a query it has rows.
        let evaluates_key = rows == Rows::Possible && may_have_rows_to_look_at(rest);
        let bound = bound(rest);
        return !has_outside_parentheses(rest, "as")
            && !evaluates_key
            && is_harmless(&rest[..bound], Volatile::Allowed)
            && is_harmless(&rest[bound..], Volatile::Refused);
    }
    if begins(rest, &["domain"]) {
        return domain::is_known(rest);
    }
    let rest = after(rest, &["unique"]);
    if begins(rest, &["index"]) || begins(rest, &["statistics"]) {
        return is_harmless(rest, Volatile::Refused);
    }
    // The queries, conditions and defaults of these are stored, not evaluated.
    let stored: &[&[&str]] = &[
        &["view"],
        &["recursive", "view"],
        &["sequence"],
        &["type"],
        &["trigger"],
        &["constraint", "trigger"],
        &["rule"],
        &["policy"],
        &["aggregate"],
        &["collation"],
    ];
    stored.iter().any(|kind| begins(rest, kind))
}

/// Whether a type of ranges is made with functions of its own, which an index calls.
fn is_range(rest: &[Token<'_>]) -> bool {
    let is_option = |token: &Token<'_>| {
        let name = token.name();
        name.is_some_and(|name| ["subtype_diff", "canonical"].contains(&&*name))
    };
    begins(rest, &["type"]) && rest.iter().any(is_option)
}

/// Whether a partition is made beside others, which may have a default partition: of each row there the key is computed, to see
/// whether it belongs into the new one. There is none of what is partitioned by hash.
fn may_have_rows_to_look_at(table: &[Token<'_>]) -> bool {
    let bound = &table[bound(table)..];
    !bound.is_empty() && !begins(bound, &["for", "values", "with"])
}

/// Where the values of a partition begin, which are computed at once: the end if it is none, or the default one.
fn bound(table: &[Token<'_>]) -> usize {
    let words = table.windows(2);
    let mut bounds = words.enumerate();
    let found = bounds.find(|(_, words)| words[0].is("for") && words[1].is("values"));
    found.map_or(table.len(), |(at, _)| at)
}

/// Whether a routine is in SQL or PL/pgSQL. Validators of other languages may run code, and load what they run it with.
fn is_known_language(tokens: &[Token<'_>]) -> bool {
    let at = tokens.iter().position(|token| token.is("language"));
    let Some(name) = at.map(|at| tokens.get(at + 1)) else {
        // A body in the SQL of the statement itself needs no language.
        return tokens
            .iter()
            .any(|token| token.is("begin") || token.is("return"));
    };
    name.is_some_and(|token| {
        let name = token.text.trim_matches(['\'', '"']).to_ascii_lowercase();
        ["sql", "plpgsql"].contains(&name.as_str())
    })
}

/// Whether a token names the schema of temporary objects.
fn is_temporary_schema(token: &Token<'_>) -> bool {
    token.name().map_or_else(
        // A name with escaped letters can be any.
        || token.kind == Kind::EscapedName,
        |name| name.starts_with("pg_temp"),
    )
}

fn begins(tokens: &[Token<'_>], words: &[&str]) -> bool {
    tokens.len() >= words.len() && words.iter().zip(tokens).all(|(word, token)| token.is(word))
}

/// Returns the tokens after some words, if they are there.
fn after<'a, 't>(tokens: &'a [Token<'t>], words: &[&str]) -> &'a [Token<'t>] {
    if begins(tokens, words) {
        &tokens[words.len()..]
    } else {
        tokens
    }
}

/// Returns the tokens after a name with or without schema; nothing if there is no name.
fn after_name<'a, 't>(tokens: &'a [Token<'t>]) -> Option<&'a [Token<'t>]> {
    let mut rest = tokens;
    loop {
        rest.first()?.name()?;
        rest = &rest[1..];
        if rest.first().is_none_or(|token| token.text != ".") {
            return Some(rest);
        }
        rest = &rest[1..];
    }
}

/// The tokens between commas that are not within parentheses.
fn split<'a, 't>(tokens: &'a [Token<'t>]) -> Vec<&'a [Token<'t>]> {
    let mut depth = 0_usize;
    let is_cut = |token: &Token<'_>| {
        match token.text {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.is_sign(",")
    };
    tokens.split(is_cut).collect()
}

fn has_outside_parentheses(tokens: &[Token<'_>], word: &str) -> bool {
    let mut depth = 0_usize;
    tokens.iter().any(|token| {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.is(word)
    })
}

#[cfg(test)]
mod tests;
