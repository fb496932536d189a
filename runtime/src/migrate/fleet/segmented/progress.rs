//! How far a migration in segments has come, in the statements that write it down.
//!
//! | from | statement | to |
//! |---|---|---|
//! | [`Place::NotBegun`], which is step 0 | `begin` | [`Place::At`] the first segment, and in the ledger |
//! | at the first segment, and nothing of it done | `never_began` | [`Place::NotBegun`] |
//! | at a segment | `progress`, [`NextSegment::Segment`] | at the next one |
//! | at the last segment | `progress`, [`NextSegment::End`] | [`Place::NotBegun`], at the migration's version |
//!
//! Where the metadata tables are not as they were read, `begin`, `check` and `progress` fail, and `never_began` changes nothing.

use std::fmt;

use super::place::{Nth, Place};
use super::{Course, Target};
use crate::bookkeeping::{CHAIN_REVISION, Guard, LEFT_OUT};
use crate::name::quote_literal;

/// The place that a segment leads to.
#[derive(Clone, Copy)]
pub(super) enum NextSegment {
    /// To the next segment.
    Segment,
    /// To the end of the migration.
    End,
}

impl Course<'_> {
    /// The condition that the metadata tables are as they were read, at a place.
    fn as_read(&self, at: Place) -> String {
        let chain_revision = self.meta.chain_revision;
        match self.target {
            Target::Shared => format!(
                "{CHAIN_REVISION} = {chain_revision} AND shared_version = {} AND shared_step = {at}",
                self.meta.shared_version
            ),
            Target::Tenant(tenant) => format!(
                "version = {} AND step = {at} AND schema_name = {} AND state NOT IN {LEFT_OUT} \
                 AND (SELECT {CHAIN_REVISION} FROM tenantry.meta WHERE one = 1) = {chain_revision}",
                tenant.version,
                quote_literal(tenant.schema.as_str())
            ),
        }
    }

    /// Sets a column if the metadata tables are as they were read, and fails otherwise.
    fn set(&self, at: Place, column: &str, value: impl fmt::Display, also: &str) -> String {
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
            "{}LOCK TABLE tenantry.ledger IN ROW EXCLUSIVE MODE;\n{}{}\
             INSERT INTO tenantry.ledger (tenant_id, migration, checksum) VALUES ({}, {}, {});\n",
            self.settings.waits().limit(),
            self.set(
                Place::NotBegun,
                self.step_column(),
                Place::At(Nth::FIRST),
                ""
            ),
            self.is_there(),
            self.id(),
            quote_literal(self.step.file.migration()),
            quote_literal(&self.step.checksum)
        )
    }

    /// Changes nothing if the metadata tables are not as they were read any more.
    pub(super) fn never_began(&self) -> String {
        let (table, key, id) = self.row();
        format!(
            "WITH m AS (UPDATE tenantry.{table} SET {} = {} WHERE {key} = {id} AND {} RETURNING 1) \
             DELETE FROM tenantry.ledger WHERE tenant_id = {} AND migration = {} AND EXISTS (SELECT FROM m)",
            self.step_column(),
            Place::NotBegun,
            self.as_read(Place::At(Nth::FIRST)),
            self.id(),
            quote_literal(self.step.file.migration())
        )
    }

    /// The statement by which somebody notes for us that a segment is done.
    pub(super) fn by_hand(&self, at: Nth, next: NextSegment) -> String {
        let (table, key, id) = self.row();
        let step = self.step_column();
        let here = format!("WHERE {key} = {id} AND {step} = {}", Place::At(at));
        let set = match (next, self.target) {
            (NextSegment::Segment, _) => format!("{step} = {}", Place::At(at.next())),
            (NextSegment::End, Target::Shared) => {
                format!("shared_version = {}, {step} = 0", self.step.to)
            }
            (NextSegment::End, Target::Tenant(_)) => {
                format!("version = {}, {step} = 0", self.step.to)
            }
        };
        format!("UPDATE tenantry.{table} SET {set} {here}")
    }

    /// Fails where the metadata tables are not as they were read, and holds up nobody who changes them.
    pub(super) fn check(&self, at: Nth) -> String {
        let (table, key, id) = self.row();
        format!(
            "{}SELECT {} FROM tenantry.{table} WHERE {key} = {id};\n{}",
            self.settings.waits().limit(),
            Guard::Overtaken.unless(&self.as_read(Place::At(at)), 1),
            self.is_there()
        )
    }

    pub(super) fn progress(&self, at: Nth, next: NextSegment) -> String {
        let (here, none) = (Place::At(at), Place::NotBegun);
        let set = match (next, self.target) {
            (NextSegment::Segment, _) => {
                self.set(here, self.step_column(), Place::At(at.next()), "")
            }
            (NextSegment::End, Target::Shared) => {
                let also = format!(", shared_step = {none}");
                self.set(here, "shared_version", self.step.to, &also)
            }
            (NextSegment::End, Target::Tenant(_)) => {
                let also = format!(", step = {none}, last_error = NULL");
                self.set(here, "version", self.step.to, &also)
            }
        };
        self.settings.waits().limit() + &set + &self.is_there()
    }
}
