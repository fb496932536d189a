//! Whatever ends a process, its throw-away server ends too and leaves no files.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use tenantry::testing::Server;

use super::{is_alive, running, throw_away, until};

#[test]
fn a_dropped_server_leaves_nothing() {
    let server = Server::builder().start().unwrap();
    let directory = server.log_path().unwrap().parent().unwrap().to_owned();
    let pid_file = std::fs::read_to_string(directory.join("data/postmaster.pid")).unwrap();
    let pid = pid_file.lines().next().unwrap();
    assert!(is_alive(pid));
    drop(server);
    // Nothing is waited for: when the drop returns, all is done.
    assert!(!is_alive(pid));
    assert!(!directory.exists());
}

#[test]
fn a_process_that_drops_its_server_leaves_nothing() {
    throw_away("drop").assert_traceless();
}

#[test]
fn a_static_server_leaves_nothing_when_the_process_ends() {
    throw_away("static").assert_traceless();
}

#[test]
fn a_static_server_leaves_nothing_when_the_process_exits_early() {
    throw_away("exit").assert_traceless();
}

#[test]
fn a_panic_leaves_nothing() {
    throw_away("panic").assert_traceless();
}

#[test]
fn an_interrupt_from_the_terminal_leaves_nothing() {
    let holder = running();
    holder.signal_group("-INT");
    holder.assert_traceless();
}

#[test]
fn a_termination_signal_leaves_nothing() {
    let holder = running();
    holder.signal_group("-TERM");
    holder.assert_traceless();
}

#[test]
fn a_kill_that_nobody_can_catch_leaves_nothing() {
    let holder = running();
    holder.signal_group("-KILL");
    holder.assert_traceless();
}

#[test]
fn a_process_killed_while_its_server_starts_leaves_nothing() {
    let temporary = tempfile::Builder::new()
        .prefix("t")
        .tempdir_in("/tmp")
        .unwrap();
    std::fs::set_permissions(temporary.path(), PermissionsExt::from_mode(0o777)).unwrap();
    let entries = || std::fs::read_dir(temporary.path()).unwrap().count();
    let mut process = Command::new(env!("CARGO_BIN_EXE_server_holder"))
        .arg("wait")
        .env_remove("DATABASE_URL")
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    until("the directory is made", || entries() == 1);
    process.kill().unwrap();
    process.wait().unwrap();
    until("the directory is deleted", || entries() == 0);
}
