//! Changes of the registry: attempts with pauses in between, each a transaction of its own.

use std::time::Duration;

use super::scripted::{Script, context};
use crate::bookkeeping::Waits;
use crate::error::{ErrorKind, Result};
use crate::exec::{Command, Flow, Gives, Statement, run};
use crate::name::TenantKey;
use crate::tenant::suspended;

/// A change of one row, as a flow.
fn change<'f>(waits: &Waits) -> Flow<'f, u64> {
    waits.attempts(|attempt| {
        let change = Statement {
            gives: Gives::Count,
            ..Statement::change("change", "UPDATE", Vec::new())
        };
        Flow::run(Ok(change), |answer| Ok(answer.count())).in_transaction(attempt.begin())
    })
}

/// Runs a flow, and tells its outcome and the first words of all that was sent.
fn told<T>(script: &Script, flow: Flow<'_, T>) -> (Result<T>, Vec<String>) {
    let outcome = run(&mut script.blocking().connection, flow, &context());
    let told = script.told();
    let words = told.iter().map(|sql| match sql.strip_prefix("SELECT ") {
        Some(_) if sql.ends_with(" fails") => "SELECT fails".to_owned(),
        Some(_) => "SELECT".to_owned(),
        None => sql.clone(),
    });
    (outcome, words.collect())
}

const FIRST: &str = "BEGIN; SET LOCAL lock_timeout = 50";
const SECOND: &str = "BEGIN; SET LOCAL lock_timeout = 100";

#[test]
fn a_change_that_is_kept_waiting_is_tried_again_after_a_pause() {
    let script = Script::failing("UPDATE", ErrorKind::LockTimeout, Some("55P03"));
    let (outcome, sent) = told(&script, change(&Waits::default()));
    assert_eq!(outcome.unwrap(), 1);
    assert_eq!(
        sent,
        [
            FIRST,
            "UPDATE fails",
            "ROLLBACK",
            "pause",
            SECOND,
            "UPDATE",
            "COMMIT"
        ]
    );
}

#[test]
fn a_commit_that_is_refused_for_others_is_tried_again_and_one_without_an_answer_is_not() {
    let script = Script::failing("COMMIT", ErrorKind::Serialization, Some("40001"));
    let (outcome, sent) = told(&script, change(&Waits::default()));
    assert_eq!(outcome.unwrap(), 1);
    assert_eq!(sent.iter().filter(|sql| *sql == "pause").count(), 1);

    let script = Script::failing("COMMIT", ErrorKind::Connection, None);
    let (outcome, sent) = told(&script, change(&Waits::default()));
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::CommitUnknown);
    assert_eq!(sent, [FIRST, "UPDATE", "COMMIT fails"]);
}

#[test]
fn attempts_end_with_the_time_and_without_one_after_an_error_that_stays() {
    let brief = Waits::new(Duration::from_millis(50), Duration::ZERO);
    let script = Script::failing("UPDATE", ErrorKind::LockTimeout, Some("55P03"));
    let (outcome, sent) = told(&script, change(&brief));
    assert!(outcome.unwrap_err().to_string().contains("tried once"));
    assert_eq!(sent, [FIRST, "UPDATE fails", "ROLLBACK"]);

    let script = Script::failing("UPDATE", ErrorKind::Permission, Some("42501"));
    let (outcome, sent) = told(&script, change(&Waits::default()));
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Permission);
    assert_eq!(sent, [FIRST, "UPDATE fails", "ROLLBACK"]);
}

#[test]
fn a_transaction_whose_beginning_fails_half_way_is_rolled_back() {
    let script = Script::failing("BEGIN", ErrorKind::Cancelled, Some("57014"));
    let mut connection = script.blocking().connection;
    let begin = Flow::transaction(Command::begin_waiting(50));
    run(&mut connection, begin, &context()).unwrap_err();
    let look = Statement::look("look", "SELECT 1", Vec::new());
    run(&mut connection, Flow::run(Ok(look), |_| Ok(())), &context()).unwrap();
    assert_eq!(
        script.told(),
        [&format!("{FIRST} fails"), "ROLLBACK", "SELECT 1"]
    );
}

#[test]
fn a_change_looks_first_whether_the_metadata_tables_are_whole() {
    let script = Script::failing("SELECT", ErrorKind::LockTimeout, Some("55P03"));
    let acme = TenantKey::new("acme").unwrap();
    let (outcome, sent) = told(&script, suspended(&acme, &Waits::default()));
    // The script knows no rows.
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::NotMigrated);
    assert_eq!(
        sent,
        [
            FIRST,
            "SELECT fails",
            "ROLLBACK",
            "pause",
            SECOND,
            "SELECT",
            "ROLLBACK"
        ]
    );
}
