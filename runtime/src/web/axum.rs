//! Tenants as extractors, and errors as responses, of axum.

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::request::Parts;

use super::gate::{Admitted, PassedMark};
use super::refusal::Refusal;
use super::status::{RETRY_SOON, words_of};
use crate::error::{Error, ErrorKind};
use crate::tokio::TenantScope;

/// The tenant of a request, as a handler of axum takes it (feature `axum`).
///
/// The handler has to be behind a [`Gate`](super::Gate); otherwise it is not run, and the answer is 500. Behind a gate that lets
/// requests through without a tenant, `Option<Tenant>` is taken.
#[derive(Debug)]
pub struct Tenant(pub TenantScope);

impl<S: Sync> FromRequestParts<S> for Tenant {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let admitted = admitted(parts)?.ok_or(Refusal::Unnamed)?;
        Ok(Self(admitted.scope()))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Tenant {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Refusal> {
        Ok(admitted(parts)?.map(|admitted| Self(admitted.scope())))
    }
}

fn admitted(parts: &Parts) -> Result<Option<&Admitted>, Refusal> {
    let Some(PassedMark(admitted)) = parts.extensions.get() else {
        tracing::error!(
            path = parts.uri.path(),
            "a handler takes a tenant and is behind no gate\nhelp: put a `tenantry::web::Gate` around its route, as in `Router::layer`"
        );
        return Err(Refusal::Failed(ErrorKind::Configuration));
    };
    Ok(admitted.as_ref())
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.response()
    }
}

/// The error as problem details (RFC 9457): its [status](Error::http_status) and words for its kind. It names no row, table or tenant;
/// what is the server's affair is logged.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.http_status();
        if status.is_server_error() {
            tracing::error!(error = %self, "a request failed");
        }
        let title = if self.is_retryable() {
            "not available: come back in a moment"
        } else {
            words_of(self.kind())
        };
        let body = serde_json::json!({ "status": status.as_u16(), "title": title });
        let mut response = (status, body.to_string()).into_response();
        let json = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let seconds = HeaderValue::from(RETRY_SOON.as_secs());
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}
