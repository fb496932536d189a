//! Overlays of models that are the same list.

use tenantry::prelude::*;

#[shared_model]
pub struct CatalogProduct {
    #[field(key)]
    pub id: i64,
    #[field(unique)]
    pub sku: String,
    pub name: String,
}

#[tenant_model]
pub struct Product {
    #[field(key)]
    pub id: i64,
    #[field(unique)]
    pub sku: String,
    pub name: String,
}

mod two_tenant_models {
    use super::*;

    #[tenant_overlay(own = Product, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        pub name: String,
    }
}

mod two_shared_models {
    use super::*;

    #[tenant_overlay(own = Product, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        pub name: String,
    }
}

mod of_a_view {
    use super::*;

    #[shared_view(sql = "SELECT c.sku, c.name FROM {CatalogProduct} c")]
    pub struct Cheap {
        pub sku: String,
        pub name: String,
    }

    #[tenant_overlay(own = Product, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        pub name: String,
    }
}

mod key_that_is_not_unique {
    use super::*;

    #[tenant_model]
    pub struct Own {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub sku: String,
    }

    #[tenant_overlay(own = Own, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
    }
}

mod part_of_a_key {
    use super::*;

    #[shared_model(unique(sku))]
    pub struct Regional {
        #[field(key)]
        pub id: i64,
        pub sku: String,
        pub region: String,
    }

    #[tenant_overlay(own = Product, shared = Regional)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
    }
}

mod unique_in_a_part_of_the_rows {
    use super::*;

    #[shared_model(unique(sku))]
    pub struct Late {
        #[field(key)]
        pub id: i64,
        pub sku: String,
    }

    #[tenant_overlay(own = Product, shared = Late)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
    }
}

mod key_of_several_fields {
    use super::*;

    #[tenant_model(unique(sku, name))]
    pub struct Own {
        #[field(key)]
        pub id: i64,
        pub sku: String,
        pub name: String,
        pub region: String,
    }

    #[tenant_overlay(own = Own, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        #[field(key)]
        pub name: String,
    }
}

mod field_of_one_model {
    use super::*;

    #[tenant_model]
    pub struct Own {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub sku: String,
        pub stock: i32,
    }

    #[tenant_overlay(own = Own, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
    }
}

mod embedded_fields_of_one_model {
    use super::*;

    #[derive(Embedded)]
    pub struct Price {
        pub cents: i64,
        pub currency: String,
    }

    #[tenant_model]
    pub struct Own {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub sku: String,
        #[field(embed)]
        pub price: Price,
    }

    #[tenant_overlay(own = Own, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
    }
}

mod another_type {
    use super::*;

    #[tenant_model]
    pub struct Own {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub sku: String,
        pub name: String,
    }

    #[tenant_overlay(own = Own, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        pub name: String,
    }
}

mod another_sign {
    use super::*;

    #[tenant_model]
    pub struct Own {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub sku: String,
        pub items: i32,
    }

    #[shared_model]
    pub struct Base {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub sku: String,
        pub items: i32,
    }

    #[tenant_overlay(own = Own, shared = Base)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        pub items: i32,
    }
}

mod null_in_one_model {
    use super::*;

    #[tenant_model]
    pub struct Own {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub sku: String,
        pub name: Option<String>,
    }

    #[tenant_overlay(own = Own, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        pub name: Option<String>,
    }
}

mod null_as_key {
    use super::*;

    #[tenant_model]
    pub struct Own {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub sku: String,
    }

    #[tenant_overlay(own = Own, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
    }
}

mod enum_of_each_schema {
    use super::*;

    #[derive(Column)]
    pub enum Mood {
        Good,
        Bad,
    }

    #[tenant_model]
    pub struct Own {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub sku: String,
        pub mood: Mood,
    }

    #[shared_model]
    pub struct Base {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub sku: String,
        pub mood: Mood,
    }

    #[tenant_overlay(own = Own, shared = Base)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        pub mood: Mood,
    }
}

mod key_that_some_tenants_lack {
    use super::*;

    #[tenant_model]
    pub struct Own {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub sku: String,
    }

    #[tenant_overlay(own = Own, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
    }
}

mod mark_that_counts {
    use super::*;

    #[tenant_overlay(own = Product, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        #[field(own)]
        pub own: bool,
    }
}

mod nothing_stays_deleted {
    use super::*;

    #[tenant_overlay(own = Product, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
    }
}

mod referenced {
    use super::*;

    #[tenant_overlay(own = Product, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        pub name: String,
    }

    #[tenant_model]
    pub struct Line {
        #[field(key)]
        pub id: i64,
        pub product: Fk<Product>,
    }
}

mod referenced_by_a_view {
    use super::*;

    #[tenant_overlay(own = Product, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        pub name: String,
    }

    #[tenant_view(sql = "SELECT p.sku AS product FROM {Product} p")]
    pub struct Line {
        pub product: String,
    }
}

mod read_by_a_view {
    use super::*;

    #[tenant_overlay(own = Product, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        pub name: String,
    }

    #[tenant_view(sql = "SELECT o.sku FROM {Product} o")]
    pub struct Line {
        pub sku: String,
    }
}

mod in_sql {
    use super::*;

    #[tenant_overlay(own = Product, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        pub name: String,
    }

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<Vec<String>> {
        Offered::query().select(Offered::SKU).all(acme)
    }
}

mod listed {
    use super::*;

    #[tenant_overlay(own = Product, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        pub name: String,
    }

    tenantry::schema! {
        pub static SCHEMA = [Product, CatalogProduct];
    }
}

fn main() {}
