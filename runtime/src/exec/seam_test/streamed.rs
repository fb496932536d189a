//! Rows that are told one by one, with what comes after the last: an error of the application's, of the server, or both.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::model::Plan;
use super::scripted::{DELETE, Script, Scripted, context, delete};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Begin, Command, Connection, Flow, Statement, run};
use crate::query::Queries;
use crate::scope::SharedScope;

type Scope = SharedScope<Scripted>;

const CODES: &[&str] = &["free", "pro", "max"];

/// Reads the codes of all plans, until one is that.
fn until(end: &str, seen: &mut Vec<String>, scope: &mut Scope) -> Result<u64> {
    Plan::query().for_each(scope, |plan| {
        seen.push(plan.code.clone());
        if plan.code == end {
            return Err(Error::new(ErrorKind::NotFound, "of the application"));
        }
        Ok(())
    })
}

fn all(scope: &mut Scope) -> Result<Vec<String>> {
    let mut seen = Vec::new();
    until("", &mut seen, scope).map(|count| {
        assert_eq!(count, seen.len() as u64);
        seen
    })
}

#[test]
fn rows_come_in_their_order_and_are_counted() {
    let script = Script::of(CODES);
    assert_eq!(all(&mut script.blocking()).unwrap(), CODES);
    assert_eq!(script.told(), ["SELECT"]);
    let plans = Plan::query().all(&mut script.blocking()).unwrap();
    let ids: Vec<_> = plans.iter().map(|plan| plan.id).collect();
    assert_eq!(ids, [1, 2, 3]);
    assert!(all(&mut Script::default().blocking()).unwrap().is_empty());
}

#[test]
fn an_error_of_the_application_passes_over_the_rest_and_leaves_the_transaction() {
    let script = Script::of(CODES);
    let mut seen = Vec::new();
    let outcome = script.blocking().transaction(|tx| {
        let error = until("pro", &mut seen, tx).unwrap_err();
        assert!(error.is_not_found());
        delete(tx)
    });
    outcome.unwrap();
    assert_eq!(seen, ["free", "pro"]);
    assert_eq!(script.told(), ["BEGIN", "SELECT", DELETE, "COMMIT"]);
}

#[test]
fn an_error_of_the_server_comes_after_the_rows_and_is_that_of_the_transaction() {
    let broken = || Script::of(CODES).breaking(ErrorKind::Database, Some("22012"));
    let error = all(&mut broken().blocking()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Database);
    assert!(error.to_string().contains("Plan"), "{error}");
    // What the application says of a row before does not hide that the server has given up the transaction.
    for end in ["", "pro"] {
        let script = broken();
        let mut seen = Vec::new();
        let outcome = script.blocking().transaction(|tx| {
            let error = until(end, &mut seen, tx).unwrap_err();
            assert_eq!(error.is_not_found(), end == "pro");
            Ok(())
        });
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Aborted, "{end}");
        assert_eq!(seen.len(), if end == "pro" { 2 } else { 3 });
        assert_eq!(script.told(), ["BEGIN", "SELECT", "ROLLBACK"]);
    }
}

#[test]
fn a_lost_connection_is_unknown_only_where_the_rows_are_of_a_change() {
    let lost = || Script::of(CODES).breaking(ErrorKind::Connection, None);
    let read = all(&mut lost().blocking()).unwrap_err();
    assert_eq!(read.kind(), ErrorKind::Connection);
    let mut connection = lost().blocking().connection;
    let change = Statement::change("archive", "DELETE", Vec::new());
    let flow = Flow::each(Ok(change), |_| Ok(()));
    let change = run(&mut connection, flow, &context()).unwrap_err();
    assert_eq!(change.kind(), ErrorKind::CommitUnknown);
}

#[test]
fn a_panic_of_the_application_passes_over_the_rest_and_rolls_back() {
    for breaks in [false, true] {
        let mut script = Script::of(CODES);
        if breaks {
            script = script.breaking(ErrorKind::Database, Some("22012"));
        }
        let mut scope = script.blocking();
        let mut seen = 0;
        let panic = catch_unwind(AssertUnwindSafe(|| {
            scope.transaction(|tx| {
                Plan::query().for_each(tx, |_| {
                    seen += 1;
                    panic!("of the application")
                })
            })
        }));
        assert!(panic.is_err());
        assert_eq!(seen, 1);
        delete(&mut scope).unwrap();
        assert_eq!(script.told(), ["BEGIN", "SELECT", "ROLLBACK", DELETE]);
        assert!(!scope.connection.transactions().is_broken());
    }
}

#[test]
fn a_stream_in_a_transaction_of_its_own_is_undone_with_its_error() {
    for fails in [false, true] {
        let script = Script::of(CODES);
        let change = Statement::change("archive", "DELETE", Vec::new());
        let flow = Flow::each(Ok(change), |_| {
            if fails {
                Err(Error::new(ErrorKind::NotFound, "of the application"))
            } else {
                Ok(())
            }
        });
        let flow = flow.in_transaction(Command::Begin(Begin::default()));
        let outcome = run(&mut script.blocking().connection, flow, &context());
        assert_eq!(outcome.is_err(), fails);
        let end = if fails { "ROLLBACK" } else { "COMMIT" };
        assert_eq!(script.told(), ["BEGIN", "DELETE", end]);
    }
}
