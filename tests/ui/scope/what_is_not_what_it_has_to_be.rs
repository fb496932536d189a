//! Keys, rows and scopes that are something else.

mod key_that_is_a_text {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    #[shared_model]
    pub struct Plan {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::find("1").one(scope)?;
        Ok(())
    }
}

mod key_that_is_a_fraction {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    #[shared_model]
    pub struct Plan {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::find(1.5).one(scope)?;
        Ok(())
    }
}

mod row_in_place_of_a_new_row {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    #[shared_model]
    pub struct Plan {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::insert(User {
            id: 1,
            email: String::new(),
        })
        .execute(scope)?;
        Ok(())
    }
}

mod scope_that_was_not_taken_out {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    #[shared_model]
    pub struct Plan {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    pub fn run(db: &tenantry::Database, key: &TenantKey) -> tenantry::Result<()> {
        let mut scope = db.tenant(key);
        User::query().all(&mut scope)?;
        Ok(())
    }
}

mod written_through_a_scope_that_was_not_taken_out {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    #[shared_model]
    pub struct Plan {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    pub fn run(db: &tenantry::Database, key: &TenantKey) -> tenantry::Result<()> {
        let mut scope = db.tenant(key);
        User::insert(NewUser::new("")).execute(&mut scope)?;
        Ok(())
    }
}

mod database_for_a_scope {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run(db: &mut tenantry::Database, _: &TenantKey) -> tenantry::Result<()> {
        User::query().all(db)?;
        Ok(())
    }
}

mod key_for_a_scope {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run(_: &tenantry::Database, mut key: TenantKey) -> tenantry::Result<()> {
        User::query().all(&mut key)?;
        Ok(())
    }
}

mod option_for_a_scope {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run(scope: &mut Option<tenantry::TenantScope>) -> tenantry::Result<()> {
        User::query().all(scope)?;
        Ok(())
    }
}

fn main() {}
