//! Refusing SQL that a migration must not have.
//!
//! A file runs as a part of a transaction that also holds its ledger rows, and on a connection that goes back to a pool:
//! so it can neither end the transaction nor leave settings behind.

use tenantry_sql::{Kind, Statement, Token, slots, statements};

use crate::bookkeeping::segment::is_outside;
use crate::model::PlacementKind;

/// Why a slot in a string of a routine is refused: the mistake would show only when the routine is run.
const SLOT_IN_TEXT: &str = "`\"{tenant}\".` or `\"{shared}\".` in a string of a routine is text, and no slot\n\
    help: write the name as `'\"{tenant}\".name'::regclass` or `'\"{tenant}\"'::regnamespace`, and put the string together \
    with it; write a text that has to look like this as `E'\"\\x7btenant}\".'`";

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

/// Checks the SQL of a part of a migration.
pub(crate) fn check(sql: &str, part: PlacementKind) -> Result<(), Fault> {
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
        statements.iter().rposition(is_outside)
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
        "a statement after it, which PostgreSQL refuses in a transaction, ends the transaction and what is set in it\n\
         help: give what can't be in a transaction a migration of its own"
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
fn passing(statement: &Statement<'_>) -> Option<&'static str> {
    const LIMITS: [&str; 3] = [
        "lock_timeout",
        "statement_timeout",
        "idle_in_transaction_session_timeout",
    ];
    let has = |word: &str| statement.tokens.iter().any(|token| token.is(word));
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
    (has("set_config") && has("true") && statement.begins(&["select"]))
        .then_some("a setting for the transaction")
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
            "`{}` would end the transaction that the migration and its ledger row share\n\
             help: take it out; a migration is one transaction as it is",
            first.text.to_uppercase()
        ),
    )
}

