//! Statements that are sent to the server, heard.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tenantry_tests::hear::hear;
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

#[derive(Clone, Default)]
struct Sent(Arc<Mutex<Vec<String>>>);

struct Sql<'a>(&'a mut Vec<String>);

impl Visit for Sql<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "sql" {
            self.0.push(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

impl<S: Subscriber> Layer<S> for Sent {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        attributes.record(&mut Sql(&mut self.0.lock().unwrap()));
    }
}

/// Does something, and returns the statements that it has sent.
pub(crate) fn sent<T>(act: impl FnOnce() -> T) -> (T, Vec<String>) {
    let ear = Sent::default();
    let subscriber = tracing_subscriber::registry().with(ear.clone());
    let value = hear(subscriber, act);
    let statements = ear.0.lock().unwrap().clone();
    (value, statements)
}
