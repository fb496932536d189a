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
    #[field(on_delete = "cascade")]
    pub account: Fk<Account>,
}

tenantry::schema! {
    pub static SCHEMA = [Account, Note];
}

fn main() {}
