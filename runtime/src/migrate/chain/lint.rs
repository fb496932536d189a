//! Refusing SQL that a migration must not have.
//!
//! A file runs as a part of a transaction that also holds its ledger rows, and on a connection that goes back to a pool:
//! so it can neither end the transaction nor leave settings behind.

use tenantry_sql::{Kind, Statement, Token, slots, statements};

use crate::bookkeeping::batches;
use crate::bookkeeping::segment::ends_transaction;
#[cfg(feature = "cli")]
use crate::error::{Error, ErrorKind, Result};
use crate::model::PlacementKind;

/// Why a slot in a string of a routine is refused: the mistake would show only when the routine is run.
const SLOT_IN_TEXT: &str = "`\"{tenant}\".` or `\"{shared}\".` in a string of a routine is text, and no slot\n\
    help: write the name as `'\"{tenant}\".name'::regclass` or `'\"{tenant}\"'::regnamespace`, and put the string together \
    with it; write a text that has to look like this as `E'\"\\x7btenant}\".'`";

/// The slot of the condition that a row is in a batch.
const BATCH: &str = "batch";

/// The slot of the functions of the application, which are called for batches too.
const RUST: &str = "rust";

/// A complaint about a SQL text: where, in bytes, and why with what to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) start: usize,
    pub(crate) message: String,
}

/// Tells whether a text has any statement at all.
pub(crate) fn is_blank(sql: &str) -> bool {
    statements(sql).is_ok_and(|statements| statements.is_empty())
}

/// Checks SQL that an operator has run in tenants.
#[cfg(feature = "cli")]
pub(crate) fn check_sql(sql: &str) -> Result<()> {
    let refused = |message: String| Err(Error::new(ErrorKind::Configuration, message));
    if is_blank(sql) {
        return refused("there is no statement in the SQL\nhelp: write one".to_owned());
    }
    check(sql, PlacementKind::Tenant).or_else(|Fault { start, message }| {
        let line = sql[..start].matches('\n').count() + 1;
        refused(format!("the SQL, line {line}: {message}"))
    })
}

/// Checks the SQL of a part of a migration.
pub(crate) fn check_migration(sql: &str, part: PlacementKind) -> Result<(), Fault> {
    check_code(sql, part)?;
    batches::check(sql, part.as_str())
        .map_err(|batches::BatchFault { start, message }| Fault { start, message })
}

/// Checks SQL that is one transaction.
pub(crate) fn check(sql: &str, part: PlacementKind) -> Result<(), Fault> {
    check_code(sql, part)?;
    let mut slots = slots(sql).slots.into_iter();
    let found = slots.find(|slot| matches!(slot.name, BATCH | RUST));
    match found {
        Some(slot) => Err(Fault {
            start: slot.range.start,
            message: "only a migration can be done in batches or by functions of the application, and this is one transaction\n\
                help: take the condition or the call out, or write a migration"
                .to_owned(),
        }),
        None => Ok(()),
    }
}

fn check_code(sql: &str, part: PlacementKind) -> Result<(), Fault> {
    let statements = statements(sql).map_err(|open| Fault {
        start: open.start,
        message: format!("{open}\nhelp: close it"),
    })?;
    for statement in &statements {
        check_transaction(statement)?;
        check_settings(statement)?;
        check_client(statement)?;
    }
    check_slots(sql, part)
}

/// Checks that nothing relies on what ends with the transaction where the SQL can't go on in the same.
pub(crate) fn check_cuts(sql: &str, is_transaction: bool) -> Result<(), Fault> {
    // What can't be cut into statements is refused before.
    let statements = statements(sql).unwrap_or_default();
    let last_cut = if is_transaction {
        statements.iter().rposition(ends_transaction)
    } else {
        Some(statements.len())
    };
    let before = &statements[..last_cut.unwrap_or_default()];
    let Some((statement, what)) = before
        .iter()
        .find_map(|statement| Some((statement, passing(statement)?)))
    else {
        return Ok(());
    };
    let ends = if is_transaction {
        "a statement after it, which PostgreSQL refuses in a transaction or which is done in batches, ends the transaction and what is \
         set in it\n\
         help: give what can't be in the same transaction a migration of its own"
    } else {
        "each statement of this migration is a transaction of its own, and a session of its own too\n\
         help: take `transaction = false` out, or write one `DO` block that needs nothing from another statement"
    };
    fault(
        &statement.tokens[0],
        format!("{what} does not last: {ends}"),
    )
}

