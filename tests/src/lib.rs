//! Tools that the integration tests share.

pub mod again;
pub mod bouncer;
pub mod browser;
pub mod chaos;
pub mod dump;
pub mod fleet;
pub mod harness;
pub mod hear;
pub mod lossy;
pub mod manage;
pub mod neighbours;
#[cfg(unix)]
pub mod openssl;
#[cfg(target_os = "linux")]
pub mod physical;
pub mod programs;
pub mod proxy;
pub mod random;
#[cfg(unix)]
pub mod replica;
pub mod shop;
#[cfg(target_os = "linux")]
pub mod stopped;
pub mod tables;
pub mod wait;

pub use harness::{Shop, chain_of, chain_of_schema};
