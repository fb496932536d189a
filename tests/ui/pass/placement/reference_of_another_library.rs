mod of_the_application {
    use tenantry::prelude::*;

    mod own {
        pub use tenantry::Fk;
    }

    #[tenant_model]
    struct Plan {
        #[field(key)]
        id: i64,
    }

    #[tenant_model]
    struct Customer {
        #[field(key)]
        id: i64,
        plan: own::Fk<Plan>,
    }
}

mod through_an_alias {
    use tenantry::prelude::*;

    mod own {
        pub type Fk<T> = tenantry::Fk<T>;
    }

    #[tenant_model]
    struct Product {
        #[field(key)]
        id: i64,
    }

    #[tenant_model]
    struct Order {
        #[field(key)]
        id: i64,
        product: own::Fk<Product>,
    }
}

fn main() {}
