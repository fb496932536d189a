//! Each change of a model, tried on a tenant without rows, one with odd rows and one with a big table: what is asked, what is written and in
//! which phase, what is locked and looked at, what becomes of the rows, and what is there once it is taken back.
//!
//! What is asked, written and locked is recorded in `snapshots`; what must not be wrong is asserted in [`case`].

mod beside;
mod case;
mod computed;
mod constraints;
mod converted;
mod fields;
mod indexes;
mod keys;
mod labels;
mod references;
mod tables;
mod types;
mod watch;
