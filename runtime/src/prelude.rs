//! Names that an application's code uses all the time: `use tenantry::prelude::*`.
//!
//! It has no `Result` and no `Error`, so that it shadows nothing.

pub use crate::model::{Fk, Model, SharedSchema, TenantSchema};
#[doc(hidden)]
pub use crate::query::LikeStored as _;
#[doc(no_inline)]
pub use crate::query::expr::{
    Aggregates as _, Compare as _, Convert as _, Documents as _, Numbers as _, Texts as _,
    Times as _, Tuples as _, Windows as _,
};
pub use crate::query::{
    Arrays as _, Orders as _, Queries, Query, Ranges as _, Relation as _, Stored, Subqueries as _,
};
pub use crate::scope::{Database, SharedScope, TenantScope};
pub use crate::value::Json;
pub use crate::{
    Column, Embedded, Row, SchemaName, TenantKey, new, shared_model, shared_view, sql,
    tenant_model, tenant_overlay, tenant_view,
};
#[cfg(feature = "jiff")]
pub use jiff::{Timestamp, civil::Date};
#[cfg(feature = "decimal")]
pub use rust_decimal::Decimal;
#[cfg(feature = "uuid")]
pub use uuid::Uuid;
