//! Limits for each row.

use tenantry::prelude::*;

use crate::work::{Label, Labeling, Person, Project, Task, Work, names, titles};

#[test]
fn a_limit_is_of_the_rows_of_each_row() {
    let mut work = Work::new();
    let tasks = Project::TASKS.order_by(Task::TITLE.asc());
    let projects = Project::query()
        .order_by(Project::ID.asc())
        .with(tasks.clone().limit(2).with(Task::PARTS))
        .with(tasks.clone().offset(1))
        .with(tasks.offset(1).limit(1))
        .with(Project::TASKS.limit(0))
        .all(&mut work.acme)
        .unwrap();
    let seen: Vec<_> = projects
        .iter()
        .map(|(_, first, rest, second, none)| {
            let first = titles(first.iter().map(|(task, _)| task));
            (first, titles(rest), titles(second), none.len())
        })
        .collect();
    assert_eq!(
        seen,
        [
            (vec!["Door", "Roof"], vec!["Roof", "Wall"], vec!["Roof"], 0),
            (vec!["Mast"], vec![], vec![], 0),
            (vec![], vec![], vec![], 0),
        ]
    );
    assert_eq!(projects[0].1[1].1.len(), 2, "the roof has parts");
}

#[test]
fn a_limit_over_rows_between_is_of_the_rows_behind() {
    let mut work = Work::new();
    let labels = || Task::LABELINGS.order_by(Labeling::PLACE.desc());
    let roof = Task::query().filter(Task::TITLE.eq("Roof"));
    let (_, first, last, red) = roof
        .with(labels().limit(1).through(Labeling::LABEL))
        .with(labels().through(Labeling::LABEL).offset(1).limit(1))
        .with(
            labels()
                .limit(1)
                .through(Labeling::LABEL)
                .filter(Label::NAME.eq("blue")),
        )
        .one(&mut work.acme)
        .unwrap();
    assert_eq!(names(&first), ["red"]);
    assert_eq!(names(&last), ["blue"]);
    assert_eq!(names(&red), ["blue"], "the condition comes first");
}

#[test]
fn rows_whose_keys_are_texts_and_are_many_are_limited_too() {
    let mut work = Work::new();
    let projects = Person::PROJECTS
        .order_by(Project::OWNER.by(Person::NAME.asc()))
        .order_by(Project::NAME.desc())
        .limit(1);
    let people = Person::query()
        .order_by(Person::NAME.asc())
        .with(projects)
        .all(&mut work.acme)
        .unwrap();
    let last: Vec<_> = people.iter().map(|(_, it)| it[0].name.as_str()).collect();
    assert_eq!(last, ["House", "Boat"]);
}
