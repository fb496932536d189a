use tenantry::prelude::*;

#[derive(Column)]
pub struct Age(u64);

fn main() {}
