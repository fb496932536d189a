//! Trees of one model.

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
        Category::PARENT.descendants_of(1).query().all(scope)?;
        Ok(())
    }
}

mod no_reference {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        Category::PARENT.ancestors_of(1).query().all(scope)?;
        Ok(())
    }
}

mod key_of_another_model {
    use super::*;

    pub fn run(scope: &mut TenantScope, shoes: &Stored<Category>) -> tenantry::Result<()> {
        Category::PARENT.descendants_of(shoes).query().all(scope)?;
        Ok(())
    }
}

mod along_rows_of_another_model {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        let below = Category::PARENT.descendants_of(1);
        let ours = Category::SHOP.on(Shop::NAME.eq("Acme"));
        below.through(ours).query().all(scope)?;
        Ok(())
    }
}

fn main() {}
