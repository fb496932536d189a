//! A whole application: workspaces with projects and tasks, each workspace a tenant.

pub mod jobs;
pub mod models;
pub mod operators;
pub mod origin;
mod pages;
pub mod passwords;
pub mod sessions;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::routing::{get, post};
use tenantry::Error;
use tenantry::migrate::Chain;
use tenantry::prelude::*;
use tenantry::tokio::Database;
use tenantry::web::{Gate, Resolver};

use models::Membership;
pub use models::SCHEMA;
use pages::{account, operator, workspace};
use sessions::Visitor;

/// Returns the chain of migrations, which is part of the program.
///
/// # Errors
///
/// When a file of it was changed by hand.
pub fn chain() -> Result<Chain, Error> {
    Chain::open(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))
}

/// The program's routes.
pub fn app(db: &Database) -> Router {
    let workspaces = Router::new()
        .route("/w/{workspace}", get(workspace::dashboard))
        .route("/w/{workspace}/projects", post(workspace::add_project))
        .route("/w/{workspace}/projects/{id}", get(workspace::project))
        .route(
            "/w/{workspace}/projects/{id}/tasks",
            post(workspace::add_task),
        )
        .route("/w/{workspace}/tasks/{id}/toggle", post(workspace::toggle))
        .route(
            "/w/{workspace}/tasks/{id}/labels",
            post(workspace::add_label),
        )
        .route("/w/{workspace}/digests", post(workspace::write_digest))
        .layer(members(db))
        .layer(map_response(pages::refused))
        .layer(from_fn(sessions::require));
    Router::new()
        .route("/", get(account::start))
        .route("/signup", get(account::sign_up_form).post(account::sign_up))
        .route("/login", get(account::log_in_form).post(account::log_in))
        .route("/logout", post(account::log_out))
        .route("/operator", get(operator::all))
        .merge(workspaces)
        .layer(from_fn_with_state(db.clone(), sessions::identify))
        .layer(from_fn(origin::same))
        .route("/style.css", get(style))
        .with_state(db.clone())
}

/// Lets the members of a workspace in, and tells others nothing of it.
fn members(db: &Database) -> Gate {
    let resolver = Resolver::new(db).path("/w");
    resolver
        .members(|request, mut workspace| async move {
            let Some(visitor) = request.extensions.get::<Visitor>() else {
                return Ok(None);
            };
            let tenant = workspace.reference().prefix();
            let membership = Membership::query()
                .filter(Membership::USER.eq(visitor.id))
                .filter(Membership::TENANT.eq(tenant));
            let is_member = membership.exists(&mut workspace).await?;
            Ok(is_member.then_some(()))
        })
        .hides_tenants()
}

async fn style() -> ([(axum::http::HeaderName, &'static str); 1], &'static str) {
    (
        [(CONTENT_TYPE, "text/css; charset=utf-8")],
        include_str!("style.css"),
    )
}
