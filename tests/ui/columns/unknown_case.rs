use tenantry::prelude::*;

#[derive(Column)]
#[column(rename_all = "snakecase")]
pub enum State {
    On,
    Off,
}

fn main() {}
