//! Processes of a server that are stopped as by a debugger or a hypervisor: they are there, and do nothing.

use std::fs;
use std::path::Path;
use std::process::Command;

use postgres::Client;

/// Stopped processes. They go on when the value is dropped, however a test ends.
#[derive(Debug)]
pub struct Stopped(Vec<String>);

impl Stopped {
    /// Stops the process of one session.
    #[must_use]
    pub fn session(pid: i32) -> Self {
        let mut stopped = Self(Vec::new());
        stopped.stop(pid.to_string());
        stopped
    }

    /// Stops a whole server, which has to be one of this machine that nobody else uses.
    ///
    /// # Panics
    ///
    /// When its processes can't be found.
    #[must_use]
    pub fn server(client: &mut Client) -> Self {
        let row = client.query_one("SHOW data_directory", &[]);
        let folder: String = row.expect("the server says where its files are").get(0);
        let file = fs::read_to_string(Path::new(&folder).join("postmaster.pid"));
        let file = file.expect("the server is one of this machine");
        let first = file.lines().next().expect("the number of its process");
        let mut stopped = Self(Vec::new());
        // It begins no other process then.
        stopped.stop(first.to_owned());
        let children = fs::read_to_string(format!("/proc/{first}/task/{first}/children"));
        for child in children
            .expect("the system tells who began whom")
            .split_whitespace()
        {
            stopped.stop(child.to_owned());
        }
        stopped
    }

    fn stop(&mut self, pid: String) {
        signal("-STOP", &pid);
        self.0.push(pid);
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        for pid in &self.0 {
            signal("-CONT", pid);
        }
    }
}

fn signal(which: &str, pid: &str) {
    let sent = Command::new("kill").args([which, pid]).status();
    assert!(sent.is_ok(), "there is no program `kill`");
}
