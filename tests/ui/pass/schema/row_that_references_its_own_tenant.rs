use tenantry::prelude::*;

#[shared_model(tenant)]
pub struct Account {
    #[field(key, given)]
    pub key: TenantKey,
}

#[tenant_model]
pub struct Note {
    #[field(key)]
    pub id: i64,
    pub account: TenantKey,
}

tenantry::schema! {
    pub static SCHEMA = [Account, Note];
}

fn main() {}
