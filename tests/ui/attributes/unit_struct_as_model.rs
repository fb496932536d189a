use tenantry::prelude::*;

#[shared_model]
pub struct Settings;

fn main() {}
