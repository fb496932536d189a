//! Columns compared by the operators of the language, and elements of what is no array.

mod equal {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub name: String,
        pub tags: Vec<String>,
    }

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(User::NAME.eq("Ann")).all(scope)?;
        Ok(())
    }
}

mod at_most {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub name: String,
        pub tags: Vec<String>,
    }

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(User::ID.le(5)).all(scope)?;
        Ok(())
    }
}

mod another_column {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub name: String,
        pub tags: Vec<String>,
    }

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(User::ID.eq(User::ID)).all(scope)?;
        Ok(())
    }
}

mod element_of_a_text {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub name: String,
        pub tags: Vec<String>,
    }

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(User::NAME.eq("Ann")).all(scope)?;
        Ok(())
    }
}

mod element_of_another_type {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub name: String,
        pub tags: Vec<String>,
    }

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(User::TAGS.has("5")).all(scope)?;
        Ok(())
    }
}

fn main() {}
