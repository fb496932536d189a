//! The table of a model in a place.

use std::fmt;

use super::ModelDef;
use crate::name::{SchemaName, quote_identifier};
use crate::place::Context;

/// The table of a model, with the schema that it has in a place. Its `Display` form is the name as SQL has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table<'c> {
    pub(crate) schema: &'c SchemaName,
    pub(crate) name: &'static str,
}

impl ModelDef {
    /// Returns the table of the model in a place. All names of tables in statements come from here.
    pub(crate) fn table_in<'c>(&self, context: &'c Context) -> Table<'c> {
        Table {
            schema: context.schema(self.placement),
            name: self.table,
        }
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = quote_identifier(self.name);
        write!(f, "{}.{table}", self.schema.quoted())
    }
}
