//! The host that a request is for.

use http::header::{AsHeaderName, HOST};
use http::request::Parts;

use super::domain::Domain;
use super::refusal::Refusal;

/// Where a proxy puts the host that it was asked for.
const FORWARDED_HOST: &str = "x-forwarded-host";

/// Returns the domain that a request is for; nothing if it is for an IP address, or does not say.
///
/// Where it says several, or what is no host, nobody can tell which of them the proxies on the way have gone by.
pub(super) fn host(parts: &Parts, is_forwarded: bool) -> Result<Option<Domain>, Refusal> {
    if is_forwarded && let Some(host) = header(parts, FORWARDED_HOST)? {
        return domain(host);
    }
    let named = header(parts, HOST)?.map(domain).transpose()?;
    let addressed = parts
        .uri
        .authority()
        .map(|authority| domain(authority.as_str()));
    match (named, addressed.transpose()?) {
        (Some(named), Some(addressed)) if named != addressed => Err(Refusal::Malformed),
        (named, addressed) => Ok(named.or(addressed).flatten()),
    }
}

/// Returns a header that stands in the request once, or not at all.
pub(super) fn header(parts: &Parts, name: impl AsHeaderName) -> Result<Option<&str>, Refusal> {
    let mut values = parts.headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            // Hosts may come as they are written, whatever the rules of headers say.
            let text = std::str::from_utf8(value.as_bytes());
            text.map(Some).map_err(|_| Refusal::Malformed)
        }
        (Some(_), Some(_)) => Err(Refusal::Malformed),
    }
}

/// Reads `host`, `host:port` or an IP address.
fn domain(text: &str) -> Result<Option<Domain>, Refusal> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']').ok_or(Refusal::Malformed)?;
        let _: std::net::Ipv6Addr = address.parse().map_err(|_| Refusal::Malformed)?;
        (None, port)
    } else {
        let colon = text.find(':').unwrap_or(text.len());
        let (host, port) = text.split_at(colon);
        (Some(host), port)
    };
    let port = port.strip_prefix(':').unwrap_or(port);
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit())
        && (port.is_empty() || port.parse::<u16>().is_ok());
    if !is_port {
        return Err(Refusal::Malformed);
    }
    let Some(host) = host else { return Ok(None) };
    if host.parse::<std::net::Ipv4Addr>().is_ok() {
        return Ok(None);
    }
    Domain::new(host).map(Some).map_err(|_| Refusal::Malformed)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn asked(
        uri: &str,
        headers: &[(&str, &str)],
        is_forwarded: bool,
    ) -> Result<Option<String>, Refusal> {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, value.as_bytes());
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        host(&parts, is_forwarded).map(|host| host.map(|host| host.to_string()))
    }

    #[test]
    fn a_host_is_read_in_all_its_spellings() {
        for spelling in [
            "acme.app.example",
            "ACME.App.Example",
            "acme.app.example.",
            "acme.app.example:8080",
            "acme.app.example.:443",
            "acme.app.example:",
        ] {
            let host = asked("/", &[("host", spelling)], false);
            assert_eq!(
                host.unwrap().as_deref(),
                Some("acme.app.example"),
                "{spelling}"
            );
        }
        let host = asked("/", &[("host", "müller.app.example")], false);
        assert_eq!(host.unwrap().as_deref(), Some("xn--mller-kva.app.example"));
        assert_eq!(
            asked("https://acme.app.example/a", &[], false)
                .unwrap()
                .as_deref(),
            Some("acme.app.example")
        );
    }

    #[test]
    fn an_address_is_no_domain() {
        for host in ["127.0.0.1", "127.0.0.1:3000", "[::1]", "[::1]:3000"] {
            assert_eq!(asked("/", &[("host", host)], false), Ok(None), "{host}");
        }
        assert_eq!(asked("/", &[], false), Ok(None));
    }

    #[test]
    fn a_host_that_can_be_read_in_two_ways_is_refused() {
        let refused = Err(Refusal::Malformed);
        for host in [
            "",
            " ",
            "a b.example",
            "a.example:port",
            "a.example:99999",
            "a.example:80:80",
            "a.example/b",
            "x@a.example",
            "a.example, b.example",
            "[::1",
            "[a.example]",
            "::1",
            "a..example",
            "127.1",
            "a\u{200b}.example:x",
        ] {
            assert_eq!(asked("/", &[("host", host)], false), refused, "{host:?}");
        }
        let twice = [("host", "a.example"), ("host", "b.example")];
        assert_eq!(asked("/", &twice, false), refused);
        assert_eq!(asked("https://b.example/", &twice[..1], false), refused);
        assert_eq!(asked("https://user@a.example/", &[], false), refused);
    }

    #[test]
    fn a_forwarded_host_counts_only_where_it_was_asked_for() {
        let headers = [("host", "a.example"), ("x-forwarded-host", "B.example:443")];
        assert_eq!(
            asked("/", &headers, false).unwrap().as_deref(),
            Some("a.example")
        );
        assert_eq!(
            asked("/", &headers, true).unwrap().as_deref(),
            Some("b.example")
        );
        assert_eq!(
            asked("/", &headers[..1], true).unwrap().as_deref(),
            Some("a.example")
        );
        let sent_by_the_visitor = [
            ("host", "a.example"),
            ("x-forwarded-host", "b.example, c.example"),
        ];
        assert_eq!(
            asked("/", &sent_by_the_visitor, true),
            Err(Refusal::Malformed)
        );
        let twice = [
            ("x-forwarded-host", "b.example"),
            ("x-forwarded-host", "b.example"),
        ];
        assert_eq!(asked("/", &twice, true), Err(Refusal::Malformed));
    }
}
