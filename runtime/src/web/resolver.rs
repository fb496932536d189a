//! Which tenant a request is for.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use http::HeaderName;
use http::request::Parts;

use super::domain::Domain;
use super::known_domains::KnownDomains;
use super::refusal::Refusal;
use super::source::{Hosts, KeySource};
use crate::error::{ErrorKind, Result};
use crate::name::TenantKey;
use crate::tenant::TenantState;
use crate::tokio::{Database, SharedScope, TenantScope};

/// The places of a request that name its tenant.
///
/// All of them are looked at, and those that name a tenant have to name the same one: a request for one tenant's host with another's
/// header is refused. There is no default tenant. A resolver lets nobody in: it makes a [`Gate`](super::Gate) when it is said
/// [who is let in](Self::members).
#[derive(Clone)]
pub struct Resolver {
    db: Database,
    hosts: Hosts,
    sources: Vec<KeySource>,
    known: Arc<KnownDomains>,
}

impl Resolver {
    /// Makes a resolver that finds no tenant yet.
    pub fn new(db: &Database) -> Self {
        Self {
            db: db.clone(),
            hosts: Hosts::default(),
            sources: Vec::new(),
            known: Arc::new(KnownDomains::new(db.registry_staleness())),
        }
    }

    /// Has the label in front of a domain name the tenant: `acme.app.example` is `acme`'s.
    ///
    /// The domain itself names no tenant. Labels are compared in lower case, as browsers send them: give tenants keys in lower case.
    pub fn subdomains_of(mut self, base: Domain) -> Self {
        self.hosts.bases.push(base);
        self
    }

    /// Has labels in front of the domains of [`subdomains_of`](Self::subdomains_of) name no tenant, as in `www.app.example`.
    ///
    /// A tenant with such a key can't be reached by its host: refuse these at the sign-up.
    pub fn reserved<S: AsRef<str>>(mut self, labels: &[S]) -> Self {
        let labels = labels.iter().map(|label| spelt(label.as_ref()));
        self.hosts.reserved.extend(labels);
        self
    }

    /// Has the application tell the tenant of each other domain, as from a table of its shared models.
    ///
    /// An answer counts for [`Options::registry_staleness`](crate::tokio::Options::registry_staleness).
    ///
    /// ```no_run
    /// # use tenantry::prelude::*;
    /// # use tenantry::tokio::Database;
    /// use tenantry::web::Resolver;
    ///
    /// /// A domain that a tenant has brought along.
    /// #[shared_model]
    /// pub struct CustomDomain {
    ///     #[field(key)]
    ///     pub id: i64,
    ///     /// As `web::Domain` spells it.
    ///     #[field(unique)]
    ///     pub domain: String,
    ///     pub tenant: String,
    /// }
    ///
    /// # fn resolver(db: &Database) -> Resolver {
    /// Resolver::new(db).domains(|domain, mut shared| async move {
    ///     let found = CustomDomain::query().filter(CustomDomain::DOMAIN.eq(domain.as_str()));
    ///     let found = found.first(&mut shared).await?;
    ///     Ok(found.map(|found| TenantKey::new(&found.tenant)).transpose()?)
    /// })
    /// # }
    /// ```
    pub fn domains<F>(
        mut self,
        ask: impl Fn(Domain, SharedScope) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Option<TenantKey>>> + Send + 'static,
    {
        self.hosts.ask = Some(Arc::new(move |domain, shared| {
            Box::pin(ask(domain, shared))
        }));
        self
    }

    /// Has `X-Forwarded-Host` count instead of `Host` where it is present.
    ///
    /// Only for a program that nobody reaches but through a proxy which sets that header, and throws away what visitors sent in it. Otherwise
    /// whoever asks chooses the host.
    pub fn trust_forwarded_host(mut self) -> Self {
        self.hosts.is_forwarded = true;
        self
    }

    /// Has the part of the path behind a prefix name the tenant: with `/t`, `/t/acme/projects` is `acme`'s; with an empty one, `/acme/projects`.
    ///
    /// The gate has to be put around the router that has the prefix: a router that is nested in it sees the rest of the path only.
    pub fn path(mut self, prefix: &str) -> Self {
        let prefix = match prefix.trim_matches('/') {
            "" => String::new(),
            prefix => format!("/{prefix}"),
        };
        self.sources.push(KeySource::Path(prefix.into()));
        self
    }

    /// Has a header name the tenant.
    pub fn header(mut self, name: HeaderName) -> Self {
        self.sources.push(KeySource::Header(name));
        self
    }

    /// Has a function name the tenant, as from the claims of a token that an outer layer has verified and put into the extensions.
    ///
    /// `Ok(None)` is for requests that name none. Of a claim that can't be trusted or read, return the error: then the request is refused.
    pub fn claim(
        mut self,
        claim: impl Fn(&Parts) -> Result<Option<TenantKey>> + Send + Sync + 'static,
    ) -> Self {
        self.sources.push(KeySource::Claim(Arc::new(claim)));
        self
    }

    pub(super) fn db(&self) -> &Database {
        &self.db
    }

    /// Returns the scope of the tenant that a request is for, or nothing if it names none.
    pub(super) async fn scope(&self, parts: &Parts) -> Result<Option<TenantScope>, Refusal> {
        let mut named = self.hosts.named(parts, &self.db, &self.known).await?;
        for source in &self.sources {
            match (&named, source.named(parts)?) {
                (Some(first), Some(other)) if *first != other => return Err(Refusal::Ambiguous),
                (None, other) => named = other,
                _ => {}
            }
        }
        match named {
            Some(key) => self.open(&key).await.map(Some),
            None => Ok(None),
        }
    }

    async fn open(&self, key: &TenantKey) -> Result<TenantScope, Refusal> {
        let error = match self.db.tenant(key).await {
            Ok(scope) => return Ok(scope),
            Err(error) => error,
        };
        let refusal = match error.kind() {
            ErrorKind::UnknownTenant => {
                let being_created = self.db.is_being_created(key).await;
                being_created.map(|it| {
                    if it {
                        Refusal::BeingCreated
                    } else {
                        Refusal::Unknown
                    }
                })
            }
            ErrorKind::TenantState => {
                self.db
                    .tenants()
                    .get(key)
                    .await
                    .map(|tenant| match tenant.state() {
                        TenantState::Suspended => Refusal::Suspended,
                        // It was resumed just now.
                        TenantState::Active => Refusal::Failed(ErrorKind::Serialization),
                        // Neither a visitor's affair.
                        TenantState::Standby | TenantState::Dropping => Refusal::Unknown,
                    })
            }
            _ => Err(error),
        };
        Err(refusal.unwrap_or_else(|error| match error.kind() {
            ErrorKind::UnknownTenant => Refusal::Unknown,
            _ => Refusal::failed(&error),
        }))
    }
}

/// Spells a label as hosts are. One that is no domain, such as a number, has no other spelling.
fn spelt(label: &str) -> String {
    Domain::new(label).map_or_else(|_| label.to_ascii_lowercase(), |it| it.as_str().to_owned())
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver")
            .field("bases", &self.hosts.bases)
            .finish_non_exhaustive()
    }
}
