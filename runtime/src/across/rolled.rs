//! Outcome of a roll-up, and whom it could not be made for.

use super::gathered::LeftOut;
use crate::error::Result;
use crate::name::TenantKey;

/// Outcome of a [roll-up](super::Rollup): whose rows were made anew, and whose could not be.
#[must_use = "some tenants may be left out of it"]
#[derive(Debug, Default)]
pub struct RolledUp {
    pub(super) tenants: usize,
    pub(super) unchanged: usize,
    pub(super) rows: u64,
    pub(super) gone: Vec<TenantKey>,
    pub(super) suspended: Vec<TenantKey>,
    pub(super) left_out: Vec<LeftOut>,
}

impl RolledUp {
    /// The number of tenants whose rows were made anew.
    pub fn tenants(&self) -> usize {
        self.tenants
    }

    /// The number of tenants that have not changed since their rows were made.
    pub fn unchanged(&self) -> usize {
        self.unchanged
    }

    /// The number of rows that were made.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The keys that rows were removed of, because no tenant has them any more: it was dropped, or renamed.
    pub fn gone(&self) -> &[TenantKey] {
        &self.gone
    }

    /// The suspended tenants that have rows: these are kept as they were.
    pub fn suspended(&self) -> &[TenantKey] {
        &self.suspended
    }

    /// The tenants that were asked for and could not be done, and why. Their rows are as they were.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// Takes the outcome if no tenant was left out.
    ///
    /// # Errors
    ///
    /// That of the first tenant that was left out.
    pub fn whole(mut self) -> Result<Self> {
        if self.left_out.is_empty() {
            return Ok(self);
        }
        let others = self.left_out.len() - 1;
        Err(self.left_out.swap_remove(0).into_error(others))
    }
}
