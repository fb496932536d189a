//! The door to taking over schemas that are there.

use super::Migrator;
use crate::error::Result;
use crate::migrate::goal::Goal;
use crate::migrate::session::lent::Sessions;
#[cfg(feature = "cli")]
use crate::name::SchemaName;
use crate::tenant::{NewTenant, Tenant};

impl<S: Sessions> Migrator<S> {
    /// Takes the shared schema over as it is, at the migration that [`to`](Self::to) names, or the last: it was made by something
    /// else, and is what the migrations make. New tenants are made from there on. Rows are not compared.
    ///
    /// ```no_run
    /// # use tenantry::prelude::*;
    /// # use tenantry::migrate::Chain;
    /// # use tenantry::tenant::NewTenant;
    /// # fn take_over(db: &Database) -> tenantry::Result<()> {
    /// let migrator = db.migrator(Chain::open("migrations")?).to("0001_initial");
    /// migrator.adopt_shared()?;
    /// for name in ["acme", "globex"] {
    ///     let schema = SchemaName::new(format!("customer_{name}"))?;
    ///     migrator.adopt(&NewTenant::new(&TenantKey::new(name)?).schema(schema))?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SchemaDiffers`](crate::ErrorKind::SchemaDiffers), with what is different;
    /// [`ErrorKind::Migration`](crate::ErrorKind::Migration), when there are tenants already, or a new one can't be made;
    /// otherwise as [`attempt`](Self::attempt).
    pub fn adopt_shared(&self) -> Result<()> {
        self.lend(Goal::adopt_shared)
    }

    /// Takes a schema over as a tenant's, at the migration that [`to`](Self::to) names, or the last: it was made by something else,
    /// and is what the migrations make. Nothing in it changes but its comment; rows are not compared, and it gets no seeds. The
    /// schema is named like the key, unless [`NewTenant::schema`](crate::tenant::NewTenant::schema) says otherwise.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SchemaDiffers`](crate::ErrorKind::SchemaDiffers), with what is different;
    /// [`ErrorKind::MissingSchema`](crate::ErrorKind::MissingSchema);
    /// [`ErrorKind::Permission`](crate::ErrorKind::Permission), when the owner of the registry could not migrate it;
    /// [`ErrorKind::Migration`](crate::ErrorKind::Migration), when the shared schema is not there yet; otherwise as
    /// [`Tenants::create`](crate::scope::Tenants::create).
    pub fn adopt(&self, new: &NewTenant) -> Result<Tenant> {
        self.lend(|goal, client| goal.adopt(client, new))
    }

    /// Returns the SQL that makes a schema what the migrations make, as far as tables have words for it.
    #[cfg(feature = "cli")]
    pub(crate) fn mending(&self, schema: Option<&SchemaName>) -> Result<Vec<String>> {
        self.lend(|goal, client| goal.mending(client, schema))
    }
}
