//! Tenants that are opened and changed by something else than a key.

mod result {
    use tenantry::prelude::*;

    pub fn run(db: &Database) -> tenantry::Result<()> {
        db.tenant(TenantKey::new("acme")?)?;
        Ok(())
    }
}

mod reference_to_a_result {
    use tenantry::prelude::*;

    pub fn run(db: &Database) -> tenantry::Result<()> {
        db.tenant(&TenantKey::new("acme")?)?;
        Ok(())
    }
}

mod text {
    use tenantry::prelude::*;

    pub fn run(db: &Database) -> tenantry::Result<()> {
        db.tenant(TenantKey::new("acme")?)?;
        Ok(())
    }
}

mod text_of_a_variable {
    use tenantry::prelude::*;

    pub fn run(db: &Database) -> tenantry::Result<()> {
        let key = TenantKey::new("acme")?;
        db.tenants().suspend(&key)?;
        Ok(())
    }
}

mod tenant {
    use tenantry::prelude::*;

    pub fn run(db: &Database) -> tenantry::Result<()> {
        let acme = db.tenants().get(&TenantKey::new("acme")?)?;
        db.tenants().drop(acme.key())?;
        Ok(())
    }
}

mod key_to_rename_to {
    use tenantry::prelude::*;

    pub fn run(db: &Database) -> tenantry::Result<()> {
        db.tenants()
            .rename(&TenantKey::new("acme")?, &TenantKey::new("ajax")?)?;
        Ok(())
    }
}

fn main() {}
