//! Trees that are not of one model.

use tenantry::prelude::*;

#[tenant_model]
pub struct Shop {
    #[field(key)]
    pub id: i64,
    pub name: String,
}

#[tenant_model]
pub struct Category {
    #[field(key)]
    pub id: i64,
    pub name: String,
    pub shop: Fk<Shop>,
    pub parent: Option<Fk<Category>>,
}

mod reference_to_another_model {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        Category::SHOP.descendants_of(1).query().all(scope)?;
        Ok(())
    }
}

mod no_reference {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        Category::NAME.ancestors_of(1).query().all(scope)?;
        Ok(())
    }
}

mod key_of_another_model {
    use super::*;

    pub fn run(scope: &mut TenantScope, shop: &Stored<Shop>) -> tenantry::Result<()> {
        Category::PARENT.descendants_of(shop).query().all(scope)?;
        Ok(())
    }
}

mod along_rows_of_another_model {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        let below = Category::PARENT.descendants_of(1);
        below.through(Shop::NAME.eq("Acme")).query().all(scope)?;
        Ok(())
    }
}

fn main() {}
