//! Where the database as a whole is.

use std::fmt::Write as _;

use postgres::Row;

use crate::error::Result;
use crate::name::{SchemaName, quote_literal};

/// The one row of `tenantry.meta`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meta {
    format: i32,
    /// How often the recorded chain has changed. What was planned with one revision is not done with another.
    pub(crate) chain_revision: i64,
    /// The position of the last migration that is applied to the shared schema.
    pub(crate) shared_version: i32,
    /// How far the migration after that is, if it is not done in one transaction.
    pub(crate) shared_step: i32,
    /// The position up to which new tenants are made.
    pub(crate) tenant_version: i32,
    /// The shared schema.
    pub(crate) shared_schema: SchemaName,
}

impl Meta {
    /// The columns that [`read`](Self::read) expects first in a row, of `tenantry.meta AS m`.
    pub(crate) const COLUMNS: &'static str = concat!(
        "m.format, m.",
        super::facts::chain_revision!(),
        ", m.shared_version, m.tenant_version, m.shared_schema, m.shared_step"
    );

    /// How many columns these are.
    pub(crate) const WIDTH: usize = 6;

    /// Whether the metadata tables have the format that this version reads and writes.
    pub(crate) fn is_current(&self) -> bool {
        self.format == super::formats::latest()
    }

    /// The versions of the shared schema and of new tenants.
    pub(crate) fn versions(&self) -> (i32, i32) {
        (self.shared_version, self.tenant_version)
    }

    /// Reads the columns.
    pub(crate) fn read(row: &Row) -> Result<Self> {
        let format = row.try_get(0)?;
        super::format::check_format(format)?;
        Ok(Self {
            format,
            chain_revision: row.try_get(1)?,
            shared_version: row.try_get(2)?,
            shared_step: row.try_get(5)?,
            tenant_version: row.try_get(3)?,
            shared_schema: SchemaName::new(row.try_get::<_, &str>(4)?)?,
        })
    }
}

/// The rows of a `VALUES` list for the ledger: migration and checksum.
pub(crate) fn ledger_rows<'a>(applied: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut rows = String::new();
    for (migration, checksum) in applied {
        let separator = if rows.is_empty() { "" } else { ", " };
        let (migration, checksum) = (quote_literal(migration), quote_literal(checksum));
        write!(rows, "{separator}({migration}, {checksum})").expect("a string takes all text");
    }
    rows
}
