use tenantry::prelude::*;

#[tenant_model]
pub enum State {
    On,
    Off,
}

fn main() {}
