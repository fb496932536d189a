//! A thread that looks at a server again and again, over one connection, for as long as what it finds is used.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use postgres::Client;

use crate::error::Result;

/// How long a thread looks at something though nobody uses it.
pub(crate) const UNUSED: Duration = Duration::from_mins(1);

/// The shortest time between two looks.
const SHORTEST: Duration = Duration::from_millis(20);

/// The time between two looks, for so many of them in the time that what was seen is good for.
pub(crate) fn in_time(bound: Duration, looks: u32) -> Duration {
    (bound / looks).max(SHORTEST)
}

/// The connection that is looked with. One that is too old is opened anew, so that another server under the same name is found.
pub(crate) struct Looking {
    client: Option<(Client, Instant)>,
    lifetime: Duration,
}

impl Looking {
    pub(crate) fn new(lifetime: Duration) -> Self {
        let client = None;
        Self { client, lifetime }
    }

    /// Returns the connection. If there is none to be opened either, there is nothing to look at any more.
    pub(crate) fn client(
        &mut self,
        open: impl FnOnce() -> Option<Result<Client>>,
    ) -> Option<Result<&mut Client>> {
        let lifetime = self.lifetime;
        self.client
            .take_if(|(_, since)| since.elapsed() >= lifetime);
        if self.client.is_none() {
            match open()? {
                Ok(client) => self.client = Some((client, Instant::now())),
                Err(error) => return Some(Err(error)),
            }
        }
        self.client.as_mut().map(|(client, _)| Ok(client))
    }

    /// Has the next look take another connection, because this one has failed.
    pub(crate) fn close(&mut self) {
        self.client = None;
    }
}

/// Starts a thread that looks the first time after a pause, and then at every interval, until a look gives `false` or the result is
/// dropped. Gives nothing if there can be no thread.
pub(crate) fn begin(
    name: &str,
    (pause, every): (Duration, Duration),
    mut look: impl FnMut() -> bool + Send + 'static,
) -> Option<Sender<()>> {
    let (ends, ended) = mpsc::channel();
    let is_on = move |time| ended.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
    let run = move || {
        let mut time = pause;
        while is_on(time) && look() {
            time = every;
        }
    };
    let thread = thread::Builder::new().name(name.to_owned()).spawn(run);
    thread.ok().map(|_| ends)
}
