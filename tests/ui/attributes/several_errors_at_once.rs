use tenantry::prelude::*;

#[tenant_model]
pub struct Thing {
    #[field(key)]
    pub id: i64,
    #[field(max_lenght = 40, on_delete = "cascde", precision = "two")]
    pub value: String,
}

fn main() {}
