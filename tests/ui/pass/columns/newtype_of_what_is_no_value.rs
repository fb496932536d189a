use tenantry::prelude::*;

#[derive(Column)]
pub struct Age(i32);

fn main() {}
