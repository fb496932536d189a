//! Schema-per-tenant PostgreSQL for Rust.

#[doc(hidden)]
pub mod __private;
mod bookkeeping;
mod error;
pub mod exec;
pub mod migrate;
pub mod model;
pub mod name;
pub mod prelude;
pub mod query;
pub mod scope;
pub mod structure;
pub mod tenant;
#[cfg(feature = "testing")]
pub mod testing;
pub mod value;

pub use error::{Error, ErrorKind, Result};
pub use model::{Column, Fk, Model};
pub use name::{NameError, NameReason, SchemaName, TenantKey};
pub use query::{Query, Stored};
pub use scope::{Database, SharedScope, TenantScope};
pub use tenantry_macros::{Column, schema, shared_model, sql, tenant_model};
pub use value::Json;
