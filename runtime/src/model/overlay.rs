//! Fields of overlays, which are those of models.

use super::check::equal;
use super::{ColumnDef, ModelDef};

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
