//! A database's door to the rows of all tenants.

use super::Database;
use crate::across::{Fleet, SeesAllTenants};
use crate::error::Result;

impl Database {
    /// Opens the scope of many tenants, for [somebody who may see them all](crate::across).
    ///
    /// # Errors
    ///
    /// When no connection can be had.
    pub fn across(&self, _: &impl SeesAllTenants) -> Result<Fleet> {
        Ok(Fleet::new(self.connection(None)?, &self.context))
    }
}
