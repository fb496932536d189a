//! What the integration tests share.

pub mod bouncer;
pub mod shop;
pub mod tables;
