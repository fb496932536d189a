//! Keys: none, of several rows, of other bytes, and of rows that are gone.

use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::wait::until;

use crate::work::{Label, Labeling, NewProject, NewTask, Person, Project, Task, Work};

#[test]
fn nulls_lead_nowhere() {
    let mut work = Work::new();
    let tasks = Task::query()
        .order_by(Task::ID.asc())
        .with(Task::PROJECT)
        .with(Task::PART_OF)
        .all(&mut work.acme)
        .unwrap();
    let seen: Vec<_> = tasks
        .iter()
        .map(|(_, project, whole)| (project.is_some(), whole.is_some()))
        .collect();
    assert_eq!(seen[0], (true, false));
    assert_eq!(seen[5], (false, true));
}

#[test]
fn equal_keys_of_other_bytes_are_equal() {
    let mut work = Work::new();
    let labelings = Labeling::query()
        .order_by(Labeling::ID.asc())
        .with(Labeling::LABEL)
        .all(&mut work.acme)
        .unwrap();
    let seen: Vec<_> = labelings.iter().map(|it| it.1.name.as_str()).collect();
    assert_eq!(seen, ["red", "blue", "red", "blue"]);
    let labels = Label::query()
        .order_by(Label::NAME.asc())
        .with(Label::LABELINGS)
        .with(Label::LABELINGS.limit(1))
        .all(&mut work.acme)
        .unwrap();
    let seen: Vec<_> = labels
        .iter()
        .map(|(_, all, one)| (all.len(), one.len()))
        .collect();
    assert_eq!(seen, [(2, 1), (2, 1)]);
}

#[test]
fn a_collation_that_knows_no_case_finds_its_rows() {
    let mut work = Work::new();
    let url = &work.url;
    let mut client = postgres::Client::connect(url, postgres::NoTls).unwrap();
    let schema = work.acme.schema().to_string();
    let collation = client.batch_execute(
        "CREATE COLLATION public.no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    );
    let row = client
        .query_one(
            "SELECT EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu')",
            &[],
        )
        .unwrap();
    if !row.get::<_, bool>(0) {
        // A server that is built without ICU compares all texts byte by byte, so that there is nothing to find.
        let refusal = collation.unwrap_err();
        assert_eq!(
            refusal.code(),
            Some(&postgres::error::SqlState::FEATURE_NOT_SUPPORTED)
        );
        return;
    }
    collation.unwrap();
    client
        .batch_execute(&format!(
            "ALTER TABLE \"{schema}\".projects DROP CONSTRAINT projects_owner_fkey;
             ALTER TABLE \"{schema}\".projects ALTER owner TYPE varchar(20) COLLATE public.no_case;
             UPDATE \"{schema}\".projects SET owner = upper(owner)"
        ))
        .unwrap();
    let people = Person::query()
        .order_by(Person::NAME.asc())
        .with(Person::PROJECTS)
        .all(&mut work.acme)
        .unwrap();
    let seen: Vec<_> = people.iter().map(|(_, projects)| projects.len()).collect();
    assert_eq!(seen, [2, 1]);
}

#[test]
fn a_row_that_is_gone_when_it_is_loaded_is_an_error() {
    let mut work = Work::new();
    let (task, project) = Task::query()
        .filter(Task::TITLE.eq("Mast"))
        .with(Task::PROJECT)
        .one(&mut work.acme)
        .unwrap();
    Task::update_where(Task::TITLE.eq("Mast"))
        .set(Task::PROJECT, None)
        .execute(&mut work.acme)
        .unwrap();
    project.unwrap().delete(&mut work.acme).unwrap();
    let error = Task::PROJECT.load([&task], &mut work.acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = error.to_string();
    assert!(
        error.contains("`Project`") && error.contains("help: "),
        "{error}"
    );
}

#[test]
fn hundred_thousand_rows_are_one_parameter() {
    let mut work = Work::new();
    let rows = (0..100_000).map(|n| NewProject::new(format!("p{n}"), "Bob"));
    Project::insert_many(rows).execute(&mut work.acme).unwrap();
    let last = Project::query().order_by(Project::ID.desc()).limit(1);
    let last = last.one(&mut work.acme).unwrap();
    let tasks = (0..1_000).map(|n| NewTask::new(format!("t{n}")).project(&last));
    Task::insert_many(tasks).execute(&mut work.acme).unwrap();
    let since = Instant::now();
    let projects = Project::query()
        .with(Project::TASKS)
        .with(Project::TASKS.order_by(Task::ID.desc()).limit(2))
        .with(Project::OWNER)
        .all(&mut work.acme)
        .unwrap();
    println!("loaded in {:?}", since.elapsed());
    assert_eq!(projects.len(), 100_003);
    let (_, tasks, two, owner) = projects
        .iter()
        .find(|(project, ..)| project.key() == last.key())
        .unwrap();
    assert_eq!((tasks.len(), two.len()), (1_000, 2));
    assert_eq!(owner.name, "Bob");
}

#[test]
fn a_table_that_somebody_has_locked_is_waited_for_and_nothing_is_half_loaded() {
    let work = Work::new();
    let mut acme = work.acme;
    let mut client = postgres::Client::connect(&work.url, postgres::NoTls).unwrap();
    let schema = acme.schema().to_string();
    let mut held = client.transaction().unwrap();
    held.batch_execute(&format!(
        "LOCK TABLE \"{schema}\".tasks IN ACCESS EXCLUSIVE MODE"
    ))
    .unwrap();
    let (told, count) = mpsc::channel();
    let loader = thread::spawn(move || {
        let projects = Project::query().with(Project::TASKS).all(&mut acme);
        told.send(projects.map(|projects| projects.len())).unwrap();
    });
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = \
                   (SELECT oid FROM pg_database WHERE datname = current_database())";
    until("it waits", || {
        held.query_one(waiting, &[]).unwrap().get::<_, i64>(0) > 0
    });
    held.rollback().unwrap();
    assert_eq!(count.recv().unwrap().unwrap(), 3);
    loader.join().unwrap();
}
