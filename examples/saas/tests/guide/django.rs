//! Models of tables that Django has made.

use tenantry::prelude::*;

/// A customer who pays, of the table of django-tenants.
#[shared_model(table = "customers_client")]
#[derive(Debug)]
pub struct Client {
    #[field(key)]
    pub id: i64,
    #[field(unique, max_length = 63)]
    pub schema_name: String,
    #[field(max_length = 100)]
    pub name: String,
}

/// Something to get done.
#[tenant_model(table = "work_project")]
#[derive(Debug)]
pub struct Project {
    #[field(key)]
    pub id: i64,
    #[field(unique, max_length = 80)]
    pub name: String,
}

/// A step of it.
#[tenant_model(table = "work_task", index(project, done))]
#[derive(Debug)]
pub struct Task {
    #[field(key)]
    pub id: i64,
    #[field(max_length = 200)]
    pub title: String,
    pub done: bool,
    #[field(column = "project_id", on_delete = "cascade")]
    pub project: Fk<Project>,
}

tenantry::schema! {
    /// All models of the application that was Django's.
    pub static SCHEMA = [Client, Project, Task];
}
