//! Forms of other sites, which browsers send with our cookies if nobody refuses them.

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Refuses requests that change something unless a page of ours has sent them.
///
/// Browsers tell that in `Sec-Fetch-Site`, which no script can set; those that don't, in `Origin`. The cookie is `SameSite` besides.
pub async fn same(request: Request, next: Next) -> Response {
    let changes = ![Method::GET, Method::HEAD].contains(request.method());
    if changes && !is_ours(request.headers()) {
        return (StatusCode::FORBIDDEN, "this form is not from here\n").into_response();
    }
    next.run(request).await
}

fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let origin = text(ORIGIN.as_str()).and_then(|origin| origin.split_once("://"));
    matches!((origin, text(HOST.as_str())), (Some((_, from)), Some(host)) if from == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_ours_change_something() {
        let asked = |headers: &[(&'static str, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| {
                (
                    name.parse().expect("a name"),
                    value.parse().expect("a value"),
                )
            });
            is_ours(&headers.collect())
        };
        assert!(asked(&[("sec-fetch-site", "same-origin")]));
        assert!(asked(&[
            ("origin", "http://localhost:3000"),
            ("host", "localhost:3000")
        ]));
        for headers in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            &[
                ("sec-fetch-site", "same-site"),
                ("origin", "http://a.example"),
                ("host", "a.example"),
            ],
            &[("sec-fetch-site", "none")],
            &[("origin", "null"), ("host", "localhost:3000")],
            &[
                ("origin", "http://evil.example"),
                ("host", "localhost:3000"),
            ],
            &[("host", "localhost:3000")],
        ] {
            assert!(!asked(headers), "{headers:?}");
        }
    }
}
