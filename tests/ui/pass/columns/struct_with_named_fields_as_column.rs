use tenantry::prelude::*;

#[derive(Column)]
pub struct Code(pub String);

fn main() {}
