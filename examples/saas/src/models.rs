//! Who works here, shared by all workspaces; and what a workspace has.
//!
//! People log in once and may be members of several workspaces, so users, sessions and memberships are shared. Whatever is
//! a customer's own is in the tenant's schema, where no query of another workspace reaches it.

#![allow(missing_docs, reason = "the names of the fields say it all")]

use tenantry::prelude::*;
use tenantry::scope::Job;

use crate::jobs::Work;

/// Somebody who logs in.
#[shared_model]
#[derive(Debug)]
pub struct User {
    #[field(key)]
    pub id: i64,
    #[field(unique, max_length = 254)]
    pub email: String,
    pub password_hash: String,
    /// Whether the user runs the whole service, and sees how its workspaces do.
    #[field(default = false)]
    pub is_operator: bool,
}

/// A browser in which somebody is logged in.
#[shared_model(index(expires_at))]
#[derive(Debug)]
pub struct Session {
    #[field(key)]
    pub id: i64,
    /// Checksum of what the cookie has, so that nobody who reads the table can log in.
    #[field(unique, max_length = 64)]
    pub token_hash: String,
    #[field(on_delete = "cascade")]
    pub user: Fk<User>,
    pub expires_at: Timestamp,
}

/// A user's right to enter a workspace.
#[shared_model(unique(user, tenant))]
#[derive(Debug)]
pub struct Membership {
    #[field(key)]
    pub id: i64,
    #[field(on_delete = "cascade", inverse = "memberships")]
    pub user: Fk<User>,
    /// The prefix of a reference to the tenant, which no other tenant has, whatever its key is.
    #[field(max_length = 40)]
    pub tenant: String,
    /// The key, for lists and links. Whoever renames a workspace changes it, too.
    #[field(max_length = 40)]
    pub workspace: String,
}

/// Work that waits to be done. It is shared, so that workers look in one place for all workspaces.
#[shared_model(table = "queue", index(due_at))]
#[derive(Debug)]
pub struct Queued {
    #[field(key)]
    pub id: i64,
    /// When a worker may begin.
    pub due_at: Timestamp,
    pub job: Json<Job<Work>>,
}

/// Something that a workspace wants to get done.
#[tenant_model]
#[derive(Debug)]
pub struct Project {
    #[field(key)]
    pub id: i64,
    #[field(unique, max_length = 80, check = "name <> ''")]
    pub name: String,
}

/// A step of a project.
#[tenant_model(index(project, done))]
#[derive(Debug)]
pub struct Task {
    #[field(key)]
    pub id: i64,
    #[field(on_delete = "cascade", inverse = "tasks")]
    pub project: Fk<Project>,
    #[field(max_length = 200, check = "title <> ''")]
    pub title: String,
    #[field(default = false)]
    pub done: bool,
}

/// A word that tasks are marked with.
#[tenant_model]
#[derive(Debug)]
pub struct Label {
    #[field(key)]
    pub id: i64,
    #[field(unique, max_length = 40, check = "name <> ''")]
    pub name: String,
}

/// A label on a task.
#[tenant_model(unique(task, label))]
#[derive(Debug)]
pub struct TaskLabel {
    #[field(key)]
    pub id: i64,
    #[field(on_delete = "cascade", inverse = "labels")]
    pub task: Fk<Task>,
    #[field(on_delete = "cascade")]
    pub label: Fk<Label>,
}

/// A summary that was written by a job.
#[tenant_model]
#[derive(Debug)]
pub struct Digest {
    #[field(key)]
    pub id: i64,
    pub text: String,
    #[field(auto_now_add)]
    pub created_at: Timestamp,
}

tenantry::schema! {
    /// All models of the application.
    pub static SCHEMA = [crate::*];
}