fn check_settings(statement: &Statement<'_>) -> Result<(), Fault> {
    let first = &statement.tokens[0];
    // A function's own setting ends with the function, and makes functions safe that run as their owner.
    if !statement.is_routine()
        && let Some(token) = set_path(statement)
    {
        return fault(
            token,
            "`search_path` is never set: what a statement means does not depend on the session\n\
             help: write `\"{tenant}\".name` or `\"{shared}\".name`"
                .to_owned(),
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
        "a setting of the session would outlive the migration\nhelp: write `SET LOCAL`".to_owned(),
    )
}

/// The token that says that the search path is set, by its name or as `SCHEMA`, or as a string for what sets by strings.
fn set_path<'a, 't>(statement: &'a Statement<'t>) -> Option<&'a Token<'t>> {
    const SET: [&[&str]; 6] = [
        &["set"],
        &["reset"],
        &["alter", "role"],
        &["alter", "user"],
        &["alter", "database"],
        &["alter", "system"],
    ];
    let tokens = &statement.tokens;
    if SET.iter().any(|words| statement.begins(words)) {
        let pairs = tokens.windows(2);
        let behind = pairs.filter(|pair| pair[0].is_any(&["set", "reset", "local", "session"]));
        let mut names = behind.map(|pair| &pair[1]);
        // A name with escapes can be any.
        return names.find(|token| {
            token.is("schema")
                || token.kind == Kind::EscapedName
                || token.name().is_some_and(|name| is_path(&name))
        });
    }
    let has = |name: &str| {
        let mut names = tokens.iter().filter_map(Token::name);
        names.any(|found| found == name)
    };
    let sets_by_strings = has("set_config") || (has("pg_settings") && has("update"));
    let mut strings = tokens.iter().filter(|_| sets_by_strings);
    strings.find(|token| token.string().is_some_and(|text| is_path(&text)))
}

/// Whether a setting is the search path. PostgreSQL takes the names of settings in any case, in quotes too.
fn is_path(name: &str) -> bool {
    name.eq_ignore_ascii_case("search_path")
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
        return fault(
            token,
            "`COPY` can't read from or write to the client in a migration\nhelp: write `INSERT`"
                .to_owned(),
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
            ("tenant" | "shared", _) => continue,
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
mod tests {
    use super::*;

    fn refused(sql: &str) -> String {
        let fault = check(sql, PlacementKind::Tenant).expect_err(sql);
        format!("{}: {}", fault.start, fault.message.lines().next().unwrap())
    }

    #[test]
    fn transaction_control_is_refused() {
        for word in [
            "BEGIN",
            "START TRANSACTION",
            "commit",
            "END",
            "Rollback",
            "ABORT",
            "SAVEPOINT a",
        ] {
            let sql = format!("SELECT 1; {word};");
            assert!(refused(&sql).starts_with("10: `"), "{sql}");
        }
        let behind = "CREATE FUNCTION \"{tenant}\".f(begin int) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; COMMIT";
        assert!(refused(behind).contains("`COMMIT` would end"));
    }

    #[test]
    fn transaction_control_in_strings_comments_and_bodies_is_not_meant() {
        for sql in [
            "SELECT 'a; COMMIT;'",
            "-- COMMIT;\nSELECT 1 /* ; COMMIT; */",
            "DO $$ BEGIN PERFORM 1; END $$",
            "CREATE FUNCTION \"{tenant}\".f() RETURNS int BEGIN ATOMIC SELECT 1; END",
            "INSERT INTO \"{tenant}\".x (begin) VALUES (1)",
        ] {
            assert_eq!(check(sql, PlacementKind::Tenant), Ok(()), "{sql}");
        }
    }

    #[test]
    fn settings_that_stay_are_refused() {
        for sql in [
            "SET search_path TO x",
            "SET LOCAL search_path = x",
            "SET SCHEMA 'x'",
            "SELECT pg_catalog.set_config('search_path', 'x', true)",
            "ALTER ROLE app SET search_path = x",
            "RESET search_path",
            "SET \"search_path\" TO x",
            "SET LOCAL \"SEARCH_PATH\" = x",
            "SET SESSION Search_Path = x",
            "SET LOCAL U&\"search\\005fpath\" = x",
            "SET LOCAL SCHEMA 'x'",
            "ALTER ROLE app IN DATABASE d SET \"search_path\" = x",
            "ALTER DATABASE d RESET search_path",
            "ALTER ROLE app SET SCHEMA 'x'",
            "SELECT \"set_config\"($$search_path$$, 'x', true)",
            "SELECT set_config(E'search\\x5fpath', 'x', true)",
            "UPDATE pg_settings SET setting = 'x' WHERE name = 'search_path'",
        ] {
            assert!(refused(sql).contains("`search_path` is never set"), "{sql}");
        }
        assert!(refused("SET lock_timeout = 1").contains("outlive"));
        for sql in [
            "SET LOCAL lock_timeout = '2s'",
            "SET CONSTRAINTS ALL IMMEDIATE",
            "CREATE FUNCTION \"{tenant}\".f() RETURNS int LANGUAGE sql SET search_path = '' AS $$ SELECT 1 $$",
            "CREATE TABLE \"{tenant}\".search_path (id int)",
            "SET LOCAL app.kind = 'search_path'",
            "UPDATE \"{tenant}\".set_config SET search_path = 'x'",
            "SELECT current_setting('search_path') FROM pg_settings",
            "ALTER TABLE \"{tenant}\".a SET SCHEMA \"{shared}\"",
        ] {
            assert_eq!(check(sql, PlacementKind::Tenant), Ok(()), "{sql}");
        }
    }

    #[test]
    fn what_ends_with_the_transaction_is_refused_before_its_end() {
        let index = "CREATE INDEX CONCURRENTLY i ON \"{tenant}\".a (b)";
        for first in [
            "SET LOCAL ROLE x",
            "set local app.x = '42'",
            "SELECT pg_catalog.set_config('app.x', '42', true)",
            "CREATE TEMP TABLE a (b int) ON COMMIT DROP",
            "CREATE TEMPORARY TABLE a AS SELECT 1",
        ] {
            let cut = format!("SELECT 1; {first}; {index}; SELECT current_setting('app.x')");
            assert_eq!(check_cuts(&cut, true).unwrap_err().start, 10, "{first}");
            assert!(check_cuts(first, false).is_err(), "{first}");
            let after = format!("{index}; {first}; SELECT 2");
            assert_eq!(check_cuts(&after, true), Ok(()), "{first}");
            assert_eq!(check_cuts(first, true), Ok(()), "{first}");
        }
        let limit = format!("SET LOCAL lock_timeout = '5s'; {index}");
        assert_eq!(check_cuts(&limit, true), Ok(()));
    }

    #[test]
    fn slots_are_known_quoted_and_in_the_right_part() {
        assert!(refused("SELECT * FROM \"{tennant}\".x").contains("no slot `tennant`"));
        assert!(refused("SELECT * FROM {tenant}.x").contains("double quotes"));
        let body = "DO $$ BEGIN DELETE FROM {tenant}.x; END $$";
        assert_eq!(refused(body), "24: a slot is written in double quotes");
        for sql in [
            "SELECT * FROM \"{tenant}\".x",
            "DO $$ BEGIN PERFORM * FROM \"{tenant}\".x; END $$",
        ] {
            assert_eq!(check(sql, PlacementKind::Tenant), Ok(()));
            assert!(
                check(sql, PlacementKind::Shared)
                    .unwrap_err()
                    .message
                    .contains("shared schema")
            );
        }
        for sql in [
            "SELECT '{1}'::int[], '{\"{a}\": 1}'",
            "INSERT INTO \"{shared}\".x VALUES ('{\"{tenant}\": 1}') -- \"{tennant}\"",
        ] {
            assert_eq!(check(sql, PlacementKind::Shared), Ok(()), "{sql}");
        }
        assert!(refused("SELECT '\"{tennant}\".x'::regclass").contains("no slot `tennant`"));
        let dynamic = "DO $$ BEGIN EXECUTE 'LOCK \"{tenant}\".x'; END $$";
        assert!(refused(dynamic).starts_with("26: `\"{tenant}\".`"));
        let escaped = "DO $$ BEGIN RAISE NOTICE E'\"\\x7btenant}\".x'; END $$";
        assert_eq!(check(escaped, PlacementKind::Shared), Ok(()));
    }

    #[test]
    fn what_only_psql_understands_is_refused() {
        assert!(refused("\\set x 1").contains("psql"));
        assert!(refused("SELECT 1 \\gset").contains("psql"));
        assert!(refused("COPY \"{tenant}\".x FROM STDIN").contains("COPY"));
    }

    #[test]
    fn a_text_of_comments_is_blank() {
        assert!(is_blank("-- nothing\n /* at all */ ;"));
        assert!(!is_blank("SELECT 1"));
    }
}
