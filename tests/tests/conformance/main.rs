//! Faults that are known elsewhere with one schema per tenant, and are not here.
//!
//! Each test is one of the rules X1 to X32 that tenantry holds itself to; its documentation has the number and the
//! rule. A rule that the compiler enforces has its proof in `tests/ui`, where programs that break it are shown not to
//! compile; the test here shows the nearest thing that can be run.
//!
//! Rules that are shown elsewhere, because they need more than a short test:
//!
//! - X4, behind a pooler that swaps server connections between any two transactions: `tests/pgbouncer.rs`.
//! - X25, a schema with more objects than the server has locks is dropped: `tests/tenants.rs`.
//! - X33, several migrators at once apply nothing twice, and X34, a tenant that is created during a run ends at the new
//!   version: `tests/migrate.rs`.
//!
//! Rules about what tenantry does not have yet:
//!
//! - X11, X12 and X14, as far as they speak of asynchronous tasks: there is no asynchronous driver. What they come
//!   down to without one, iterators, threads and cancelled statements, is tested.
//! - X22, as far as it speaks of hooks: creation has none. What fails here is a migration.
//! - X24, renaming the schema: only keys can be renamed. The schema keeps the name that it was created with.
//! - X26, a policy that has to be carried out tenant by tenant: the references are foreign keys, and PostgreSQL applies
//!   their `ON DELETE` in all tenants at once.
//! - X29, a move that keeps the rows: so far a model that moves is a table that goes and a table that comes, and the
//!   migration says that rows are lost.
//! - X35 to X41, cloning: tenants are made from the chain of migrations, never from a live schema.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod books;
mod common;
mod context;
mod crash;
mod lifecycle;
mod lost;
mod migrations;
mod names;
mod reserved;
mod rows;
mod sessions;
mod threads;
mod waits;
