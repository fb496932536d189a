//! Fields with `embed` whose types are none to embed.

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

mod without_the_derive {
    use tenantry::prelude::*;

    #[derive(Debug, Clone)]
    pub struct Address {
        pub city: String,
    }

    #[tenant_model(index(name))]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        pub name: String,
        #[field(embed)]
        pub billing: Address,
    }

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        let address = Address { city: "Bern".to_owned() };
        Customer::insert(NewCustomer::new("Ann", address)).execute(acme)
    }
}

mod without_the_derive_in_an_option {
    use tenantry::prelude::*;

    mod places {
        pub struct Address {
            pub city: String,
        }
    }

    #[shared_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub billing: Option<places::Address>,
    }
}

mod second_of_two {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Address {
        pub city: String,
    }

    pub struct Money {
        pub amount: i64,
    }

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub home: Address,
        #[field(embed)]
        pub limit: Money,
        #[field(embed)]
        pub billing: Option<Address>,
    }
}

mod an_enum {
    use tenantry::prelude::*;

    #[derive(tenantry::Column)]
    pub enum State {
        Open,
        Paid,
    }

    #[tenant_model]
    pub struct Invoice {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub state: State,
    }
}

mod an_alias {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Address {
        pub city: String,
    }

    pub type Home = Address;

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub home: Home,
    }
}

mod of_another_crate {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub path: std::path::PathBuf,
    }
}

mod of_a_view {
    use tenantry::prelude::*;

    pub struct Address {
        pub city: String,
    }

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        pub home_city: String,
    }

    #[tenant_view(sql = "SELECT id, home_city FROM {Customer}")]
    pub struct Home {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub home: Address,
    }
}

mod in_a_function {
    use tenantry::prelude::*;

    pub fn run() {
        struct Address {
            city: String,
        }

        #[tenant_model]
        struct Customer {
            #[field(key)]
            id: i64,
            #[field(embed)]
            home: Address,
        }
    }
}

fn main() {}
