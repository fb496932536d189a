use tenantry::prelude::*;

#[tenant_model(was = "invoices")]
pub struct Bill {
    #[field(key)]
    pub id: i64,
    #[field(was = "total")]
    pub amount: i32,
}

fn main() {}
