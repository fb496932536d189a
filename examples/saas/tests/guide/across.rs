//! Code of the page about queries across tenants.

use saas::models::{NewProject, NewTask, Project, Task};
use tenantry::Database;
use tenantry::across::SeesAllTenants;
use tenantry::prelude::*;
use tenantry::query::count;
use tenantry::tenant::{Match, Selection};

use crate::testing::{database, key};

/// Somebody who runs the service. In an application only the log-in makes one.
struct Operator;

impl SeesAllTenants for Operator {}

#[test]
fn an_operator_asks_all_workspaces() {
    let database = database();
    let db = Database::connect(database.url()).unwrap();
    for (workspace, titles) in [
        ("acme", &["Draw it", "Print it"][..]),
        ("globex", &["Sell it"]),
    ] {
        let mut workspace = db.tenant(&key(workspace)).unwrap();
        let project = NewProject::new("Website");
        let project = Project::insert(project).returning(&mut workspace).unwrap();
        let tasks = titles.iter().map(|title| NewTask::new(&project, *title));
        Task::insert_many(tasks).execute(&mut workspace).unwrap();
    }
    let (all, each, newest) = ask(&db, &Operator).unwrap();
    assert_eq!(all, [3]);
    assert_eq!(each, [(key("acme"), 2), (key("globex"), 1)]);
    assert_eq!(newest, ["acme: Print it", "acme: Draw it"]);
    db.tenants().suspend(&key("globex")).unwrap();
    let both = [key("acme"), key("globex")];
    let mut both = db.across(&Operator).unwrap().keys(&both);
    let some = Task::query().select(count()).across(&mut both).unwrap();
    assert_eq!((some.rows(), some.tenants()), (&[2][..], 1));
    let [left_out] = some.left_out() else {
        panic!("one is missing");
    };
    assert_eq!(left_out.to_string(), "tenant `globex`: it is suspended");
    db.tenants().tag(&key("acme"), &["trial"], &[]).unwrap();
    let trial = Match::all().tag("trial").unwrap();
    let trials = Selection::all().matching(trial);
    let mut trials = db.across(&Operator).unwrap().selection(trials);
    let tried = Task::query().select(count()).across(&mut trials).unwrap();
    assert_eq!(tried.rows(), [2]);
}

type Answers = (Vec<i64>, Vec<(TenantKey, i64)>, Vec<String>);

fn ask(db: &Database, operator: &Operator) -> tenantry::Result<Answers> {
    let mut fleet = db.across(operator)?;
    let open = Task::query().filter(!Task::DONE);

    // One number of all.
    let all = open.clone().select(count()).across(&mut fleet)?.whole()?;

    // A number of each.
    let each = open
        .clone()
        .select(count())
        .by_tenant(&mut fleet)?
        .whole()?;

    // The last two of all, each with its tenant.
    let newest = open.order_by(Task::ID.desc()).limit(2);
    let newest = newest.across(&mut fleet)?.whole()?;
    let newest = newest
        .iter()
        .map(|(tenant, task)| format!("{tenant}: {}", task.title))
        .collect();
    Ok((all, each, newest))
}
