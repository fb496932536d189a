use tenantry::prelude::*;

#[derive(Column)]
pub union Number {
    pub whole: i64,
    pub broken: f64,
}

fn main() {}
