//! Processor time, to the nanosecond, of this process and of a server's sessions.

use std::fs;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Processor time that this process has used.
pub(crate) fn own_cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).expect("a clock goes forwards")
}

/// The processor time of a server's sessions.
pub(crate) struct Clock {
    /// The process that starts the sessions.
    postmaster: String,
}

impl Clock {
    /// Reads the clock of the server that a connection leads to.
    pub(crate) fn of(client: &mut postgres::Client) -> Self {
        let folder = crate::server::text(client, "SHOW data_directory");
        let file = fs::read_to_string(format!("{folder}/postmaster.pid"));
        let file = file.expect("the server runs on this machine");
        Self {
            postmaster: file.lines().next().unwrap_or_default().trim().to_owned(),
        }
    }

    /// Processor time of all sessions that are there. Those that have ended are missing.
    pub(crate) fn now(&self) -> Duration {
        let children = format!("/proc/{0}/task/{0}/children", self.postmaster);
        let children = fs::read_to_string(children).expect("the system tells children");
        let nanoseconds = children.split_whitespace().filter_map(|process| {
            let stat = fs::read_to_string(format!("/proc/{process}/schedstat")).ok()?;
            stat.split_whitespace().next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(nanoseconds.sum())
    }
}
