use tenantry::prelude::*;

#[derive(Column)]
pub enum State {
    On,
    #[column(rename = "on")]
    Off,
}

fn main() {}
