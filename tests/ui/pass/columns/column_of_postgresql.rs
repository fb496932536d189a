use tenantry::prelude::*;

#[tenant_model]
pub struct Person {
    #[field(key)]
    pub id: i64,
    #[field(column = "x_min")]
    pub xmin: i32,
}

fn main() {}
