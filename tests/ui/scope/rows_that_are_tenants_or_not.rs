//! Rows that are the tenants, in place of what can be deleted, and the other way round.

use tenantry::prelude::*;

#[shared_model(tenant)]
pub struct Account {
    #[field(key, given)]
    pub key: TenantKey,
}

#[shared_model]
pub struct User {
    #[field(key)]
    pub id: i64,
}

mod deleted {
    use super::*;

    pub fn run(db: &Database, account: Stored<Account>) -> tenantry::Result<()> {
        account.delete(&mut db.shared()?)
    }
}

mod deleted_by_a_condition {
    use super::*;

    pub fn run(db: &Database, key: &TenantKey) -> tenantry::Result<()> {
        Account::delete_where(Account::KEY.eq(key)).execute(&mut db.shared()?)?;
        Ok(())
    }
}

mod read_as_the_tenant {
    use super::*;

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        acme.row::<User>()?;
        Ok(())
    }
}

mod creates {
    use super::*;

    pub fn run(db: &Database, acme: TenantKey) -> tenantry::Result<()> {
        db.tenants().create(NewUser::new())?;
        Ok(())
    }
}

fn main() {}
