//! Tenants that are created by something else than a key.

mod result {
    use tenantry::prelude::*;

    pub fn run(db: &Database) -> tenantry::Result<()> {
        db.tenants().create(TenantKey::new("acme"))?;
        Ok(())
    }
}

mod text {
    use tenantry::prelude::*;

    pub fn run(db: &Database) -> tenantry::Result<()> {
        db.tenants().create("acme")?;
        Ok(())
    }
}

mod text_of_one_that_may_be_there {
    use tenantry::prelude::*;

    pub fn run(db: &Database) -> tenantry::Result<()> {
        db.tenants().create_or_get("acme".to_owned())?;
        Ok(())
    }
}

mod result_with_rows {
    use tenantry::prelude::*;

    pub fn run(db: &Database) -> tenantry::Result<()> {
        db.tenants().create_with(TenantKey::new("acme"), |_| Ok(()))?;
        Ok(())
    }
}

fn main() {}
