use tenantry::prelude::*;

#[derive(Column)]
pub enum State {
    #[column(renam = "yes")]
    On,
    Off,
}

fn main() {}
