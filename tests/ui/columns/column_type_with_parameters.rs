use tenantry::prelude::*;

#[derive(Column)]
pub struct Wrapped<T>(T);

fn main() {}
