//! Whatever ends a process, its throw-away server ends too and leaves no files.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
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
    killed_while_it_starts(|_, _| (), |_| ());
}

/// A shell tells of a job that a signal has ended, and nobody may be reading any more.
#[test]
fn a_server_killed_after_its_process_leaves_nothing() {
    killed_while_it_starts(
        |process, programs| {
            let program = |name: &str, text: &str| {
                let path = programs.join(name);
                std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
                std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
            };
            // It is still making the database when the process ends.
            let waits = format!(
                "until [ -e '{}' ]; do sleep 0.01; done",
                programs.join("killed").display()
            );
            program("initdb", &waits);
            program(
                "postgres",
                "[ \"$1\" = --version ] || kill -KILL $$\necho 'postgres (PostgreSQL) 15.1'",
            );
            process.env("TENANTRY_PG_BIN", programs);
        },
        |programs| std::fs::write(programs.join("killed"), "").unwrap(),
    );
}

/// Prepares a process, and kills it as soon as its server's directory is there.
fn killed_while_it_starts(prepare: impl FnOnce(&mut Command, &Path), then: impl FnOnce(&Path)) {
    let short = || {
        let directory = tempfile::Builder::new()
            .prefix("t")
            .tempdir_in("/tmp")
            .unwrap();
        std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o777)).unwrap();
        directory
    };
    let (temporary, programs) = (short(), short());
    let entries = || std::fs::read_dir(temporary.path()).unwrap().count();
    let mut command = Command::new(env!("CARGO_BIN_EXE_server_holder"));
    command
        .arg("wait")
        .env_remove("DATABASE_URL")
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    prepare(&mut command, programs.path());
    let mut process = command.spawn().unwrap();
    until("the directory is made", || entries() == 1);
    process.kill().unwrap();
    process.wait().unwrap();
    then(programs.path());
    until("the directory is deleted", || entries() == 0);
}
