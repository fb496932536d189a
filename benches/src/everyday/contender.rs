//! Those who do the same work, each over one connection, and what it costs.

use std::time::Duration;

use super::clock::{Clock, own_cpu};
use super::unit::Slice;
use crate::measure::time;

/// One of those who do the same work.
pub(crate) trait Contender {
    /// Does a slice of the work.
    fn run(&mut self, slice: Slice);

    /// The time that a slice took, and processor time of the client, as the contender itself sees them.
    fn measure(&mut self, slice: Slice) -> (Duration, Duration) {
        let before = own_cpu();
        let (wall, ()) = time(|| self.run(slice));
        (wall, own_cpu().saturating_sub(before))
    }
}

/// Cost of a slice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// Processor time of client and server.
    pub(crate) cpu: Duration,
}

/// Has a contender do a slice.
pub(crate) fn cost(contender: &mut dyn Contender, slice: Slice, server: &Clock) -> Cost {
    let before = server.now();
    let (wall, client) = contender.measure(slice);
    let cpu = client + server.now().saturating_sub(before);
    Cost { wall, cpu }
}
