//! The life of a tenant: create, open, suspend, rename, drop.

mod create;
mod drop;
mod life;
