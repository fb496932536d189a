//! The reasons why a request gets no tenant, and how it is answered.

use std::time::Duration;

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use super::status::{RETRY_SOON, status_of};
use crate::error::{Error, ErrorKind};

/// The reason why a request was refused by a [`Gate`](super::Gate).
///
/// The response has it among its [extensions](http::Response::extensions), so that a layer around the gate can answer in the application's
/// own way, as with a page or by leading to a log-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// It can't be told which tenant is meant: a name is malformed, or there is more than one `Host`.
    Malformed,
    /// The request names different tenants, as one by its host and another by a header.
    Ambiguous,
    /// The request names no tenant.
    Unnamed,
    /// There is no such tenant, or whoever asks is not to know of it.
    Unknown,
    /// Whoever asks is no member of the tenant.
    Stranger,
    /// The tenant is suspended.
    Suspended,
    /// The tenant is being created.
    BeingCreated,
    /// The tenant could not be looked up, or its members not: an error of this kind was logged.
    Failed(ErrorKind),
}

impl Refusal {
    /// The status that answers it.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Malformed | Self::Ambiguous => StatusCode::BAD_REQUEST,
            Self::Unnamed | Self::Unknown => StatusCode::NOT_FOUND,
            Self::Stranger | Self::Suspended => StatusCode::FORBIDDEN,
            Self::BeingCreated => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed(kind) => status_of(kind),
        }
    }

    /// Time after which the same request may be answered otherwise, if it may.
    pub fn retry_after(self) -> Option<Duration> {
        match self {
            Self::BeingCreated => Some(Duration::from_secs(2)),
            Self::Failed(_) if self.status() == StatusCode::SERVICE_UNAVAILABLE => Some(RETRY_SOON),
            _ => None,
        }
    }

    /// Words for whoever has asked.
    fn words(self) -> &'static str {
        match self {
            Self::Malformed => "the request does not say which site it is for",
            Self::Ambiguous => "the request is for more than one site",
            Self::Unnamed | Self::Unknown => "there is no such site",
            Self::Stranger => "you are no member here",
            Self::Suspended => "this site is suspended",
            Self::BeingCreated => "this site is being set up: come back in a moment",
            Self::Failed(_) if self.retry_after().is_some() => {
                "not available: come back in a moment"
            }
            Self::Failed(_) => "something went wrong",
        }
    }

    /// Returns the response: the status, when to come back, and a line of plain text.
    pub fn response<B: From<String>>(self) -> Response<B> {
        let mut response = Response::new(B::from(format!("{}\n", self.words())));
        *response.status_mut() = self.status();
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, text);
        if let Some(after) = self.retry_after() {
            let seconds = HeaderValue::from(after.as_secs());
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response.extensions_mut().insert(self);
        response
    }

    /// The refusal for an error of the registry or of the application, which is logged if it is the server's affair.
    pub(super) fn failed(error: &Error) -> Self {
        let refusal = if error.is_retryable() {
            Self::Failed(ErrorKind::Connection)
        } else {
            Self::Failed(error.kind())
        };
        if refusal.status().is_server_error() {
            tracing::error!(%error, "a request got no tenant");
        }
        refusal
    }
}
