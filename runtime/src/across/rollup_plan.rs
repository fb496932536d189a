//! Roll-ups as data, without the types of their models.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::exec::Flow;
use crate::model::{ColumnDef, ModelDef, Source};
use crate::name::TenantKey;
use crate::place::Context;
use crate::query::NewRowValues;

type RowsOf = dyn Fn(&TenantKey, &Context) -> Flow<'static, Vec<NewRowValues>> + Send + Sync;

/// A roll-up, of whatever models.
#[derive(Clone)]
pub(crate) struct RollupPlan {
    pub(super) target: &'static ModelDef,
    pub(super) tenant: &'static ColumnDef,
    /// The values of the rows of a tenant.
    pub(super) rows: Arc<RowsOf>,
    pub(super) insert: fn(Vec<NewRowValues>, &Context) -> Flow<'static, u64>,
    /// Removes the rows of a tenant.
    pub(super) remove: fn(&'static ColumnDef, &TenantKey, &Context) -> Flow<'static, u64>,
    pub(super) changes: Option<RollupChanges>,
    pub(super) source: &'static ModelDef,
}

/// How it is known that a tenant has changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct RollupChanges {
    pub(super) changed: &'static ColumnDef,
    pub(super) as_of: &'static ColumnDef,
    pub(super) overlap: Duration,
}

impl RollupPlan {
    /// Refuses a moment that says nothing.
    pub(super) fn checked(&self) -> Result<()> {
        let Some(changes) = &self.changes else {
            return Ok(());
        };
        let source = changes.as_of.source;
        if matches!(source, Source::NowOnWrite | Source::NowOnInsert) {
            return Ok(());
        }
        let message = format!(
            "field `{}` says when a row was made, and the database does not fill it in\nhelp: declare it as `#[field(auto_now)]`",
            changes.as_of.field
        );
        Err(Error::new(ErrorKind::Configuration, message))
    }
}
