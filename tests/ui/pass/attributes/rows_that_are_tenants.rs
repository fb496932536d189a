//! Rows that are the tenants, where they can't be.

use tenantry::prelude::*;

mod in_each_schema {
    use super::*;

    #[shared_model(tenant)]
    pub struct Account {
        #[field(key, given)]
        pub key: TenantKey,
    }
}

mod by_a_number {
    use super::*;

    #[shared_model(tenant)]
    pub struct Account {
        #[field(key, given)]
        pub key: TenantKey,
    }
}

mod by_a_text {
    use super::*;

    #[shared_model(tenant)]
    pub struct Account {
        #[field(key, given)]
        pub key: TenantKey,
    }
}

fn main() {}
