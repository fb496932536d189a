//! A workspace: its projects, their tasks, and labels.

use std::collections::BTreeMap;

use axum::Form;
use axum::extract::Path;
use axum::response::{Html, Redirect};
use maud::html;
use serde::Deserialize;
use tenantry::prelude::*;
use tenantry::tokio::TenantScope;
use tenantry::web::Tenant;

use super::Failure;
use super::layout::{field, page};
use crate::jobs::{self, Work};
use crate::models::{
    Digest, Label, NewLabel, NewProject, NewTask, NewTaskLabel, Project, Task, TaskLabel,
};
use crate::sessions::Visitor;

/// A name that a form sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    name: String,
}

/// The address of a page of the workspace.
fn address(workspace: &TenantScope, rest: &str) -> String {
    format!("/w/{}{rest}", workspace.key())
}

pub(crate) async fn dashboard(
    Tenant(mut workspace): Tenant,
    visitor: Visitor,
) -> Result<Html<String>, Failure> {
    let projects = Project::query()
        .order_by(Project::NAME.asc())
        .all(&mut workspace)
        .await?;
    let digests = Digest::query()
        .order_by(Digest::ID.desc())
        .limit(3)
        .all(&mut workspace)
        .await?;
    let content = html! {
        h1 { (workspace.key()) }
        h2 { "Projects" }
        ul.cards {
            @for project in &projects {
                li { a href=(address(&workspace, &format!("/projects/{}", project.id))) { (project.name) } }
            }
        }
        form method="post" action=(address(&workspace, "/projects")) {
            (field("name", "New project", "text", "off"))
            p { button { "Add" } }
        }
        h2 { "Digests" }
        @if digests.is_empty() { p { "There are none yet." } }
        ul {
            @for digest in &digests { li { (digest.text) } }
        }
        form method="post" action=(address(&workspace, "/digests")) {
            p { button.quiet { "Write a digest" } }
        }
    };
    Ok(page(workspace.key().as_str(), Some(&visitor), &content))
}

pub(crate) async fn add_project(
    Tenant(mut workspace): Tenant,
    Form(form): Form<Named>,
) -> Result<Redirect, Failure> {
    let project = Project::insert(NewProject::new(form.name.trim()))
        .returning(&mut workspace)
        .await?;
    Ok(Redirect::to(&address(
        &workspace,
        &format!("/projects/{}", project.id),
    )))
}

pub(crate) async fn write_digest(Tenant(mut workspace): Tenant) -> Result<Redirect, Failure> {
    jobs::enqueue(&mut workspace, Work::Digest).await?;
    Ok(Redirect::to(&address(&workspace, "")))
}

pub(crate) async fn project(
    Tenant(mut workspace): Tenant,
    visitor: Visitor,
    Path((_, id)): Path<(String, i64)>,
) -> Result<Html<String>, Failure> {
    let project = Project::find(id).one(&mut workspace).await?;
    let tasks = project
        .related(Project::TASKS)
        .order_by(Task::ID.asc())
        .all(&mut workspace)
        .await?;
    let mut labels: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    let ids: Vec<i64> = tasks.iter().map(|task| task.id).collect();
    let on_tasks = TaskLabel::query()
        .filter(TaskLabel::TASK.is_in(ids))
        .join(TaskLabel::LABEL);
    for (on, label) in on_tasks.all(&mut workspace).await? {
        labels
            .entry(*on.task.key())
            .or_default()
            .push(label.name.clone());
    }
    let at = |rest: String| address(&workspace, &rest);
    let content = html! {
        p { a href=(address(&workspace, "")) { (workspace.key()) } }
        h1 { (project.name) }
        ul.tasks {
            @for task in &tasks {
                li.done[task.done] {
                    form method="post" action=(at(format!("/tasks/{}/toggle", task.id))) {
                        button.check aria-pressed=(if task.done { "true" } else { "false" }) aria-label={ "Done: " (task.title) } {
                            @if task.done { "✓" } @else { " " }
                        }
                    }
                    span.title { (task.title) }
                    @for label in labels.get(&task.id).into_iter().flatten() { span.label { (label) } }
                    form method="post" action=(at(format!("/tasks/{}/labels", task.id))) {
                        input name="name" aria-label={ "Label for " (task.title) } placeholder="label" maxlength="40" required;
                        button.quiet { "Add label" }
                    }
                }
            }
        }
        form method="post" action=(at(format!("/projects/{id}/tasks"))) {
            (field("name", "New task", "text", "off"))
            p { button { "Add" } }
        }
    };
    Ok(page(&project.name, Some(&visitor), &content))
}

pub(crate) async fn add_task(
    Tenant(mut workspace): Tenant,
    Path((_, id)): Path<(String, i64)>,
    Form(form): Form<Named>,
) -> Result<Redirect, Failure> {
    let project = Project::find(id).one(&mut workspace).await?;
    Task::insert(NewTask::new(&project, form.name.trim()))
        .execute(&mut workspace)
        .await?;
    Ok(Redirect::to(&address(
        &workspace,
        &format!("/projects/{id}"),
    )))
}

pub(crate) async fn toggle(
    Tenant(mut workspace): Tenant,
    Path((_, id)): Path<(String, i64)>,
) -> Result<Redirect, Failure> {
    let project = workspace
        .transaction(async |tx| {
            let mut task = Task::query()
                .filter(Task::ID.eq(id))
                .for_update()
                .one(tx)
                .await?;
            task.done = !task.done;
            task.save(tx).await?;
            Ok(*task.project.key())
        })
        .await?;
    Ok(Redirect::to(&address(
        &workspace,
        &format!("/projects/{project}"),
    )))
}

pub(crate) async fn add_label(
    Tenant(mut workspace): Tenant,
    Path((_, id)): Path<(String, i64)>,
    Form(form): Form<Named>,
) -> Result<Redirect, Failure> {
    let name = form.name.trim().to_lowercase();
    let project = workspace
        .transaction(async |tx| {
            let task = Task::find(id).one(tx).await?;
            let new = Label::insert(NewLabel::new(&name))
                .on_conflict(Label::NAME)
                .do_nothing();
            new.execute(tx).await?;
            let label = Label::query().filter(Label::NAME.eq(&name)).one(tx).await?;
            let on = TaskLabel::insert(NewTaskLabel::new(&task, &label));
            on.on_conflict((TaskLabel::TASK, TaskLabel::LABEL))
                .do_nothing()
                .execute(tx)
                .await?;
            Ok(*task.project.key())
        })
        .await?;
    Ok(Redirect::to(&address(
        &workspace,
        &format!("/projects/{project}"),
    )))
}
