//! Spans and events of runs, stages, tenants and statements, which never tell a value.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tenantry::prelude::*;
use tenantry_tests::Shop;
use tenantry_tests::fleet::{
    CUSTOMERS, Folder, INVOICES, PLANS, app, chain, create, migrator, shop_db,
};
use tenantry_tests::shop::{Customer, NewCustomer, Plan};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// Fails for tenants that have a customer.
const STRICT: Folder<'static> = (
    "0004_strict",
    &[(
        "tenant.up.sql",
        "ALTER TABLE \"{tenant}\".customers ALTER COLUMN plan SET NOT NULL;",
    )],
);

const CODES: Folder<'static> = (
    "0005_codes",
    &[(
        "shared.up.sql",
        "ALTER TABLE \"{shared}\".plans ADD COLUMN more text;",
    )],
);

/// A span, or an event, which has no name, with its fields and the names of the spans that it is in.
#[derive(Debug, Clone, Default)]
struct Told {
    name: &'static str,
    within: Vec<&'static str>,
    fields: BTreeMap<&'static str, String>,
}

impl Told {
    fn get(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", String::as_str)
    }
}

struct Fields<'a>(&'a mut BTreeMap<&'static str, String>);

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

/// Keeps what is told, spans when they end.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<Vec<Told>>>);

impl Ear {
    /// Listens to all that a function tells, in whichever thread.
    fn listen<T>(hear: impl FnOnce() -> T) -> (T, Vec<Told>) {
        let ear = Self::default();
        let subscriber = tracing_subscriber::registry().with(ear.clone());
        let value = tenantry_tests::hear::hear(subscriber, hear);
        let told = ear.0.lock().unwrap().clone();
        (value, told)
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Ear {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let mut told = Told {
            name: span.name(),
            within: span.scope().skip(1).map(|it| it.name()).collect(),
            ..Told::default()
        };
        attributes.record(&mut Fields(&mut told.fields));
        span.extensions_mut().insert(told);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let mut extensions = span.extensions_mut();
        let told: &mut Told = extensions.get_mut().unwrap();
        values.record(&mut Fields(&mut told.fields));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut told = Told::default();
        let scope = context.event_scope(event).into_iter().flatten();
        told.within = scope.map(|it| it.name()).collect();
        event.record(&mut Fields(&mut told.fields));
        self.0.lock().unwrap().push(told);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        let told = span.extensions().get::<Told>().unwrap().clone();
        self.0.lock().unwrap().push(told);
    }
}

fn named<'a>(told: &'a [Told], name: &str) -> Vec<&'a Told> {
    told.iter().filter(|it| it.name == name).collect()
}

#[test]
fn a_run_is_a_span_with_one_for_each_stage_tenant_and_shared_part() {
    let db = shop_db();
    let mut client = db.connect();
    for number in 0..40 {
        create(&mut client, &format!("t{number}"));
    }
    let url = db.url().to_owned();
    let connect = move || Ok(postgres::Client::connect(&url, postgres::NoTls)?);
    let run = |folders: &[Folder<'_>]| {
        let migrator = migrator(chain(folders))
            .connect_by(connect.clone())
            .workers(3);
        Ear::listen(|| migrator.on(&mut db.connect()).attempt().unwrap())
    };
    let (_, told) = run(&[PLANS, CUSTOMERS, INVOICES, STRICT, CODES]);
    let runs = named(&told, "run");
    assert_eq!(runs.len(), 1);
    assert_eq!(
        (runs[0].get("direction"), runs[0].get("migrated")),
        ("up", "40")
    );
    let stage = named(&told, "stage")[0];
    assert_eq!((stage.get("tenants"), stage.get("workers")), ("40", "3"));
    let shared = named(&told, "shared");
    assert_eq!(
        (shared[0].get("migration"), shared[0].get("outcome")),
        ("0005_codes", "done")
    );
    assert_eq!(shared[0].within, ["run"]);
    let done = named(&told, "tenant");
    let done: Vec<_> = done
        .iter()
        .filter(|it| it.get("outcome") == "done")
        .collect();
    assert_eq!(done.len(), 40);
    for tenant in done {
        assert_eq!(tenant.within, ["stage", "run"]);
        assert_eq!(tenant.get("migrations"), "0004_strict");
        assert_eq!(tenant.get("tenant"), tenant.get("schema"));
        assert!(tenant.get("duration_ms").parse::<f64>().unwrap() > 0.0);
    }
}

