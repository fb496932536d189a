//! Holds what the tour prints, every statement between `BEGIN` and `COMMIT` included.

use std::process::Command;

#[test]
fn the_tour_prints_each_statement_as_it_is_sent() {
    let output = Command::new(env!("CARGO_BIN_EXE_quickstart"))
        .output()
        .expect("the program is built");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_server_that_can_not_be_had_is_an_error_and_no_panic() {
    let output = Command::new(env!("CARGO_BIN_EXE_quickstart"))
        .env("DATABASE_URL", "postgres://ann:geheim@127.0.0.1:1/app")
        .output()
        .expect("the program is built");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("error: can't connect"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    assert!(!said.contains("geheim"), "{said}");
}
