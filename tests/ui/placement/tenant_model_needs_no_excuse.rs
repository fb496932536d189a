use tenantry::prelude::*;

#[tenant_model]
pub struct Session {
    #[field(key)]
    pub id: i64,
    #[field(not_a_reference)]
    pub trace_id: Uuid,
}

fn main() {}
