//! The macros, with their documentation: the examples use the runtime, on which the crate of the macros cannot depend.

mod embedded;
mod models;
mod overlays;
mod rows;
mod tests;
mod views;

pub use embedded::Embedded;
pub use models::{Column, schema, shared_model, tenant_model};
pub use overlays::tenant_overlay;
pub use rows::{Row, new, sql};
pub use views::{shared_view, tenant_view};
