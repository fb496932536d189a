//! Overlays, as static data.

use super::check::equal;
use super::{ColumnDef, ModelDef};

/// Two models whose rows are one list, as `#[tenant_overlay]` reads them: a tenant's row, or else the shared one with the same key.
#[derive(Debug, Clone, Copy)]
pub struct OverlayDef {
    /// The tenant's model, whose rows come first.
    pub own: &'static ModelDef,
    /// The shared model, whose rows are there where the tenant has none.
    pub shared: &'static ModelDef,
    /// The position of the column that says whether a row is the tenant's own.
    pub mark: Option<usize>,
    /// Whether a row that the tenant has deleted hides the shared one.
    pub deleted_hides: bool,
}

impl ModelDef {
    /// The column of a field, if there is such a field.
    pub(crate) const fn field(&self, name: &str) -> Option<&'static ColumnDef> {
        let columns = self.columns;
        let mut i = 0;
        while i < columns.len() {
            if equal(columns[i].field, name) {
                return Some(&columns[i]);
            }
            i += 1;
        }
        None
    }
}

impl ColumnDef {
    /// Has the column be there for the tenants that have the field of the same name in a model.
    pub const fn as_in(mut self, model: &ModelDef) -> Self {
        if let Some(of_model) = model.field(self.field) {
            self.since = of_model.since;
            self.until = of_model.until;
        }
        self
    }
}
