//! The shortest tour of tenantry.
fn main() {}