#[test]
fn a_tenant_that_fails_says_so_without_the_values_of_its_rows() {
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "a");
    create(&mut client, "b");
    client
        .batch_execute("INSERT INTO b.customers VALUES (1, 'a secret', NULL)")
        .unwrap();
    let strict = chain(&[PLANS, CUSTOMERS, INVOICES, STRICT]);
    let (report, told) = Ear::listen(|| migrator(strict).on(&mut client).attempt().unwrap());
    assert_eq!(report.failed.len(), 1);
    assert_eq!(named(&told, "run")[0].get("failed"), "1");
    let tenants = named(&told, "tenant");
    let failed = tenants.iter().filter(|it| it.get("outcome") == "failed");
    let failed: Vec<_> = failed.map(|it| it.get("tenant")).collect();
    assert_eq!(failed, ["b"]);
    assert!(!format!("{told:?}").contains("secret"), "{told:#?}");
}

#[test]
fn a_statement_is_a_span_that_tells_how_many_rows_it_gave_and_no_value() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let (outcome, told) = Ear::listen(|| {
        let pro = Plan::query().filter(Plan::CODE.eq("pro")).one(&mut acme)?;
        let ann = || NewCustomer::new("a secret", "secret@x.example", &pro);
        Customer::insert(ann()).execute(&mut acme)?;
        Customer::insert(ann()).execute(&mut acme)
    });
    assert!(outcome.unwrap_err().is_unique());
    let statements = named(&told, "statement");
    let seen: Vec<_> = statements
        .iter()
        .map(|it| (it.get("model"), it.get("operation"), it.get("tenant")))
        .collect();
    assert_eq!(seen[1..], [("Customer", "insert", "acme"); 2]);
    assert_eq!((seen[0].0, seen[0].2), ("Plan", "acme"));
    assert!(statements[1].get("sql").contains("\"acme\".\"customers\""));
    let answers: Vec<_> = told
        .iter()
        .filter(|it| it.name.is_empty() && it.within == ["statement"])
        .map(|it| (it.get("rows"), it.get("error")))
        .collect();
    assert_eq!(answers, [("1", ""), ("1", ""), ("", "23505")]);
    assert!(!format!("{told:?}").contains("secret"), "{told:#?}");
}

#[test]
fn tenants_that_are_gone_are_not_looked_for_again_and_again() {
    for workers in [1, 4] {
        let db = shop_db();
        let mut client = db.connect();
        let key = |number: usize| format!("a{number:03}");
        for number in 0..40 {
            create(&mut client, &key(number));
        }
        let (url, dropped) = (db.url().to_owned(), AtomicBool::new(false));
        let connect = move || Ok(postgres::Client::connect(&url, postgres::NoTls)?);
        let other = db.url().to_owned();
        // All tenants have been read when the first is done, which is tried alone.
        let migrator = migrator(chain(&[PLANS, CUSTOMERS, INVOICES, STRICT]))
            .connect_by(connect)
            .workers(workers)
            .observe(move |event| {
                let is_first = matches!(event, tenantry::migrate::Event::Tenant(_));
                if is_first && !dropped.swap(true, Ordering::Relaxed) {
                    let db = app(&other);
                    for number in 20..40 {
                        let key = TenantKey::new(key(number)).unwrap();
                        db.tenants().drop(&key).unwrap();
                    }
                }
            });
        let (report, told) = Ear::listen(|| migrator.on(&mut client).run().unwrap());
        assert!(report.migrated >= 20, "{report:?}");
        for number in 20..40 {
            let is_look = |told: &&Told| told.name == "tenant" && told.get("tenant") == key(number);
            let looks = told.iter().filter(is_look).count();
            assert!(looks <= 5, "`{}` was looked for {looks} times", key(number));
        }
    }
}
