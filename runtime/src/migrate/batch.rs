//! The tenant parts that lead from one version to another, made ready once and sent to each tenant at that version.

use crate::bookkeeping::{FileSql, LEFT_OUT, Message, ledger_rows};
use crate::name::{SchemaName, quote_literal};

use super::chain::{Chain, Migration, Part};
use super::plan::tenant_parts;
use super::survey::Pending;

/// What a tenant at one version needs to get to another.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    to: i32,
    files: Vec<FileSql>,
    ledger: String,
}

impl Batch {
    /// Makes the migrations between two versions ready.
    pub(super) fn new(chain: &Chain, from: i32, to: i32, shared: &SchemaName) -> Self {
        Self::of(tenant_parts(chain, from, to), to, shared)
    }

    /// Makes each of the migrations between two versions ready on its own.
    pub(super) fn singles<'a>(
        chain: &'a Chain,
        from: i32,
        to: i32,
        shared: &'a SchemaName,
    ) -> impl Iterator<Item = Self> + 'a {
        tenant_parts(chain, from, to)
            .map(|migration| Self::of(std::iter::once(migration), migration.position(), shared))
    }

    fn of<'a>(
        migrations: impl Iterator<Item = &'a Migration>,
        to: i32,
        shared: &SchemaName,
    ) -> Self {
        let parts: Vec<(&str, &Part)> = migrations
            .filter_map(|migration| Some((migration.id(), migration.tenant()?)))
            .collect();
        let checksums: Vec<String> = parts.iter().map(|(_, part)| part.checksum()).collect();
        let ids = parts.iter().map(|(id, _)| *id);
        Self {
            to,
            files: parts
                .iter()
                .map(|(id, part)| FileSql::new(id, "tenant.up.sql", part.up(), shared))
                .collect(),
            ledger: ledger_rows(ids.zip(checksums.iter().map(String::as_str))),
        }
    }

    /// How many migrations there are.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// The version that the batch leads to.
    pub(super) fn to(&self) -> i32 {
        self.to
    }

    /// The ids of the migrations.
    pub(super) fn ids(&self) -> impl Iterator<Item = String> {
        self.files.iter().map(|file| file.migration().to_owned())
    }

    /// The message for a tenant: first the ledger, then the migrations.
    ///
    /// The first statement fails unless tenant and chain are as they were read; see
    /// [`is_overtaken`](crate::bookkeeping::is_overtaken).
    pub(super) fn message(&self, tenant: &Pending, edition: i64) -> Message<'_> {
        let control = format!(
            "WITH t AS (UPDATE tenantry.tenant SET version = {to}, last_error = NULL \
             WHERE id = {id} AND version = {from} AND schema_name = {schema} AND state NOT IN {LEFT_OUT} \
             AND (SELECT edition FROM tenantry.meta) = {edition} RETURNING id) \
             INSERT INTO tenantry.ledger (tenant_id, migration, checksum) \
             SELECT (SELECT id FROM t), v.migration, v.checksum FROM (VALUES {rows}) AS v (migration, checksum);",
            to = self.to,
            id = tenant.id,
            from = tenant.version,
            schema = quote_literal(tenant.schema.as_str()),
            rows = self.ledger,
        );
        let mut message = Message::new(control);
        for file in &self.files {
            message.add(file, Some(&tenant.schema));
        }
        message
    }
}
