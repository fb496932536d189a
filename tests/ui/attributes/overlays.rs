//! Arguments that an overlay has not.

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

mod no_models {
    use super::*;

    #[tenant_overlay]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        pub name: String,
    }
}

mod one_model {
    use super::*;

    #[tenant_overlay(own = Product)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        pub name: String,
    }
}

mod model_in_quotes {
    use super::*;

    #[tenant_overlay(own = "Product", shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        pub name: String,
    }
}

mod key_above_the_struct {
    use super::*;

    #[tenant_overlay(own = Product, shared = CatalogProduct, by = sku)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        pub name: String,
    }
}

mod table {
    use super::*;

    #[tenant_overlay(own = Product, shared = CatalogProduct, table = "offers")]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        pub name: String,
    }
}

mod no_key {
    use super::*;

    #[tenant_overlay(own = Product, shared = CatalogProduct)]
    pub struct Offered {
        pub sku: String,
        pub name: String,
    }
}

mod two_marks {
    use super::*;

    #[tenant_overlay(own = Product, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        #[field(own)]
        pub is_own: bool,
        #[field(own)]
        pub is_ours: bool,
    }
}

mod mark_as_key {
    use super::*;

    #[tenant_overlay(own = Product, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key, own)]
        pub sku: String,
    }
}

mod mark_of_a_table {
    use super::*;

    #[tenant_model]
    pub struct Note {
        #[field(key)]
        pub id: i64,
        #[field(own)]
        pub is_own: bool,
    }
}

mod bound {
    use super::*;

    #[tenant_overlay(own = Product, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        #[field(max_length = 80)]
        pub name: String,
    }
}

mod default {
    use super::*;

    #[tenant_overlay(own = Product, shared = CatalogProduct)]
    pub struct Offered {
        #[field(key)]
        pub sku: String,
        #[field(default = "none")]
        pub name: String,
    }
}

fn main() {}
