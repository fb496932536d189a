//! One program serves tenants on both sides of a migration: the fields that say since or until which one.

mod common;
mod reads;
