//! The pages, and how errors look.

pub(crate) mod account;
pub(crate) mod layout;
pub(crate) mod operator;
pub(crate) mod workspace;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tenantry::web::Refusal;

/// An error, as a visitor sees it: what it means, and nothing of rows.
#[derive(Debug)]
pub(crate) struct Failure(StatusCode);

impl From<tenantry::Error> for Failure {
    fn from(error: tenantry::Error) -> Self {
        let status = error.http_status();
        if status.is_server_error() {
            tracing::error!(%error, "a page failed");
        }
        Self(status)
    }
}

impl From<argon2::password_hash::Error> for Failure {
    fn from(error: argon2::password_hash::Error) -> Self {
        tracing::error!(%error, "a password could not be hashed");
        Self(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (title, text) = match self.0 {
            StatusCode::NOT_FOUND => ("Not found", "There is no such page."),
            StatusCode::FORBIDDEN => ("Suspended", "This workspace is suspended."),
            StatusCode::CONFLICT => (
                "There is one already",
                "Choose another name, or look at what is there.",
            ),
            StatusCode::UNPROCESSABLE_ENTITY => (
                "That does not fit",
                "It is too long, or something is missing.",
            ),
            StatusCode::SERVICE_UNAVAILABLE => ("In a moment", "This is not available: try again."),
            _ => ("Something went wrong", "It was noted down."),
        };
        layout::message(self.0, title, text)
    }
}

/// Gives the gate's refusals the look of the other pages.
pub(crate) async fn refused(response: Response) -> Response {
    match response.extensions().get::<Refusal>() {
        Some(refusal) => Failure(refusal.status()).into_response(),
        None => response,
    }
}
