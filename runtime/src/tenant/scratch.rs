//! Schemas that several transactions make and that never become a tenant's: they show what a chain leads to.

use postgres::types::Type;
use postgres::{Client, Transaction};

use super::making::{LEASE, LEASED, lease};
use super::mark;
use super::provision::{abandon, is_marked};
use crate::bookkeeping::facts::STANDBY_PREFIX;
use crate::bookkeeping::{Waits, explain};
use crate::error::{Error, ErrorKind, Result};
use crate::name::SchemaName;

/// A schema that nobody sees, like that of a tenant which is made step by step.
///
/// A crash leaves it to whoever drops such tenants once their lease is over.
#[derive(Debug)]
pub(crate) struct Scratch {
    id: i64,
    schema: SchemaName,
}

impl Scratch {
    /// Makes the schema, and commits it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Permission`], when the role must not make schemas.
    pub(crate) fn begin(client: &mut Client, schema: SchemaName) -> Result<Self> {
        let mut tx = client.transaction()?;
        let sql = format!(
            "INSERT INTO tenantry.provisioning (id, key, schema_name, version, {LEASED}) \
             SELECT id, pg_catalog.concat('{STANDBY_PREFIX}', id), $1, 0, {} \
             FROM pg_catalog.nextval('tenantry.tenant_id_seq') AS drawn (id) RETURNING id",
            lease(LEASE)
        );
        let row = tx
            .query_typed_one(&sql, &[(&schema.as_str(), Type::TEXT)])
            .map_err(explain)?;
        let id = row.try_get(0)?;
        tx.batch_execute(&format!(
            "CREATE SCHEMA {0}; COMMENT ON SCHEMA {0} IS '{1}'",
            schema.quoted(),
            mark(id)
        ))?;
        tx.commit()?;
        Ok(Self { id, schema })
    }

    /// The schema.
    pub(crate) fn schema(&self) -> &SchemaName {
        &self.schema
    }

    /// Keeps the schema until the transaction is over and for a while after that.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Serialization`], when somebody has dropped it, since the lease was over or everybody had to begin anew.
    pub(crate) fn renew(&self, tx: &mut Transaction<'_>) -> Result<()> {
        let sql = format!(
            "UPDATE tenantry.provisioning SET ({LEASED}) = ({}) WHERE id = $1",
            lease(LEASE)
        );
        match tx
            .execute_typed(&sql, &[(&self.id, Type::INT8)])
            .map_err(explain)?
        {
            0 => Err(Error::new(
                ErrorKind::Serialization,
                format!(
                    "the schema `{}`, in which the chain was tried out, was dropped meanwhile\nhelp: run it again",
                    self.schema
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Whether the schema has the comment that tells whose it is.
    pub(crate) fn is_marked(&self, tx: &mut Transaction<'_>) -> Result<bool> {
        is_marked(tx, &self.schema, self.id)
    }

    /// Takes that comment away, which another schema has not.
    pub(crate) fn unmark(&self, tx: &mut Transaction<'_>) -> Result<()> {
        Ok(tx.batch_execute(&format!(
            "COMMENT ON SCHEMA {} IS NULL",
            self.schema.quoted()
        ))?)
    }

    /// Drops the schema. What can't be dropped now is left to others.
    pub(crate) fn end(self, client: &mut Client, waits: &Waits) {
        abandon(client, self.id, waits);
    }
}
