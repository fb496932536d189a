use tenantry::prelude::*;

#[derive(Column)]
pub struct Code {
    pub text: String,
}

fn main() {}
