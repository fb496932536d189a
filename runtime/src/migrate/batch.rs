//! What leads a tenant from one version to another, made ready once and sent to each tenant at that version.

use super::chain::Chain;
use super::plan::tenant_parts;
use super::survey::Pending;
use crate::bookkeeping::{FileSql, LEFT_OUT, Message};
use crate::name::{SchemaName, quote_literal};

/// Which way a batch leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Migrations are applied.
    Up,
    /// Migrations are rolled back.
    Down,
}

/// The parts of migrations that lead from one version to another, in order. There is at least one.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    direction: Direction,
    steps: Vec<BatchStep>,
}

/// A part of a migration.
#[derive(Debug, Clone)]
pub(super) struct BatchStep {
    /// The version that it leads to.
    pub(super) to: i32,
    /// Its SQL.
    pub(super) file: FileSql,
    /// Its checksum, for the ledger.
    pub(super) checksum: String,
}

impl Batch {
    /// Puts a batch together.
    pub(super) fn new(direction: Direction, steps: Vec<BatchStep>) -> Self {
        Self { direction, steps }
    }

    /// Makes the migrations of the chain between two versions ready.
    pub(super) fn up(chain: &Chain, from: i32, to: i32, shared: &SchemaName) -> Self {
        let step = |migration: &super::Migration| {
            let part = migration.tenant()?;
            Some(BatchStep {
                to: migration.position(),
                file: FileSql::new(migration.id(), "tenant.up.sql", part.up(), shared),
                checksum: part.checksum(),
            })
        };
        Self::new(
            Direction::Up,
            tenant_parts(chain, from, to).filter_map(step).collect(),
        )
    }

    /// The steps, each a batch of its own; none if the batch is one step.
    pub(super) fn singles(&self) -> impl Iterator<Item = Self> {
        let steps = if self.steps.len() > 1 {
            self.steps.as_slice()
        } else {
            &[]
        };
        steps
            .iter()
            .map(|step| Self::new(self.direction, vec![step.clone()]))
    }

    /// Whether the batch is one step.
    pub(super) fn is_single(&self) -> bool {
        self.steps.len() == 1
    }

    /// The version that the batch leads to.
    pub(super) fn to(&self) -> i32 {
        self.steps.last().map_or(0, |step| step.to)
    }

    /// The ids of the migrations.
    pub(super) fn ids(&self) -> Vec<String> {
        let ids = self
            .steps
            .iter()
            .map(|step| step.file.migration().to_owned());
        ids.collect()
    }

    /// The message for a tenant: first the books, then the migrations.
    ///
    /// The first statement fails unless tenant and chain are as they were read; see
    /// [`is_overtaken`](crate::bookkeeping::is_overtaken).
    pub(super) fn message(&self, tenant: &Pending, edition: i64) -> Message<'_> {
        let mut message = Message::new(self.books(tenant, edition));
        for step in &self.steps {
            message.add(&step.file, Some(&tenant.schema));
        }
        message
    }

    /// Two plain statements: one that updates and inserts takes PostgreSQL twice as long to plan.
    fn books(&self, tenant: &Pending, edition: i64) -> String {
        let id = tenant.id;
        let ledger = match self.direction {
            Direction::Up => {
                let rows: Vec<String> = self
                    .steps
                    .iter()
                    .map(|step| {
                        let migration = quote_literal(step.file.migration());
                        let checksum = quote_literal(&step.checksum);
                        // It is null if the tenant is gone, and then there is nothing to apply anything to.
                        format!("((SELECT id FROM tenantry.tenant WHERE id = {id}), {migration}, {checksum})")
                    })
                    .collect();
                format!(
                    "INSERT INTO tenantry.ledger (tenant_id, migration, checksum) VALUES {}",
                    rows.join(", ")
                )
            }
            Direction::Down => {
                let steps = self.steps.iter();
                let ids: Vec<String> = steps
                    .map(|step| quote_literal(step.file.migration()))
                    .collect();
                format!(
                    "DELETE FROM tenantry.ledger WHERE tenant_id = {id} AND migration IN ({})",
                    ids.join(", ")
                )
            }
        };
        format!(
            "UPDATE tenantry.tenant SET version = CASE WHEN version = {from} AND schema_name = {schema} \
             AND state NOT IN {LEFT_OUT} AND (SELECT edition FROM tenantry.meta WHERE one = 1) = {edition} \
             THEN {to} END, last_error = NULL WHERE id = {id};\n{ledger};",
            from = tenant.version,
            schema = quote_literal(tenant.schema.as_str()),
            to = self.to(),
        )
    }
}
