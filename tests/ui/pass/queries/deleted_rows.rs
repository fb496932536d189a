//! Deleted rows of a model that keeps none.

use tenantry::prelude::*;

#[tenant_model]
pub struct Customer {
    #[field(key)]
    pub id: i64,
    pub name: String,
    #[field(soft_delete)]
    pub deleted_at: Option<Timestamp>,
}

mod with_deleted {
    use super::*;

    pub fn all(acme: &mut TenantScope) -> tenantry::Result<Vec<Stored<Customer>>> {
        Customer::query().with_deleted().all(acme)
    }
}

mod restored {
    use super::*;

    pub fn restore(
        customer: &mut Stored<Customer>,
        acme: &mut TenantScope,
    ) -> tenantry::Result<()> {
        customer.restore(acme)
    }
}

mod removed {
    use super::*;

    pub fn purge(acme: &mut TenantScope) -> tenantry::Result<u64> {
        Customer::delete_where(Customer::NAME.eq(""))
            .permanently()
            .execute(acme)
    }
}
