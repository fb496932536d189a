use tenantry::prelude::*;

#[tenant_model(was = "bills")]
pub struct Bill {
    #[field(key)]
    pub id: i64,
    #[field(was = "amount")]
    pub amount: i32,
}

fn main() {}
