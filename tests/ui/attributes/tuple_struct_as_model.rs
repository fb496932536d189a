use tenantry::prelude::*;

#[tenant_model]
pub struct Person(i64, String);

fn main() {}
