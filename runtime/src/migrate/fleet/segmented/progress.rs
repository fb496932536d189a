//! How far a migration in segments has come, in the statements that write it down.
//!
//! | from | statement | to |
//! |---|---|---|
//! | not begun: step 0 | `begin` | step 1, and in the ledger |
//! | step 1, and nothing of it done | `never_began` | not begun |
//! | step *n* | `progress`, [`Leads::On`] | step *n* + 1 |
//! | the last step | `progress`, [`Leads::Home`] | not begun, at the migration's version |
//!
//! Where the books are not as they were read, `begin` and `progress` fail, and `never_began` changes nothing.

use super::{Course, Target};
use crate::bookkeeping::{Guard, LEFT_OUT};
use crate::name::quote_literal;

/// Where a segment leads.
#[derive(Clone, Copy)]
pub(super) enum Leads {
    /// To the next segment.
    On,
    /// To the end of the migration.
    Home,
}

impl Course<'_> {
    /// The condition that the books are as they were read, at a segment.
    fn as_read(&self, at: i32) -> String {
        let edition = self.meta.edition;
        match self.target {
            Target::Shared => format!(
                "edition = {edition} AND shared_version = {} AND shared_step = {at}",
                self.meta.shared_version
            ),
            Target::Tenant(tenant) => format!(
                "version = {} AND step = {at} AND schema_name = {} AND state NOT IN {LEFT_OUT} \
                 AND (SELECT edition FROM tenantry.meta WHERE one = 1) = {edition}",
                tenant.version,
                quote_literal(tenant.schema.as_str())
            ),
        }
    }

    /// Sets a column if the books are as they were read, and fails otherwise.
    fn set(&self, at: i32, column: &str, value: i32, also: &str) -> String {
        let (table, key, id) = self.row();
        format!(
            "UPDATE tenantry.{table} SET {column} = {}{also} WHERE {key} = {id};\n",
            Guard::Overtaken.unless(&self.as_read(at), value)
        )
    }

    /// The row that says how far it went: its table, the column of its key, and the key.
    fn row(&self) -> (&'static str, &'static str, i64) {
        match self.target {
            Target::Shared => ("meta", "one", 1),
            Target::Tenant(tenant) => ("tenant", "id", tenant.id),
        }
    }

    fn step_column(&self) -> &'static str {
        match self.target {
            Target::Shared => "shared_step",
            Target::Tenant(_) => "step",
        }
    }

    /// Fails when the tenant is gone.
    fn is_there(&self) -> String {
        match self.target {
            Target::Shared => String::new(),
            Target::Tenant(tenant) => format!(
                "SELECT {} WHERE NOT EXISTS (SELECT FROM tenantry.tenant WHERE id = {});\n",
                Guard::Busy.refuse(),
                tenant.id
            ),
        }
    }

    pub(super) fn begin(&self) -> String {
        format!(
            "LOCK TABLE tenantry.ledger IN ROW EXCLUSIVE MODE;\n{}{}\
             INSERT INTO tenantry.ledger (tenant_id, migration, checksum) VALUES ({}, {}, {});\n",
            self.set(0, self.step_column(), 1, ""),
            self.is_there(),
            self.id(),
            quote_literal(self.step.file.migration()),
            quote_literal(&self.step.checksum)
        )
    }

    /// Changes nothing if the books are not as they were read any more.
    pub(super) fn never_began(&self) -> String {
        let (table, key, id) = self.row();
        format!(
            "WITH m AS (UPDATE tenantry.{table} SET {} = 0 WHERE {key} = {id} AND {} RETURNING 1) \
             DELETE FROM tenantry.ledger WHERE tenant_id = {} AND migration = {} AND EXISTS (SELECT FROM m)",
            self.step_column(),
            self.as_read(1),
            self.id(),
            quote_literal(self.step.file.migration())
        )
    }

    pub(super) fn progress(&self, at: i32, leads: Leads) -> String {
        let set = match (leads, self.target) {
            (Leads::On, _) => self.set(at, self.step_column(), at + 1, ""),
            (Leads::Home, Target::Shared) => {
                self.set(at, "shared_version", self.step.to, ", shared_step = 0")
            }
            (Leads::Home, Target::Tenant(_)) => {
                self.set(at, "version", self.step.to, ", step = 0, last_error = NULL")
            }
        };
        set + &self.is_there()
    }
}
