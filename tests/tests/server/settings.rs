//! Settings of a throw-away server.

use postgres::NoTls;
use tenantry::testing::{Server, ServerError};

#[test]
fn settings_of_the_caller_apply_and_the_log_can_be_read() {
    let server = Server::builder()
        .setting("log_statement", "all")
        .start()
        .unwrap();
    let db = server.database().unwrap();
    db.connect()
        .batch_execute("SELECT 'a remarkable statement'")
        .unwrap();
    let log = server.log().unwrap();
    assert!(log.contains("a remarkable statement"), "{log}");
    let line = log
        .lines()
        .find(|line| line.contains("a remarkable statement"))
        .unwrap();
    assert!(
        line.contains(db.name()),
        "the line names the database: {line}"
    );
}

#[test]
fn a_setting_that_the_server_refuses_is_an_error_with_its_log() {
    let error = Server::builder()
        .setting("work_mem", "purple")
        .start()
        .unwrap_err();
    assert!(
        matches!(&error, ServerError::Start { log } if log.contains("purple")),
        "{error}"
    );
}

#[test]
fn a_throw_away_server_listens_on_no_port() {
    let server = Server::builder().start().unwrap();
    let mut client = server.config().connect(NoTls).unwrap();
    let row = client
        .query_one("SELECT current_setting('listen_addresses')", &[])
        .unwrap();
    assert_eq!(row.get::<_, &str>(0), "");
}
