use tenantry::prelude::*;

#[tenant_model]
pub struct Item {
    #[field(key)]
    pub id: i64,
    pub count: i64,
    pub weight: f64,
}

pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
    let rest = Item::COUNT % 2;
    Item::query().select(rest).all(scope)?;
    Ok(())
}

fn main() {}
