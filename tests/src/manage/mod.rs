//! The models of an application in its releases.

#![allow(missing_docs, reason = "the structs stand for users' models")]

pub mod accounts;
pub mod billed;
pub mod first;
pub mod inspected;
pub mod merged;
pub mod renamed;
pub mod rolled;
pub mod second;
pub mod torn;
pub mod unchecked;
