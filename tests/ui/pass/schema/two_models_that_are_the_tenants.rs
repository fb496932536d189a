use tenantry::prelude::*;

#[shared_model(tenant)]
pub struct Account {
    #[field(key, given)]
    pub key: TenantKey,
}

#[shared_model]
pub struct Customer {
    #[field(key, given)]
    pub key: TenantKey,
}

tenantry::schema! {
    pub static SCHEMA = [Account, Customer];
}

fn main() {}
