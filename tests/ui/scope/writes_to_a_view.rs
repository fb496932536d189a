//! Writes to a view, and rows of one without a key.

use tenantry::prelude::*;

#[tenant_view(sql = "SELECT 1::bigint AS id")]
pub struct Recent {
    #[field(key)]
    pub id: i64,
}

#[tenant_view(sql = "SELECT 1::bigint AS id")]
pub struct Unkeyed {
    pub id: i64,
}

mod update {
    use super::*;

    fn all(acme: &mut TenantScope) -> tenantry::Result<u64> {
        Recent::update_where(Recent::everything()).set(Recent::ID, 1).execute(acme)
    }
}

mod delete {
    use super::*;

    fn all(acme: &mut TenantScope) -> tenantry::Result<u64> {
        Recent::delete_where(Recent::everything()).execute(acme)
    }
}

mod save {
    use super::*;

    fn one(acme: &mut TenantScope, row: &mut Stored<Recent>) -> tenantry::Result<()> {
        row.save(acme)
    }
}

mod delete_row {
    use super::*;

    fn one(acme: &mut TenantScope, row: Stored<Recent>) -> tenantry::Result<()> {
        row.delete(acme)
    }
}

mod lock {
    use super::*;

    fn all(acme: &mut TenantScope) -> tenantry::Result<Vec<Stored<Recent>>> {
        acme.transaction(|tx| Recent::query().for_update().all(tx))
    }
}

mod by_hand {
    use super::*;

    fn all(acme: &mut TenantScope) -> tenantry::Result<u64> {
        acme.sql(sql!("UPDATE {Recent} SET {Recent.id} = 1")).execute()
    }
}

mod find_without_a_key {
    use super::*;

    fn one(acme: &mut TenantScope) -> tenantry::Result<Stored<Unkeyed>> {
        Unkeyed::find(1).one(acme)
    }
}

fn main() {}
