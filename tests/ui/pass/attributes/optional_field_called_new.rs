use tenantry::prelude::*;

#[tenant_model]
pub struct Thing {
    #[field(key)]
    pub id: i64,
    #[field(default = true, column = "new")]
    pub is_new: bool,
}

fn main() {}
