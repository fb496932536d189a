//! How all workspaces do, for whoever runs the service.

use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Html;
use maud::html;
use tenantry::across::SeesAllTenants;
use tenantry::prelude::*;
use tenantry::query::count;
use tenantry::tenant::TenantFilter;
use tenantry::tokio::Database;

use super::Failure;
use super::layout::page;
use crate::models::Task;
use crate::sessions::Visitor;

/// Somebody who runs the service. Nothing but a log-in makes one, so that no handler of a workspace's page can read other workspaces.
pub(crate) struct Operator(Visitor);

impl SeesAllTenants for Operator {}

impl<S: Sync> FromRequestParts<S> for Operator {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let visitor = parts.extensions.get::<Visitor>();
        let operator = visitor.filter(|visitor| visitor.is_operator);
        // Others are not told that there is such a page.
        operator
            .cloned()
            .map(Self)
            .ok_or(Failure(StatusCode::NOT_FOUND))
    }
}

pub(crate) async fn all(
    State(db): State<Database>,
    operator: Operator,
) -> Result<Html<String>, Failure> {
    let workspaces = db.tenants().list(&TenantFilter::all()).await?;
    // One statement asks a hundred workspaces. One that is suspended, or migrated just now, is missing in the answer.
    let tasks = (count().filter(!Task::DONE), count().filter(Task::DONE));
    let answer = Task::query()
        .select(tasks)
        .by_tenant(&mut db.across(&operator))
        .await?;
    let tasks: BTreeMap<_, _> = answer.into_rows().into_iter().collect();
    let content = html! {
        h1 { "All workspaces" }
        table {
            thead { tr { @for title in ["Workspace", "State", "Open tasks", "Done"] { th scope="col" { (title) } } } }
            tbody {
                @for workspace in &workspaces {
                    tr {
                        th scope="row" { (workspace.key()) }
                        td { (workspace.state()) }
                        @match tasks.get(workspace.key()) {
                            Some((open, done)) => { td { (open) } td { (done) } }
                            None => { td { "–" } td { "–" } }
                        }
                    }
                }
            }
        }
    };
    Ok(page("All workspaces", Some(&operator.0), &content))
}
