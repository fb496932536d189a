use tenantry::prelude::*;

#[derive(Column)]
pub enum State {
    On,
    Off,
}

fn main() {}
