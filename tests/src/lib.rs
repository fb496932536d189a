//! Tools that the integration tests share.

pub mod bouncer;
pub mod browser;
pub mod chaos;
pub mod dump;
pub mod fleet;
pub mod harness;
pub mod lossy;
pub mod manage;
pub mod programs;
pub mod shop;
pub mod tables;

pub use harness::{Shop, chain_of, chain_of_schema};
