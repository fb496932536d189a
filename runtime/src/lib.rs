//! Schema-per-tenant PostgreSQL for Rust.
