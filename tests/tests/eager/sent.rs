//! How many statements are sent, and which.

use tenantry::prelude::*;
use tenantry_tests::hear::sent;

use crate::work::{Labeling, Person, Project, Task, Work};

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
