//! What the integration tests share.

pub mod bouncer;
pub mod fleet;
pub mod shop;
pub mod tables;
