use tenantry::prelude::*;

#[derive(Column)]
#[column(rename_all = "lowercase")]
pub struct Code(String);

fn main() {}
