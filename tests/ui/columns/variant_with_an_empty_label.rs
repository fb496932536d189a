use tenantry::prelude::*;

#[derive(Column)]
pub enum State {
    On,
    #[column(rename = "")]
    Off,
}

fn main() {}
