//! Hears spans and events of code under test, whichever other tests run beside it.

use std::fmt::Debug;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::{Layer, Registry};

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

/// Does something, and returns the statements that it has sent.
pub fn sent<T>(act: impl FnOnce() -> T) -> (T, Vec<String>) {
    let ear = Sent::default();
    let value = hear(Registry::default().with(ear.clone()), act);
    let statements = ear.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (value, statements)
}

#[derive(Clone, Default)]
struct Sent(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Sent {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        attributes.record(&mut Sql(&mut sent));
    }
}

struct Sql<'a>(&'a mut Vec<String>);

impl Visit for Sql<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "sql" {
            self.0.push(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
