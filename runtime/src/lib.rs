//! Schema-per-tenant PostgreSQL for Rust.
//!
//! One database, one schema for each tenant, one shared schema. A struct says once where its table lives, and the
//! compiler, the queries, the migrations and the operations follow from that.
//!
//! # Models
//!
//! [`#[shared_model]`](macro@shared_model) and [`#[tenant_model]`](macro@tenant_model) make a struct a table, with typed
//! [columns](struct@Column) and a `New…` struct for its inserts; [`#[derive(Column)]`](derive@Column) makes enums and newtypes
//! fields; [`schema!`] lists all models of an application.
//!
//! ```
//! use tenantry::prelude::*;
//!
//! /// A plan to subscribe to.
//! #[shared_model]
//! pub struct Plan {
//!     #[field(key)]
//!     pub id: i64,
//!     #[field(unique, max_length = 40)]
//!     pub code: String,
//! }
//!
//! /// Somebody who pays.
//! #[tenant_model(index(plan, name))]
//! pub struct Customer {
//!     #[field(key)]
//!     pub id: i64,
//!     pub name: String,
//!     pub plan: Fk<Plan>,
//! }
//!
//! tenantry::schema! {
//!     /// Every model of this application.
//!     pub static SCHEMA = [Plan, Customer];
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! assert_eq!(SCHEMA.models()?.len(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! # Scopes and queries
//!
//! A [`Database`] opens a [`TenantScope`], which has one tenant selected and reads shared rows too, or a
//! [`SharedScope`]. Queries are values that the trait [`Queries`] makes; a scope is given to their last method.
//!
//! ```no_run
//! # use tenantry::prelude::*;
//! # #[shared_model]
//! # pub struct Plan { #[field(key)] pub id: i64, pub code: String }
//! # #[tenant_model]
//! # pub struct Customer { #[field(key)] pub id: i64, pub name: String, #[field(inverse = "customers")] pub plan: Fk<Plan> }
//! # fn main() -> tenantry::Result<()> {
//! let db = Database::connect("postgres://app@localhost/app")?;
//! let mut acme = db.tenant(&TenantKey::new("acme")?)?;
//! let pro = Plan::query().filter(Plan::CODE.eq("pro")).one(&mut acme)?;
//! let mut ann = Customer::insert(NewCustomer::new("Ann", &pro)).returning(&mut acme)?;
//! ann.name = "Anna".to_owned();
//! ann.save(&mut acme)?;
//! let customers = pro.related(Plan::CUSTOMERS).order_by(Customer::NAME.asc()).all(&mut acme)?;
//! acme.transaction(|tx| Customer::delete_where(Customer::NAME.starts_with("A")).execute(tx))?;
//! # drop(customers);
//! # Ok(())
//! # }
//! ```
//!
//! # Tenants and migrations
//!
//! [`Database::tenants`] is the registry; [`Database::migrator`] brings the shared schema and every tenant to where a
//! [chain](migrate::Chain) of SQL files leads. An application gets both as commands with a binary of three lines.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `cli` | yes | the `manage` commands |
//! | `jiff` | yes | times and dates as `jiff` types |
//! | `decimal` | yes | `NUMERIC` as `rust_decimal::Decimal` |
//! | `uuid` | yes | `UUID` as `uuid::Uuid` |
//! | `chrono`, `time` | no | times and dates as types of these crates |
//! | `serde` | no | serde's traits for the types of these crates |
//! | `testing` | no | a development server, and a database for each test |
//! | `tls` | no | TLS as an address asks for it, by `rustls` |
//! | `tokio` | no | databases, scopes and transactions for asynchronous programs |
//! | `tower` | no | which tenant a request is for, and a layer that lets members in |
//! | `axum` | no | the same as an extractor of axum, and errors as its responses |
//! | `download` | no | a fetched server where none is installed |
//!
//! # Types of other crates
//!
//! Fields, errors and connections are of types of other crates: of `jiff`, `chrono`, `time`, `rust_decimal` and `uuid` by feature, of
//! `serde_json`, and of the driver, `postgres`. These crates are re-exported, so that an application can name the very version that
//! is used here, and they are part of the surface: a new incompatible version of one is a new incompatible version
//! of tenantry. Compatible versions are the application's to choose. No other crate's types are in the surface, but for
//! the traits of `serde`, where an application writes a [`Scalar`](value::Scalar) by hand, `bytes`, of rows that a task asks for the trait
//! `Stream` of `futures-core`, and of requests the types of `http` 1 and the traits of `tower` and `axum` 0.8, by feature.
//!
//! [`TenantKey`], [`SchemaName`], [`Fk`], [`Json`], and what is told of tenants and migrations always implement serde's traits.
//! A [`Stored`] row serialises as the row that it holds. It can't be deserialised: whoever sent the text would say whose row it
//! is. Load the row and assign what was sent; then the tenant is the scope's, and only what has changed is written:
//!
//! ```no_run
//! # use tenantry::prelude::*;
//! # #[tenant_model]
//! # #[derive(serde::Deserialize)]
//! # pub struct Note { #[field(key)] pub id: i64, pub text: String }
//! # fn update(acme: &mut TenantScope, sent: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let sent: Note = serde_json::from_str(sent)?;
//! let mut note = Note::find(sent.id).one(acme)?;
//! *note = sent;
//! note.save(acme)?;
//! # Ok(())
//! # }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
pub mod __private;
pub mod across;
mod address;
mod alike;
mod bookkeeping;
#[cfg(feature = "cli")]
mod cli;
pub mod config;
mod duration;
mod error;
pub mod exec;
mod hash;
#[cfg(feature = "cli")]
mod inspect;
mod macros;
pub mod migrate;
pub mod model;
pub mod name;
mod place;
pub mod prelude;
pub mod query;
mod random;
pub mod scope;
mod size;
pub mod structure;
pub mod tenant;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "tokio")]
pub mod tokio;
pub mod value;
#[cfg(feature = "tower")]
pub mod web;

pub use address::Address;
#[cfg(feature = "cli")]
pub use cli::{Manage, manage, manage_with};
pub use error::{Error, ErrorKind, Result, Violation};
pub use macros::{
    Column, Embedded, Row, new, schema, shared_model, shared_view, sql, tenant_model,
    tenant_overlay, tenant_view,
};
pub use model::{Column, Embedded, Fk, Model};
pub use name::{NameError, NameReason, SchemaName, TenantKey};
pub use query::{Queries, Query, Stored};
pub use scope::{Database, SharedScope, TenantScope};
pub use value::Json;

#[cfg(feature = "chrono")]
pub use chrono;
#[cfg(feature = "jiff")]
pub use jiff;
pub use postgres;
#[cfg(feature = "decimal")]
pub use rust_decimal;
pub use serde_json;
#[cfg(feature = "time")]
pub use time;
#[cfg(feature = "uuid")]
pub use uuid;

/// The README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[allow(dead_code, reason = "only its documentation matters")]
struct Readme;
