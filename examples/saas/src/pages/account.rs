//! Signing up, logging in and out.

use axum::Form;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use tenantry::prelude::*;
use tenantry::tenant::NewTenant;
use tenantry::tokio::Database;

use super::Failure;
use super::layout::{field, page};
use crate::models::{Membership, NewMembership, NewProject, NewUser, Project, User};
use crate::passwords;
use crate::sessions::{self, Visitor};

/// The fewest characters of a password.
const SHORTEST: usize = 10;

/// A sign-up, as the form sends it.
#[derive(Debug, Deserialize)]
pub(crate) struct SignUp {
    workspace: String,
    email: String,
    password: String,
}

/// A log-in, as the form sends it.
#[derive(Debug, Deserialize)]
pub(crate) struct LogIn {
    email: String,
    password: String,
}

pub(crate) async fn start(
    State(db): State<Database>,
    visitor: Option<axum::Extension<Visitor>>,
) -> Result<Html<String>, Failure> {
    let Some(axum::Extension(visitor)) = visitor else {
        let content = html! {
            h1 { "Get things done, each team for itself" }
            p { "Every workspace has a schema of its own in the database." }
            p { a.button href="/signup" { "Open a workspace" } }
        };
        return Ok(page("Welcome", None, &content));
    };
    let mine = Membership::query()
        .filter(Membership::USER.eq(visitor.id))
        .order_by(Membership::WORKSPACE.asc());
    let mine = mine.all(&mut db.shared()).await?;
    let content = html! {
        h1 { "Your workspaces" }
        ul.cards {
            @for membership in &mine {
                li { a href={ "/w/" (membership.workspace) } { (membership.workspace) } }
            }
        }
    };
    Ok(page("Your workspaces", Some(&visitor), &content))
}

pub(crate) async fn sign_up_form() -> Html<String> {
    page("Sign up", None, &sign_up_page(None))
}

pub(crate) async fn log_in_form() -> Html<String> {
    page("Log in", None, &log_in_page(None))
}

fn sign_up_page(complaint: Option<&str>) -> Markup {
    html! {
        h1 { "Open a workspace" }
        (told(complaint))
        form method="post" action="/signup" {
            (field("workspace", "Name of the workspace (a to z, 0 to 9, -)", "text", "organization"))
            (field("email", "E-mail address", "email", "email"))
            (field("password", "Password (10 characters or more)", "password", "new-password"))
            p { button { "Open it" } }
        }
    }
}

fn log_in_page(complaint: Option<&str>) -> Markup {
    html! {
        h1 { "Log in" }
        (told(complaint))
        form method="post" action="/login" {
            (field("email", "E-mail address", "email", "email"))
            (field("password", "Password", "password", "current-password"))
            p { button { "Log in" } }
        }
    }
}

fn told(complaint: Option<&str>) -> Markup {
    html! {
        @if let Some(complaint) = complaint { p.complaint role="alert" { (complaint) } }
    }
}

/// Makes the workspace, its owner and its first project: all are there, or none is.
pub(crate) async fn sign_up(
    State(db): State<Database>,
    Form(form): Form<SignUp>,
) -> Result<Response, Failure> {
    let refused = |status: StatusCode, why: &str| {
        let page = page("Sign up", None, &sign_up_page(Some(why)));
        Ok((status, page).into_response())
    };
    let Some(key) = workspace_key(&form.workspace) else {
        return refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            "A name has 1 to 40 of a to z, 0 to 9 and -.",
        );
    };
    if !form.email.contains('@') || form.password.chars().count() < SHORTEST {
        return refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            "This needs an e-mail address, and a password of 10 characters.",
        );
    }
    let email = form.email.trim().to_lowercase();
    let hash = passwords::hash(form.password).await?;
    let new = NewTenant::new(&key);
    let made = db.tenants().create_with(new, async |tx| {
        let tenant = tx.reference();
        Project::insert(NewProject::new("First steps"))
            .execute(tx)
            .await?;
        let mut shared = tx.shared_mut();
        let user = User::insert(NewUser::new(email, hash))
            .returning(&mut shared)
            .await?;
        let membership = NewMembership::new(&user, tenant.prefix(), tenant.key().as_str());
        Membership::insert(membership).execute(&mut shared).await?;
        Ok(user)
    });
    match made.await {
        Ok((_, user)) => {
            let cookie = sessions::begin(&db, &user).await?;
            Ok(([(SET_COOKIE, cookie)], Redirect::to(&format!("/w/{key}"))).into_response())
        }
        Err(error) if error.is_tenant_exists() => {
            refused(StatusCode::CONFLICT, "There is a workspace of this name.")
        }
        Err(error) if error.is_unique() => {
            refused(StatusCode::CONFLICT, "This address has an account already.")
        }
        Err(error) => Err(error.into()),
    }
}

/// Keys are in lower case, as they stand in addresses.
fn workspace_key(name: &str) -> Option<TenantKey> {
    let allows = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (name.len() <= 40 && name.chars().all(allows))
        .then(|| TenantKey::new(name).ok())
        .flatten()
}

pub(crate) async fn log_in(
    State(db): State<Database>,
    Form(form): Form<LogIn>,
) -> Result<Response, Failure> {
    let email = form.email.trim().to_lowercase();
    let user = User::query()
        .filter(User::EMAIL.eq(email))
        .first(&mut db.shared())
        .await?;
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let is_right = passwords::is_right(form.password, hash).await;
    let Some(user) = user.filter(|_| is_right) else {
        let page = page(
            "Log in",
            None,
            &log_in_page(Some("E-mail address or password is wrong.")),
        );
        return Ok((StatusCode::UNAUTHORIZED, page).into_response());
    };
    let cookie = sessions::begin(&db, &user).await?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}

pub(crate) async fn log_out(
    State(db): State<Database>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let cookie = sessions::end(&db, &headers).await?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}
