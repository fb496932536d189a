//! Fields with `embed`, and structs to embed.

mod not_there {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Address {
        pub city: String,
    }

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub billing: Address,
    }
}

mod model {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Plan {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        pub plan: Fk<Plan>,
    }
}

fn main() {}
