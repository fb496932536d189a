//! SQL cut as PostgreSQL cuts it, into tokens and statements, and the slots for schemas in it.
//!
//! Depend on `tenantry`, not on this crate: its macros and its runtime share it, so that what is checked while a program
//! is compiled and what is run mean the same.
//!
//! The rules are those of PostgreSQL's own scanner with `standard_conforming_strings`. Where its versions 15 to 18 differ,
//! what the older ones refuse is read as the newer ones do. Every text can be cut, in time and memory that grow with its
//! length, and the tokens are the whole text.

mod builtin;
mod bytes;
mod delimiter;
mod lexer;
mod meaning;
mod number;
mod operator;
mod quote;
mod slot;
mod statement;
mod token;
mod unescape;

pub use builtin::{Harmless, begins_type, calls_nothing, harmless};
pub use lexer::{Tokens, mentions, tokens};
pub use meaning::{Meaning, meanings};
pub use slot::{Slot, Slots, is_qualified, slots};
pub use statement::{Statement, statements};
pub use token::{Kind, Open, Token, Unclosed};
