use tenantry::prelude::*;

#[derive(Column)]
pub struct Number(i64);

fn main() {}
