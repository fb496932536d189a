use tenantry::prelude::*;

#[derive(Column)]
pub struct Age(u32);

fn main() {}
