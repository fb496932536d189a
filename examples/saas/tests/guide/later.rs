//! The application's next release: tasks may have a day when they are due.

use saas::models::{Digest, Label, Membership, Project, Queued, Session, User};
use tenantry::prelude::*;

/// A step of a project.
#[tenant_model(index(project, done))]
#[derive(Debug)]
pub struct Task {
    #[field(key)]
    pub id: i64,
    #[field(on_delete = "cascade")]
    pub project: Fk<Project>,
    #[field(max_length = 200, check = "title <> ''")]
    pub title: String,
    #[field(default = false)]
    pub done: bool,
    pub due_on: Option<Date>,
}

/// A label on a task.
#[tenant_model(unique(task, label))]
#[derive(Debug)]
pub struct TaskLabel {
    #[field(key)]
    pub id: i64,
    #[field(on_delete = "cascade")]
    pub task: Fk<Task>,
    #[field(on_delete = "cascade")]
    pub label: Fk<Label>,
}

tenantry::schema! {
    /// All models of the release.
    pub static SCHEMA = [User, Session, Membership, Queued, Project, Task, Label, TaskLabel, Digest];
}
