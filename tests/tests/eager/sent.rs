//! How many statements are sent, and which.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tenantry::prelude::*;
use tenantry_tests::hear::hear;
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

use crate::work::{Labeling, Person, Project, Task, Work};

/// The statements that a function sends.
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

fn sent<T>(act: impl FnOnce() -> T) -> (T, Vec<String>) {
    let ear = Sent::default();
    let subscriber = tracing_subscriber::registry().with(ear.clone());
    let value = hear(subscriber, act);
    let statements = ear.0.lock().unwrap().clone();
    (value, statements)
}

#[test]
fn a_relation_is_one_statement() {
    let mut work = Work::new();
    let (projects, sent) = sent(|| {
        Project::query()
            .with(Project::TASKS.with(Task::LABELINGS.through(Labeling::LABEL)))
            .with(Project::OWNER.with(Person::BOSS))
            .all(&mut work.acme)
            .unwrap()
    });
    assert_eq!(projects.len(), 3);
    assert_eq!(sent.len(), 5, "{sent:#?}");
    assert!(
        sent[1].ends_with(r#"WHERE "T1"."project" = ANY($1)"#),
        "a list of keys is the statement that one writes by hand: {}",
        sent[1]
    );
}

#[test]
fn nothing_is_sent_for_no_rows_and_no_keys() {
    let mut work = Work::new();
    let (_, none) = sent(|| {
        let none = Project::query().filter(Project::NAME.eq("Plane"));
        none.with(Project::TASKS.with(Task::PARTS))
            .with(Project::OWNER)
            .all(&mut work.acme)
            .unwrap()
    });
    assert_eq!(none.len(), 1, "{none:#?}");
    let (_, none) = sent(|| {
        let roots = Task::query().filter(Task::PART_OF.is_null());
        roots.with(Task::PART_OF).all(&mut work.acme).unwrap()
    });
    assert_eq!(none.len(), 1, "{none:#?}");
    let (loaded, none) = sent(|| Project::TASKS.load([], &mut work.acme).unwrap());
    assert_eq!((loaded.len(), none.len()), (0, 0));
}
