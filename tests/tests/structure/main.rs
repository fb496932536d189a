//! The structure of schemas: what a diff says is what leads from one to the other.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first surprise, in its helpers too"
)]

mod algebra;
mod alone;
mod drift;
mod generate;
mod live;
mod models;
mod objects;
