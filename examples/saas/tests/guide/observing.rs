//! Code of the page about observability.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use saas::models::{NewProject, Project};
use tenantry::Database;
use tenantry::prelude::*;
use tenantry_tests::hear::hear;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use crate::testing::{database, key};

/// Counts statements and their time by tenant: a metric of the application's, made of the events of statements.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<BTreeMap<String, (u64, u64)>>>);

/// The tenant of a statement's span.
#[derive(Default)]
struct Tenant(String);

impl Visit for Tenant {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "tenant" {
            self.0 = value.to_owned();
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// The microseconds of a statement's event.
#[derive(Default)]
struct Micros(u64);

impl Visit for Micros {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "micros" {
            self.0 = value;
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Statements {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().target() == "tenantry::statement" {
            let mut tenant = Tenant::default();
            attributes.record(&mut tenant);
            context.span(id).unwrap().extensions_mut().insert(tenant);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event) else {
            return;
        };
        if let Some(Tenant(tenant)) = span.extensions().get() {
            let mut micros = Micros::default();
            event.record(&mut micros);
            let mut counts = self.0.lock().unwrap();
            let (count, sum) = counts.entry(tenant.clone()).or_default();
            *count += 1;
            *sum += micros.0;
        }
    }
}

#[test]
fn statements_are_counted_by_tenant() {
    let database = database();
    let db = Database::connect(database.url()).unwrap();
    let statements = Statements::default();
    let subscriber = tracing_subscriber::registry().with(statements.clone());
    hear(subscriber, || {
        let mut acme = db.tenant(&key("acme")).unwrap();
        for name in ["Website", "Shop"] {
            let new = NewProject::new(name);
            Project::insert(new).execute(&mut acme).unwrap();
        }
        let mut globex = db.tenant(&key("globex")).unwrap();
        assert_eq!(Project::query().count(&mut globex).unwrap(), 0);
    });
    let counts = statements.0.lock().unwrap();
    let count = |tenant: &str| counts[tenant].0;
    assert_eq!((count("acme"), count("globex")), (2, 1));
    assert!(counts["acme"].1 > 0);

    let pool = db.pool_status();
    assert_eq!((pool.waiting, pool.gave_up), (0, 0));
}
