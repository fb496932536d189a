//! How the tour prints: headings, facts, and the SQL as it is sent.

use std::fmt::Debug;

use tracing::Event;
use tracing::field::{Field, Visit};
use tracing::subscriber::Subscriber;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Prints each statement from here on.
pub(crate) fn statements() {
    tracing_subscriber::registry().with(Statements).init();
}

/// Begins a chapter.
pub(crate) fn heading(text: &str) {
    println!("\n{text}\n{}", "─".repeat(text.chars().count()));
}

/// Says what is so now.
pub(crate) fn fact(text: impl AsRef<str>) {
    println!("  {}", text.as_ref());
}

struct Statements;

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "tenantry::statement" {
            event.record(&mut Sql);
        }
    }
}

struct Sql;

impl Visit for Sql {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "sql" {
            println!("  │ {value}");
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
