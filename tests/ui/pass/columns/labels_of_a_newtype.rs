use tenantry::prelude::*;

#[derive(Column)]
pub struct Code(String);

fn main() {}
