//! Who is let in to the tenant of a request.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use http::Extensions;
use http::request::Parts;

use super::refusal::Refusal;
use super::resolver::Resolver;
use super::source::AppFuture;
use super::status::status_of;
use crate::error::{ErrorKind, Result};
use crate::name::TenantKey;
use crate::place::TenantPlace;
use crate::tokio::{Database, TenantScope};

/// Puts what is known of a member into a request.
type Enter = Box<dyn FnOnce(&mut Extensions) + Send>;

/// Has the application tell whether a request is a member's.
type AskMember = dyn Fn(Arc<Parts>, TenantScope) -> AppFuture<Result<Option<Enter>>> + Send + Sync;

/// A layer that lets a request through to its tenant, or answers it with a [`Refusal`]. Made by [`Resolver::members`] and [`Resolver::anyone`].
///
/// It is a [`tower::Layer`](tower_layer::Layer): put it around the routes that are a tenant's. Behind it a handler takes the tenant's scope,
/// which it can't have in another way, as `Tenant` (feature `axum`) or by [`Admitted`].
#[derive(Clone)]
pub struct Gate {
    resolver: Arc<Resolver>,
    members: Option<Arc<AskMember>>,
    is_hiding: bool,
    is_optional: bool,
}

impl Gate {
    pub(super) fn new(resolver: Resolver, members: Option<Arc<AskMember>>) -> Self {
        Self {
            resolver: Arc::new(resolver),
            members,
            is_hiding: false,
            is_optional: false,
        }
    }

    /// Returns the application's function in the form in which a gate asks it.
    pub(super) fn asking<M, F>(
        ask: impl Fn(Arc<Parts>, TenantScope) -> F + Send + Sync + 'static,
    ) -> Arc<AskMember>
    where
        M: Clone + Send + Sync + 'static,
        F: Future<Output = Result<Option<M>>> + Send + 'static,
    {
        Arc::new(move |parts, scope| {
            let member = ask(parts, scope);
            Box::pin(async move {
                let member = member.await?;
                Ok(member.map(|member| -> Enter {
                    Box::new(move |extensions| {
                        extensions.insert(member);
                    })
                }))
            })
        })
    }

    /// Answers who is no member as if there were no such tenant, with 404, so that nobody finds out which tenants there are.
    ///
    /// The same goes for tenants that are suspended or being created, and for requests over which the application's function fails, as by
    /// a value that is not valid.
    pub fn hides_tenants(mut self) -> Self {
        self.is_hiding = true;
        self
    }

    /// Lets requests through that name no tenant, such as those for the pages of the base domain. A handler takes `Option<Tenant>` then.
    ///
    /// A request that names a tenant is refused as ever if it is not let in.
    pub fn or_no_tenant(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// Lets a request in, or tells why not.
    pub(super) async fn admit(&self, mut parts: Parts) -> Result<Parts, Refusal> {
        // Whatever an outer gate has let in is not this one's.
        parts.extensions.remove::<PassedMark>();
        match self.passed(parts).await {
            Err(Refusal::Stranger | Refusal::Suspended | Refusal::BeingCreated)
                if self.is_hiding =>
            {
                Err(Refusal::Unknown)
            }
            // Of a tenant that there is not, the application's function is never asked.
            Err(Refusal::Failed(kind)) if self.is_hiding && status_of(kind).is_client_error() => {
                Err(Refusal::Unknown)
            }
            outcome => outcome,
        }
    }

    async fn passed(&self, mut parts: Parts) -> Result<Parts, Refusal> {
        let Some(scope) = self.resolver.scope(&parts).await? else {
            if !self.is_optional {
                return Err(Refusal::Unnamed);
            }
            parts.extensions.insert(PassedMark(None));
            return Ok(parts);
        };
        let admitted = Admitted {
            db: self.resolver.db().clone(),
            place: scope.tenant_place().clone(),
        };
        if let Some(ask) = &self.members {
            let request = Arc::new(parts);
            let enter = ask(Arc::clone(&request), scope).await;
            let enter = enter.map_err(|error| match error.kind() {
                // The row that makes a member was asked for by `one`.
                ErrorKind::NotFound => Refusal::Stranger,
                _ => Refusal::failed(&error),
            })?;
            let enter = enter.ok_or(Refusal::Stranger)?;
            // The function may have kept the request.
            parts = Arc::unwrap_or_clone(request);
            enter(&mut parts.extensions);
        }
        parts.extensions.insert(PassedMark(Some(admitted)));
        Ok(parts)
    }
}

impl Resolver {
    /// Returns a gate that lets in whom the application tells to be a member of the tenant.
    ///
    /// The function is given the request, without its body, and the tenant's scope. What it returns is put into the request's extensions, for handlers to
    /// take it; `None` refuses the request with 403, and so does
    /// the error [`NotFound`](crate::ErrorKind::NotFound) of a row that was asked for.
    ///
    /// ```no_run
    /// # use tenantry::prelude::*;
    /// # use tenantry::tokio::Database;
    /// # use tenantry::web::{Domain, Gate, Resolver};
    /// # #[tenant_model]
    /// # pub struct Session { #[field(key)] pub id: i64, #[field(unique)] pub token: String, pub user: String }
    /// /// Whoever is logged in.
    /// #[derive(Clone)]
    /// struct User(String);
    ///
    /// # fn gate(db: &Database) -> tenantry::Result<Gate> {
    /// let resolver = Resolver::new(db).subdomains_of(Domain::new("app.example")?);
    /// let gate = resolver.members(|request, mut tenant| async move {
    ///     let Some(token) = request.headers.get("x-session").and_then(|it| it.to_str().ok()) else {
    ///         return Ok(None);
    ///     };
    ///     let session = Session::query().filter(Session::TOKEN.eq(token));
    ///     let session = session.first(&mut tenant).await?;
    ///     Ok(session.map(|session| User(session.user.clone())))
    /// });
    /// # Ok(gate)
    /// # }
    /// ```
    pub fn members<M, F>(
        self,
        ask: impl Fn(Arc<Parts>, TenantScope) -> F + Send + Sync + 'static,
    ) -> Gate
    where
        M: Clone + Send + Sync + 'static,
        F: Future<Output = Result<Option<M>>> + Send + 'static,
    {
        Gate::new(self, Some(Gate::asking(ask)))
    }

    /// Returns a gate that lets everybody in, as for a tenant's public pages and its log-in.
    pub fn anyone(self) -> Gate {
        Gate::new(self, None)
    }
}

/// A mark of requests that a gate has let through, with or without a tenant.
#[derive(Clone)]
pub(super) struct PassedMark(pub(super) Option<Admitted>);

/// The tenant to which a [`Gate`] has let a request in.
#[derive(Clone)]
pub struct Admitted {
    db: Database,
    place: TenantPlace,
}

impl Admitted {
    /// Returns the tenant of a request that came through a gate.
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get::<PassedMark>()?.0.as_ref()
    }

    /// The tenant's key.
    pub fn key(&self) -> &TenantKey {
        &self.place.key
    }

    /// Opens a scope of the tenant. It takes a connection when something is sent.
    pub fn scope(&self) -> TenantScope {
        self.db.open(self.place.clone())
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("resolver", &self.resolver)
            .field("asks_members", &self.members.is_some())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Admitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admitted")
            .field("key", self.key())
            .finish_non_exhaustive()
    }
}
