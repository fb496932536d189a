//! Tenants of requests (feature `tower`, and `axum` with its extractor).
//!
//! A [`Resolver`] knows which places of a request name its tenant: the host, the path, a header, a claim. It makes a [`Gate`], a layer of
//! tower that lets a request in to its tenant if whoever asks is a member, and answers it otherwise. Behind the gate a handler takes the
//! tenant's scope, so that none can work in a tenant whose member its visitor is not.
//!
#![cfg_attr(feature = "axum", doc = "```no_run")]
#![cfg_attr(not(feature = "axum"), doc = "```ignore")]
//! # use tenantry::prelude::*;
//! use tenantry::tokio::Database;
//! use tenantry::web::{Domain, Resolver, Tenant};
//!
//! /// Somebody who works for a tenant.
//! #[tenant_model]
//! pub struct Member {
//!     #[field(key)]
//!     pub id: i64,
//!     pub email: String,
//!     #[field(unique)]
//!     pub session: Option<String>,
//! }
//!
//! /// What errors are, too: each has its status.
//! async fn count(Tenant(mut acme): Tenant) -> tenantry::Result<String> {
//!     Ok(format!("{} members", Member::query().count(&mut acme).await?))
//! }
//!
//! # async fn gate() -> tenantry::Result<tenantry::web::Gate> {
//! let db = Database::connect("postgres://app@localhost/app").await?;
//! let resolver = Resolver::new(&db).subdomains_of(Domain::new("app.example")?).reserved(&["www"]);
//! let gate = resolver.members(|request, mut tenant| async move {
//!     let Some(session) = request.headers.get("x-session").and_then(|it| it.to_str().ok()) else {
//!         return Ok(None);
//!     };
//!     let member = Member::query().filter(Member::SESSION.eq(session)).first(&mut tenant).await?;
//!     Ok(member.map(|member| member.id))
//! });
//! // axum::Router::new().route("/members", get(count)).layer(gate)
//! # Ok(gate)
//! # }
//! ```
//!
//! | the request | is answered with |
//! |---|---|
//! | has two `Host`s, or one that is no host, or names two tenants | 400 |
//! | names no tenant, or one that there is not | 404 |
//! | comes from somebody who is no member | 403, or 404 of a gate that [hides tenants](Gate::hides_tenants) |
//! | is for a tenant that is suspended | 403, or 404 likewise |
//! | is for a tenant that is being created in several steps | 503 with `Retry-After`, or 404 likewise |
//! | can't be decided, since the database is away | 503 with `Retry-After` |
//!
//! Which tenants there are is known as a [`Database`](crate::tokio::Database) knows it: a tenant that another process suspends may be served for
//! [`Options::registry_staleness`](crate::tokio::Options::registry_staleness) more.

#[cfg(feature = "axum")]
mod axum;
mod domain;
mod gate;
mod host;
mod known_domains;
mod layer;
mod refusal;
mod resolver;
mod source;
mod status;

#[cfg(feature = "axum")]
pub use self::axum::Tenant;
pub use self::domain::Domain;
pub use self::gate::{Admitted, Gate};
pub use self::layer::Gated;
pub use self::refusal::Refusal;
pub use self::resolver::Resolver;
