use tenantry::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Point(f64, f64);

#[tenant_model]
pub struct Place {
    #[field(key)]
    pub id: i64,
    pub at: Json<Point>,
}

fn main() {}
