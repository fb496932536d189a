//! Who is logged in.

use std::fmt::Write as _;
use std::time::Duration;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HeaderValue};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use sha2::{Digest as _, Sha256};
use tenantry::prelude::*;
use tenantry::tokio::Database;
use uuid::Uuid;

use crate::models::{NewSession, Session, User};

const COOKIE_NAME: &str = "session";

/// How long somebody stays logged in.
const LASTS: Duration = Duration::from_hours(24 * 14);

/// Whoever is logged in, as handlers and the gate find it in the request.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The user's number.
    pub id: i64,
    /// The address that the user logs in with.
    pub email: String,
    /// Whether the user runs the whole service.
    pub is_operator: bool,
}

/// Finds out who is logged in, for whatever is behind this layer.
///
/// # Errors
///
/// When the database can't be asked.
pub async fn identify(
    State(db): State<Database>,
    mut request: Request,
    next: Next,
) -> Result<Response, tenantry::Error> {
    if let Some(token) = token(request.headers()) {
        let mut shared = db.shared();
        let session = Session::query()
            .filter(Session::TOKEN_HASH.eq(checksum(token)))
            .filter(Session::EXPIRES_AT.gt(Timestamp::now()));
        if let Some((_, user)) = session.join(Session::USER).first(&mut shared).await? {
            request.extensions_mut().insert(Visitor {
                id: user.id,
                email: user.email.clone(),
                is_operator: user.is_operator,
            });
        }
    }
    Ok(next.run(request).await)
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Redirect;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Redirect> {
        parts
            .extensions
            .get()
            .cloned()
            .ok_or(Redirect::to("/login"))
    }
}

/// Leads those who are not logged in to the log-in.
pub async fn require(request: Request, next: Next) -> Response {
    if request.extensions().get::<Visitor>().is_none() {
        return Redirect::to("/login").into_response();
    }
    next.run(request).await
}

/// Logs a user in, and returns the header that tells the browser.
///
/// # Errors
///
/// When the database refuses.
pub async fn begin(db: &Database, user: &Stored<User>) -> Result<HeaderValue, tenantry::Error> {
    // Random numbers of the system's, 244 bits of them.
    let token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let expires = Timestamp::now() + LASTS;
    let mut shared = db.shared();
    Session::delete_where(Session::EXPIRES_AT.le(Timestamp::now()))
        .execute(&mut shared)
        .await?;
    let session = NewSession::new(checksum(&token), user, expires);
    Session::insert(session).execute(&mut shared).await?;
    Ok(cookie(&token, LASTS))
}

/// Logs out, and returns the header that tells the browser.
///
/// # Errors
///
/// When the database refuses.
pub async fn end(db: &Database, headers: &HeaderMap) -> Result<HeaderValue, tenantry::Error> {
    if let Some(token) = token(headers) {
        let ours = Session::TOKEN_HASH.eq(checksum(token));
        Session::delete_where(ours)
            .execute(&mut db.shared())
            .await?;
    }
    Ok(cookie("", Duration::ZERO))
}

/// No script reads it, and no other site has it sent along with a form. Behind TLS it would be `Secure`, too.
fn cookie(token: &str, lasts: Duration) -> HeaderValue {
    let seconds = lasts.as_secs();
    let cookie =
        format!("{COOKIE_NAME}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}");
    HeaderValue::from_str(&cookie).expect("hexadecimal digits")
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split("; "));
    pairs.find_map(|pair| pair.strip_prefix(COOKIE_NAME)?.strip_prefix('='))
}

fn checksum(token: &str) -> String {
    Sha256::digest(token)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
