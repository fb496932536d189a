//! Queries of an overlay that ask for what only one of its models has.

use tenantry::prelude::*;

#[shared_model]
pub struct CatalogProduct {
    #[field(key)]
    pub id: i64,
    #[field(unique)]
    pub sku: String,
    pub name: String,
    pub rank: i32,
}

#[tenant_model]
pub struct Product {
    #[field(key)]
    pub id: i64,
    #[field(unique)]
    pub sku: String,
    pub name: String,
    pub stock: i32,
}

#[tenant_model]
pub struct Line {
    #[field(key)]
    pub id: i64,
    #[field(inverse = "lines")]
    pub product: Fk<Product>,
}

#[tenant_overlay(own = Product, shared = CatalogProduct)]
pub struct Offered {
    #[field(key)]
    pub sku: String,
    pub name: String,
}

mod column_of_the_tenants_model {
    use super::*;

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        Offered::query().filter(Product::STOCK.gt(0)).all(acme)?;
        Ok(())
    }
}

mod order_of_the_shared_model {
    use super::*;

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        Offered::query()
            .order_by(CatalogProduct::RANK.asc())
            .all(acme)?;
        Ok(())
    }
}

mod selection_of_the_tenants_model {
    use super::*;

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        Offered::query().select(Product::STOCK).all(acme)?;
        Ok(())
    }
}

mod rows_that_reference_own_rows {
    use super::*;

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        Offered::query().with(Product::LINES).all(acme)?;
        Ok(())
    }
}

mod no_tenant {
    use super::*;

    pub fn run(shared: &mut SharedScope) -> tenantry::Result<()> {
        Offered::query().all(shared)?;
        Ok(())
    }
}

mod lock {
    use super::*;

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        Offered::query().for_update().all(acme)?;
        Ok(())
    }
}

mod update {
    use super::*;

    pub fn run(_: &mut TenantScope) -> tenantry::Result<()> {
        Offered::update_where(Offered::SKU.eq("a"));
        Ok(())
    }
}

mod delete {
    use super::*;

    pub fn run(_: &mut TenantScope) -> tenantry::Result<()> {
        Offered::delete_where(Offered::SKU.eq("a"));
        Ok(())
    }
}

mod save {
    use super::*;

    pub fn run(acme: &mut TenantScope, mut offer: Stored<Offered>) -> tenantry::Result<()> {
        offer.save(acme)?;
        Ok(())
    }
}

mod deleted_rows {
    use super::*;

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        Offered::query().with_deleted().all(acme)?;
        Ok(())
    }
}

fn main() {}
