//! `ALTER`: its known subcommands.

use tenantry_sql::Token;

use super::expression::{Volatile, is_builtin_type, is_harmless};
use super::{Rows, after, after_name, begins, split};

/// Whether what comes after `ALTER` is known.
pub(super) fn is_known(rest: &[Token<'_>], rows: Rows) -> bool {
    if begins(rest, &["table"]) {
        return table(&rest[1..], rows);
    }
    if begins(rest, &["type"]) {
        return is_known_type(&rest[1..]);
    }
    if begins(rest, &["domain"]) {
        // A new check is evaluated for the rows that there are; so is an old one that gets validated.
        let validates = rest.iter().any(|token| token.is("validate"));
        return !validates && is_harmless(rest, Volatile::Refused);
    }
    let routines: &[&[&str]] = &[&["function"], &["procedure"], &["routine"]];
    if routines.iter().any(|kind| begins(rest, kind)) {
        // Under another name, or in another schema, it may be taken for one that is known.
        return !rest.iter().any(|token| token.is_any(&["rename", "schema"]));
    }
    let others: &[&[&str]] = &[
        &["index"],
        &["view"],
        &["sequence"],
        &["trigger"],
        &["policy"],
        &["aggregate"],
        &["statistics"],
        &["default", "privileges"],
    ];
    others.iter().any(|kind| begins(rest, kind))
}

/// A new label of an enum can't be used before its transaction is over, so it is not known.
fn is_known_type(rest: &[Token<'_>]) -> bool {
    let known: &[&[&str]] = &[&["rename"], &["owner"], &["set", "schema"]];
    after_name(rest).is_some_and(|action| known.iter().any(|words| begins(action, words)))
}

fn table(rest: &[Token<'_>], rows: Rows) -> bool {
    let rest = after(after(rest, &["if", "exists"]), &["only"]);
    let Some(rest) = after_name(rest) else {
        return false;
    };
    let rest = match rest.split_first() {
        Some((star, after)) if star.text == "*" => after,
        _ => rest,
    };
    split(rest)
        .into_iter()
        .all(|subcommand| is_known_subcommand(subcommand, rows))
}

fn is_known_subcommand(words: &[Token<'_>], rows: Rows) -> bool {
    const PLAIN: &[&str] = &[
        "drop", "rename", "owner", "enable", "disable", "force", "no", "replica", "cluster",
        "inherit", "of", "reset", "detach", "set",
    ];
    if begins(words, &["add"]) {
        return is_known_addition(words, rows);
    }
    if begins(words, &["alter", "constraint"]) {
        return true;
    }
    if begins(words, &["alter"]) {
        return is_known_column_change(after(&words[1..], &["column"]), rows);
    }
    let rewrites = [
        "logged",
        "unlogged",
        "tablespace",
        "access",
        "validate",
        "attach",
    ];
    let is_rewrite = words
        .iter()
        .take(2)
        .any(|token| rewrites.iter().any(|word| token.is(word)));
    if is_rewrite {
        let known = begins(words, &["set"]) || begins(words, &["validate"]);
        let known = known || begins(words, &["attach"]);
        return rows == Rows::None && known && is_harmless(words, Volatile::Refused);
    }
    let is_no_type = begins(words, &["not", "of"]);
    is_no_type || PLAIN.iter().any(|word| begins(words, &[word]))
}

/// `ADD` with a constraint or a column.
fn is_known_addition(words: &[Token<'_>], rows: Rows) -> bool {
    const CONSTRAINTS: &[&str] = &[
        "constraint",
        "check",
        "unique",
        "primary",
        "foreign",
        "exclude",
        "not",
    ];
    let added = &words[1..];
    if CONSTRAINTS.iter().any(|word| begins(added, &[word])) {
        return is_harmless(words, Volatile::Refused);
    }
    let named = after(after(added, &["column"]), &["if", "not", "exists"]);
    let Some((_, definition)) = named.split_first() else {
        return false;
    };
    // The default of a column is evaluated, that of its type too; and a value for each row means that the table is
    // written anew.
    match rows {
        Rows::None => is_builtin_type(definition) && is_harmless(words, Volatile::Allowed),
        Rows::Possible => {
            const EACH_ROW: &[&str] = &[
                "generated",
                "serial",
                "bigserial",
                "smallserial",
                "serial2",
                "serial4",
                "serial8",
                "identity",
            ];
            let each_row = |token: &Token<'_>| EACH_ROW.iter().any(|word| token.is(word));
            is_builtin_type(definition)
                && !definition.iter().any(each_row)
                && is_harmless(words, Volatile::Refused)
        }
    }
}

/// Reads on after `ALTER COLUMN`.
fn is_known_column_change(words: &[Token<'_>], rows: Rows) -> bool {
    const PLAIN: &[&str] = &["drop", "set", "add", "restart", "reset"];
    let Some((_, action)) = words.split_first() else {
        return false;
    };
    if begins(action, &["set", "default"]) {
        // It is stored, not evaluated.
        return is_harmless(action, Volatile::Allowed);
    }
    let rewrites: &[&[&str]] = &[&["type"], &["set", "data"], &["set", "expression"]];
    if rewrites.iter().any(|words| begins(action, words)) {
        return rows == Rows::None && is_harmless(action, Volatile::Refused);
    }
    PLAIN.iter().any(|word| begins(action, &[word]))
}
