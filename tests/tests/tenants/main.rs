//! The life of a tenant: create, open, suspend, rename, drop.

mod create;
mod crowded;
mod drop;
mod life;
