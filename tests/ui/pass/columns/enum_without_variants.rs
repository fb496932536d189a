use tenantry::prelude::*;

#[derive(Column)]
pub enum Never {
    Once,
}

fn main() {}