/// Returns the thing that a statement makes and that ends with its transaction, if there is one. Limits on waiting are meant for what they stand
/// before, and the migrator has its own for the rest.
pub(crate) fn passing(statement: &Statement<'_>) -> Option<&'static str> {
    const LIMITS: [&str; 3] = [
        "lock_timeout",
        "statement_timeout",
        "idle_in_transaction_session_timeout",
    ];
    if statement.begins(&["set", "local"]) {
        let is_limit = statement
            .tokens
            .get(2)
            .is_some_and(|name| name.is_any(&LIMITS));
        return (!is_limit).then_some("a setting for the transaction");
    }
    let is_temporary = |token: &Token<'_>| token.is("temp") || token.is("temporary");
    if statement.begins(&["create"]) && statement.tokens.iter().take(5).any(is_temporary) {
        return Some("what is temporary");
    }
    if !is_run(&statement.tokens[0]) {
        return None;
    }
    let mut behind = (0..statement.tokens.len()).map(|at| &statement.tokens[at..]);
    if behind.clone().any(makes_temporary) {
        return Some("what is temporary");
    }
    behind
        .any(sets_for_transaction)
        .then_some("a setting for the transaction")
}

/// Whether a statement that begins so does at once what it says, as the body of a routine or a view does not.
fn is_run(first: &Token<'_>) -> bool {
    const QUERIES: [&str; 7] = [
        "select", "with", "values", "insert", "update", "delete", "merge",
    ];
    first.is_any(&QUERIES) || first.is_sign("(")
}

/// Whether the tokens begin with the target of a `SELECT INTO` that is temporary.
fn makes_temporary(tokens: &[Token<'_>]) -> bool {
    let target = match tokens {
        [into, scope, target @ ..] if into.is("into") && scope.is_any(&["local", "global"]) => {
            target
        }
        [into, target @ ..] if into.is("into") => target,
        _ => return false,
    };
    match target {
        [name, dot, ..] if dot.is_sign(".") => name.is("pg_temp"),
        [word, ..] => word.is_any(&["temp", "temporary"]),
        [] => false,
    }
}

/// Whether the tokens begin with a call of `set_config` whose last argument is not a false that is written out.
fn sets_for_transaction(tokens: &[Token<'_>]) -> bool {
    const FALSE: [&str; 6] = ["f", "false", "n", "no", "off", "0"];
    let [name, open, arguments @ ..] = tokens else {
        return false;
    };
    if name.name().as_deref() != Some("set_config") || !open.is_sign("(") {
        return false;
    }
    let mut depth = 1;
    let end = arguments.iter().position(|token| {
        depth += i32::from(token.is_sign("(")) - i32::from(token.is_sign(")"));
        depth == 0
    });
    let last = end
        .and_then(|end| end.checked_sub(1))
        .map(|at| &arguments[at]);
    last.is_some_and(|last| {
        let text = last.string();
        let is_false = text.is_some_and(|text| FALSE.contains(&text.to_lowercase().trim()));
        !last.is("false") && !is_false
    })
}

fn fault<T>(token: &Token<'_>, message: String) -> Result<T, Fault> {
    Err(Fault {
        start: token.start,
        message,
    })
}

fn check_transaction(statement: &Statement<'_>) -> Result<(), Fault> {
    let first = &statement.tokens[0];
    let control = [
        "begin",
        "start",
        "commit",
        "end",
        "rollback",
        "abort",
        "savepoint",
        "release",
    ];
    let found =
        control.iter().any(|word| first.is(word)) || statement.begins(&["prepare", "transaction"]);
    if !found {
        return Ok(());
    }
    fault(
        first,
        format!(
            "`{}` would end the transaction that all of the SQL is done in\n\
             help: take it out: all of it is one transaction as it is",
            first.text.to_uppercase()
        ),
    )
}

fn check_settings(statement: &Statement<'_>) -> Result<(), Fault> {
    let first = &statement.tokens[0];
    // A function's own setting ends with the function, and makes functions safe that run as their owner.
    if !statement.is_routine()
        && let Some(token) = sets(statement, &|name| name.eq_ignore_ascii_case(PATH))
    {
        return fault(
            token,
            "`search_path` is never set: what a statement means does not depend on the session\n\
             help: write `\"{tenant}\".name` or `\"{shared}\".name`"
                .to_owned(),
        );
    }
    if let Some(token) = sets(statement, &|name| name.eq_ignore_ascii_case(STRINGS)) {
        return fault(
            token,
            format!(
                "`{STRINGS}` is never set: a backslash in a string is a character like others\n\
                 help: take it out, and write `E'…'` where a backslash is an escape"
            ),
        );
    }
    if !first.is("set") && !first.is("reset") && !first.is("discard") {
        return Ok(());
    }
    let second = statement.tokens.get(1);
    let stays = |word: &str| second.is_some_and(|token| token.is(word));
    if ["local", "constraints", "transaction"]
        .into_iter()
        .any(stays)
    {
        return Ok(());
    }
    fault(
        first,
        "a setting of the session would outlive the transaction\nhelp: write `SET LOCAL`"
            .to_owned(),
    )
}

/// The setting by which a session finds tables without a schema. PostgreSQL takes names of settings in any case, in quotes too.
const PATH: &str = "search_path";

/// The setting that decides where a string ends.
const STRINGS: &str = "standard_conforming_strings";

/// The token that says that a setting is set, by its name, or as a string for what sets by strings; the search path also as `SCHEMA`.
fn sets<'a, 't>(
    statement: &'a Statement<'t>,
    is_it: &dyn Fn(&str) -> bool,
) -> Option<&'a Token<'t>> {
    const SET: [&[&str]; 6] = [
        &["set"],
        &["reset"],
        &["alter", "role"],
        &["alter", "user"],
        &["alter", "database"],
        &["alter", "system"],
    ];
    let tokens = &statement.tokens;
    if statement.is_routine() || SET.iter().any(|words| statement.begins(words)) {
        let pairs = tokens.windows(2);
        let behind = pairs.filter(|pair| pair[0].is_any(&["set", "reset", "local", "session"]));
        let mut names = behind.map(|pair| &pair[1]);
        // A name with escapes can be any.
        return names.find(|token| {
            (token.is("schema") && is_it(PATH))
                || (token.kind == Kind::EscapedName && !statement.is_routine())
                || token.name().is_some_and(|name| is_it(&name))
        });
    }
    let has = |name: &str| {
        let mut names = tokens.iter().filter_map(Token::name);
        names.any(|found| found == name)
    };
    let sets_by_strings = has("set_config") || (has("pg_settings") && has("update"));
    let mut strings = tokens.iter().filter(|_| sets_by_strings);
    strings.find(|token| token.string().is_some_and(|text| is_it(&text)))
}

fn check_client(statement: &Statement<'_>) -> Result<(), Fault> {
    let first = &statement.tokens[0];
    if let Some(token) = statement.tokens.iter().find(|token| token.is_sign("\\")) {
        return fault(
            token,
            "commands of psql are not SQL\nhelp: take the line out".to_owned(),
        );
    }
    let streams = |token: &Token<'_>| token.is("stdin") || token.is("stdout");
    if first.is("copy")
        && let Some(token) = statement.tokens.iter().find(|token| streams(token))
    {
        let (way, instead) = if token.is("stdin") {
            ("read from", "INSERT")
        } else {
            ("write to", "SELECT")
        };
        return fault(
            token,
            format!("`COPY` can't {way} the client here\nhelp: write `{instead}`"),
        );
    }
    Ok(())
}

fn check_slots(sql: &str, part: PlacementKind) -> Result<(), Fault> {
    let found = slots(sql);
    if let Some(&start) = found.braces.first() {
        let message =
            "a slot is written in double quotes\nhelp: write `\"{tenant}\"` or `\"{shared}\"`";
        return Err(Fault {
            start,
            message: message.to_owned(),
        });
    }
    for slot in &found.slots {
        let message = match (slot.name, part) {
            ("tenant", PlacementKind::Shared) => {
                "the part for the shared schema can't name a tenant's schema\n\
                 help: move the statement to `tenant.up.sql` or `tenant.down.sql`"
                    .to_owned()
            }
            (BATCH | RUST, _) if slot.is_in_string => {
                "the rows of a routine or a string are not done in batches\n\
                 help: write the statement itself in batches"
                    .to_owned()
            }
            ("tenant" | "shared" | BATCH | RUST, _) => continue,
            (other, _) => format!(
                "there is no slot `{other}`\nhelp: write `\"{{tenant}}\"` or `\"{{shared}}\"`"
            ),
        };
        let start = slot.range.start;
        return Err(Fault { start, message });
    }
    match found.texts.first() {
        Some(&start) => Err(Fault {
            start,
            message: SLOT_IN_TEXT.to_owned(),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
