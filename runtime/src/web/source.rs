//! The places of a request that can name a tenant.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use http::HeaderName;
use http::request::Parts;
use percent_encoding::percent_decode_str;

use super::domain::Domain;
use super::host::{header, host};
use super::known_domains::KnownDomains;
use super::refusal::Refusal;
use crate::error::Result;
use crate::name::TenantKey;
use crate::tokio::Database;
use crate::tokio::SharedScope;

/// A future that a function of the application makes.
pub(super) type AppFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Has the application tell the tenant of a domain.
pub(super) type AskDomain =
    dyn Fn(Domain, SharedScope) -> AppFuture<Result<Option<TenantKey>>> + Send + Sync;

/// Has the application tell the tenant that a request claims.
pub(super) type Claim = dyn Fn(&Parts) -> Result<Option<TenantKey>> + Send + Sync;

/// A place of a request that can name a tenant.
#[derive(Clone)]
pub(super) enum KeySource {
    Path(Box<str>),
    Header(HeaderName),
    Claim(Arc<Claim>),
}

impl KeySource {
    /// Returns the tenant that this place of a request names, if it names one.
    pub(super) fn named(&self, parts: &Parts) -> Result<Option<TenantKey>, Refusal> {
        match self {
            Self::Path(prefix) => in_path(parts.uri.path(), prefix),
            Self::Header(name) => header(parts, name)?.map(key).transpose(),
            Self::Claim(claim) => claim(parts).map_err(|error| Refusal::failed(&error)),
        }
    }
}

/// A name that no tenant can have is that of none.
fn key(name: &str) -> Result<TenantKey, Refusal> {
    TenantKey::new(name).map_err(|_| Refusal::Unknown)
}

fn in_path(path: &str, prefix: &str) -> Result<Option<TenantKey>, Refusal> {
    let Some(rest) = path.strip_prefix(prefix) else {
        return Ok(None);
    };
    // Behind `/t`, `/tenants` names nobody.
    let Some(rest) = rest.strip_prefix('/') else {
        return Ok(None);
    };
    match rest.split('/').next().unwrap_or_default() {
        "" => Ok(None),
        name => {
            let name = percent_decode_str(name).decode_utf8();
            key(&name.map_err(|_| Refusal::Unknown)?).map(Some)
        }
    }
}

/// The hosts at which tenants are.
#[derive(Clone, Default)]
pub(super) struct Hosts {
    pub(super) bases: Vec<Domain>,
    pub(super) reserved: BTreeSet<String>,
    pub(super) ask: Option<Arc<AskDomain>>,
    pub(super) is_forwarded: bool,
}

impl Hosts {
    /// Returns the tenant that a request's host names. The host of a base, and reserved ones below it, name none; any other is one of
    /// a tenant, or not ours.
    pub(super) async fn named(
        &self,
        parts: &Parts,
        db: &Database,
        known: &KnownDomains,
    ) -> Result<Option<TenantKey>, Refusal> {
        if self.bases.is_empty() && self.ask.is_none() {
            return Ok(None);
        }
        let Some(host) = host(parts, self.is_forwarded)? else {
            return Err(Refusal::Unknown);
        };
        // Of bases one of which is below another, the longest counts.
        let below = self.bases.iter().filter_map(|base| host.below(base));
        match below.min_by_key(|front| front.len()) {
            Some("") => return Ok(None),
            Some(label) if self.reserved.contains(label) => return Ok(None),
            Some(label) if label.contains('.') => return Err(Refusal::Unknown),
            Some(label) => return key(label).map(Some),
            None => {}
        }
        let Some(ask) = &self.ask else {
            return Err(Refusal::Unknown);
        };
        if let Some(key) = known.get(&host) {
            return Ok(Some(key));
        }
        let at = Instant::now();
        match ask(host.clone(), db.shared()).await {
            Ok(Some(key)) => {
                known.put(host, key.clone(), at);
                Ok(Some(key))
            }
            Ok(None) => Err(Refusal::Unknown),
            Err(error) => Err(Refusal::failed(&error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_tenant_by_its_whole_part_behind_the_prefix() {
        let named = |path: &str, prefix: &str| {
            in_path(path, prefix).map(|key| key.map(|key| key.to_string()))
        };
        assert_eq!(named("/t/acme/projects", "/t"), Ok(Some("acme".to_owned())));
        assert_eq!(named("/t/acme", "/t"), Ok(Some("acme".to_owned())));
        assert_eq!(named("/t/ac%6De", "/t"), Ok(Some("acme".to_owned())));
        assert_eq!(named("/acme/projects", ""), Ok(Some("acme".to_owned())));
        for path in [
            "/",
            "/t",
            "/t/",
            "/t//acme",
            "/tt/acme",
            "/T/acme",
            "/x/t/acme",
        ] {
            assert_eq!(named(path, "/t"), Ok(None), "{path}");
        }
        for path in ["/t/o'brien", "/t/a%2Fb", "/t/%00", "/t/%ff", "/t/a%20b"] {
            assert_eq!(named(path, "/t"), Err(Refusal::Unknown), "{path}");
        }
    }
}
