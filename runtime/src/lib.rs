//! Schema-per-tenant PostgreSQL for Rust.

#[doc(hidden)]
pub mod __private;
mod error;
pub mod model;
pub mod name;
#[cfg(feature = "testing")]
pub mod testing;
pub mod value;

pub use error::{Error, ErrorKind, Result};
pub use model::{Column, Fk, Model};
pub use name::{NameError, NameReason, SchemaName, TenantKey};
pub use value::Json;
