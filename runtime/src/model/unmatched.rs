//! Refusals of references to rows that there are not, where no constraint of the database tells.
//!
//! The statement that writes such a reference calls `tenantry.refuse` with a code that says which column of the model it is.

use super::ModelDef;
use crate::error::Error;
use crate::name::BOOKKEEPING_SCHEMA;

/// The first letters of the codes. The class is none of PostgreSQL's or of the standard's.
const CLASS: &str = "TR";

/// Returns the SQL expression that refuses the reference in the column of a model at a position.
pub(crate) fn refuse(position: usize) -> String {
    format!("{BOOKKEEPING_SCHEMA}.refuse('{CLASS}{position:03}')")
}

impl Error {
    /// Says of such a refusal which reference of the model it is about.
    pub(crate) fn of_unmatched(self, model: &ModelDef) -> Self {
        let position = self.sqlstate().and_then(|code| code.strip_prefix(CLASS));
        let position = position.and_then(|position| position.parse::<usize>().ok());
        let def = position.and_then(|position| model.columns.get(position));
        let Some((def, reference)) = def.and_then(|def| Some((def, def.references?))) else {
            return self;
        };
        let message = format!(
            "field `{}` references a row of `{}` that is not there\n\
             help: give the key of one that is; the field has no constraint, so the statement that writes it looks for the row",
            def.field, reference.model
        );
        self.unmatched(model.table, def.name, message)
    }
}
