use tenantry::prelude::*;

#[derive(Column)]
pub enum Never {}

fn main() {}
