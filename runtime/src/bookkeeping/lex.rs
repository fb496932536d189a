//! SQL as PostgreSQL cuts it.

pub(crate) use tenantry_sql::{Kind, Statement, Token, statements};
