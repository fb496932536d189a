//! How the tour prints: headings, facts, and the SQL as it is sent.

use std::fmt::Debug;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::subscriber::Subscriber;
use tracing::{Event, Metadata};
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

/// A statement of a scope is a span, which tells how long it took; the beginning and end of a transaction are events.
struct Statements;

impl<S: Subscriber> Layer<S> for Statements {
    fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        if is_statement(span.metadata()) {
            span.record(&mut Sql);
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if is_statement(event.metadata()) {
            event.record(&mut Sql);
        }
    }
}

fn is_statement(metadata: &Metadata<'_>) -> bool {
    metadata.target() == "tenantry::statement"
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
