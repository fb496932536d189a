//! The same of a task.

use futures_util::FutureExt;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::tokio::Database;

use crate::work::{Labeling, Project, Task, Work, names, titles};

#[tokio::test]
async fn tasks_load_rows_with_others_and_may_drop_the_future() {
    let work = blocking(Work::new);
    let db = Database::connect(&work.url).await.unwrap();
    let mut acme = db.tenant(&TenantKey::new("acme").unwrap()).await.unwrap();
    let query = Project::query().order_by(Project::ID.asc()).with(
        Project::TASKS
            .order_by(Task::TITLE.asc())
            .limit(2)
            .with(Task::LABELINGS.through(Labeling::LABEL)),
    );
    // A future that was asked once has sent the first statement, and is dropped.
    assert!(query.clone().all(&mut acme).now_or_never().is_none());
    let task = tokio::spawn(async move {
        let projects = query.all(&mut acme).await?;
        let rows: Vec<_> = projects.iter().map(|(project, _)| project).collect();
        let tasks = Project::TASKS.load(rows, &mut acme).await?;
        Ok::<_, tenantry::Error>((projects, tasks))
    });
    let (projects, all) = task.await.unwrap().unwrap();
    let (_, tasks) = &projects[0];
    assert_eq!(titles(tasks.iter().map(|(task, _)| task)), ["Door", "Roof"]);
    assert_eq!(names(&tasks[0].1), [] as [&str; 0]);
    assert_eq!(tasks[1].1.len(), 2);
    assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), [3, 1, 0]);
    blocking(|| drop(work));
}
