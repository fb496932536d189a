//! Queries of an overlay.

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
        Offered::query().filter(Offered::NAME.gt("a")).all(acme)?;
        Ok(())
    }
}

mod order_of_the_shared_model {
    use super::*;

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        Offered::query().order_by(Offered::NAME.asc()).all(acme)?;
        Ok(())
    }
}

mod selection_of_the_tenants_model {
    use super::*;

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        Offered::query().select(Offered::NAME).all(acme)?;
        Ok(())
    }
}

mod rows_that_reference_own_rows {
    use super::*;

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        Product::query().with(Product::LINES).all(acme)?;
        Ok(())
    }
}

mod no_tenant {
    use super::*;

    pub fn run(shared: &mut SharedScope) -> tenantry::Result<()> {
        CatalogProduct::query().all(shared)?;
        Ok(())
    }
}

mod lock {
    use super::*;

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        Product::query().for_update().all(acme)?;
        Ok(())
    }
}

mod update {
    use super::*;

    pub fn run(_: &mut TenantScope) -> tenantry::Result<()> {
        let _ = Product::update_where(Product::SKU.eq("a"));
        Ok(())
    }
}

mod delete {
    use super::*;

    pub fn run(_: &mut TenantScope) -> tenantry::Result<()> {
        let _ = Product::delete_where(Product::SKU.eq("a"));
        Ok(())
    }
}

mod save {
    use super::*;

    pub fn run(acme: &mut TenantScope, mut offer: Stored<Product>) -> tenantry::Result<()> {
        offer.save(acme)?;
        Ok(())
    }
}

mod deleted_rows {
    use super::*;

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        Offered::query().all(acme)?;
        Ok(())
    }
}

fn main() {}
