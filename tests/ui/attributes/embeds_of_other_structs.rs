//! Fields with `embed` whose structs are none to embed.

mod not_there {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub billing: Addres,
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
        #[field(embed)]
        pub plan: Plan,
    }
}

fn main() {}
