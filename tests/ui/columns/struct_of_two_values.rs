use tenantry::prelude::*;

#[derive(Column)]
pub struct Point(f64, f64);

#[tenant_model]
pub struct Place {
    #[field(key)]
    pub id: i64,
    pub at: Point,
}

fn main() {}
