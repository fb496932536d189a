//! Hears spans and events of code under test, whichever other tests run beside it.

use std::sync::LazyLock;

use tracing::{Dispatch, Subscriber};
use tracing_subscriber::Registry;

/// A subscriber that nobody's code tells anything, and that is interested in all.
///
/// A place in the code that is reached for the first time asks all subscribers that there are whether anybody is
/// interested, and remembers the answer. Where none is there yet, and one comes while the place is just being asked,
/// `tracing` misses to ask again, and the place stays silent for the one that came.
static INTERESTED: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Registry::default()));

/// Keeps all places in the code willing to tell what they do. Tests that hear call it before the code under test runs.
pub fn be_interested() {
    LazyLock::force(&INTERESTED);
}

/// Tells a subscriber all that a function does in its thread.
pub fn hear<T>(subscriber: impl Subscriber + Send + Sync + 'static, act: impl FnOnce() -> T) -> T {
    be_interested();
    tracing::subscriber::with_default(subscriber, act)
}
