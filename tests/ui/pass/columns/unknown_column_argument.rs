use tenantry::prelude::*;

#[derive(Column)]
pub enum State {
    #[column(rename = "yes")]
    On,
    Off,
}

fn main() {}
