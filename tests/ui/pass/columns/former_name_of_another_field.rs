use tenantry::prelude::*;

#[tenant_model]
pub struct Bill {
    #[field(key)]
    pub id: i64,
    #[field(was = "total")]
    pub amount: i32,
    pub sum: i32,
}

fn main() {}
