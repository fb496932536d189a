//! A thread that looks at a server again and again, over one connection, for as long as what it finds is used.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use postgres::Client;

use super::{Looks, caught};
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
    connection: Option<Looks>,
    lifetime: Duration,
}

impl Looking {
    pub(crate) fn new(lifetime: Duration) -> Self {
        let connection = None;
        Self {
            connection,
            lifetime,
        }
    }

    /// Looks something up. Gives nothing if there is no connection to be opened any more, and so nothing to look at.
    ///
    /// After an error the next look takes another connection. A panic is an error, too: whoever opens connections may be the
    /// application's.
    pub(crate) fn ask<T>(
        &mut self,
        open: impl FnOnce() -> Option<Result<Looks>>,
        look: impl FnOnce(&mut Client) -> Result<T>,
    ) -> Option<Result<T>> {
        let lifetime = self.lifetime;
        self.connection.take_if(|it| it.is_older_than(lifetime));
        let asked = caught(|| {
            let looks = match &mut self.connection {
                Some(looks) => looks,
                None => match open() {
                    Some(opened) => self.connection.insert(opened?),
                    None => return Ok(None),
                },
            };
            looks.ask(look).map(Some)
        });
        if asked.is_err() {
            self.connection = None;
        }
        asked.transpose()
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
