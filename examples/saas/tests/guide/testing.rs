//! Code of the page about tests.

use saas::models::{NewProject, NewTask, Project, Task};
use tenantry::prelude::*;
use tenantry::testing::TestDb;
use tenantry::{Database, ErrorKind};

/// A database of this test's own, with tables and the workspaces `acme` and `globex`.
pub(crate) fn database() -> TestDb {
    TestDb::from_template("saas", |url| {
        let db = Database::connect(url).unwrap();
        db.migrator(saas::chain().unwrap()).run().unwrap();
        for workspace in ["acme", "globex"] {
            db.tenants().create(&key(workspace)).unwrap();
        }
    })
}

pub(crate) fn key(key: &str) -> TenantKey {
    TenantKey::new(key).unwrap()
}

#[test]
fn a_name_is_taken_once_in_each_workspace() {
    let database = database();
    let db = Database::connect(database.url()).unwrap();
    let website = || Project::insert(NewProject::new("Website"));
    for workspace in ["acme", "globex"] {
        let mut workspace = db.tenant(&key(workspace)).unwrap();
        website().execute(&mut workspace).unwrap();
        assert!(website().execute(&mut workspace).unwrap_err().is_unique());
    }
}

#[test]
fn a_task_is_of_a_project_of_its_workspace() {
    let database = database();
    let db = Database::connect(database.url()).unwrap();
    let mut acme = db.tenant(&key("acme")).unwrap();
    let website = Project::insert(NewProject::new("Website"))
        .returning(&mut acme)
        .unwrap();
    let mut globex = db.tenant(&key("globex")).unwrap();
    let task = Task::insert(NewTask::new(&website, "Draw it"));
    let error = task.execute(&mut globex).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignRow);
}

#[tokio::test]
async fn a_new_workspace_is_empty() {
    let database = database();
    let db = tenantry::tokio::Database::connect(database.url())
        .await
        .unwrap();
    let mut acme = db.tenant(&key("acme")).await.unwrap();
    assert_eq!(Project::query().count(&mut acme).await.unwrap(), 0);
}
