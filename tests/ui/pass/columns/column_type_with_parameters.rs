use tenantry::prelude::*;

#[derive(Column)]
pub struct Wrapped(String);

fn main() {}
