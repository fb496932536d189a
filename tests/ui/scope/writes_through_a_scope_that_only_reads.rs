use tenantry::prelude::*;

#[tenant_model]
pub struct User {
    #[field(key)]
    pub id: i64,
    pub email: String,
}

mod inserted {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::insert(NewUser::new("a@b.example")).execute(&mut scope.read())?;
        Ok(())
    }
}

mod saved {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        let mut user = User::find(1).one(&mut scope.read())?;
        user.email = "c@d.example".to_owned();
        user.save(&mut scope.read())?;
        Ok(())
    }
}

mod deleted {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::delete_where(User::ID.eq(1)).execute(&mut scope.read())?;
        Ok(())
    }
}

mod written_in_sql {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        scope.read().sql(tenantry::sql!("DELETE FROM {User}")).execute()?;
        Ok(())
    }
}

fn main() {}
