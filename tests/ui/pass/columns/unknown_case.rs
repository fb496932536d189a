use tenantry::prelude::*;

#[derive(Column)]
#[column(rename_all = "snake_case")]
pub enum State {
    On,
    Off,
}

fn main() {}
