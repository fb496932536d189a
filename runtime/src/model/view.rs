//! Queries of views, as static data.

use super::PlacementKind;
use crate::name::quote_identifier;

/// The query of a view, as `#[tenant_view]` and `#[shared_view]` read it.
#[derive(Debug, Clone, Copy)]
pub struct ViewDef {
    /// The texts and names that it is made of, in order.
    pub parts: &'static [ViewPart],
}

/// A part of the query of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ViewPart {
    /// SQL as it is.
    Text(&'static str),
    /// The table of a model, or another view, to be qualified with its schema.
    Table(PlacementKind, &'static str),
    /// The name of a column, to be quoted.
    Column(&'static str),
}

impl ViewDef {
    /// The query, where `slot` is the name of the schema of a placement as SQL has it.
    pub(crate) fn sql(&self, slot: impl Fn(PlacementKind) -> &'static str) -> String {
        let mut sql = String::new();
        for part in self.parts {
            match *part {
                ViewPart::Text(text) => sql.push_str(text),
                ViewPart::Table(placement, name) => {
                    sql.push_str(slot(placement));
                    sql.push('.');
                    sql.push_str(&quote_identifier(name));
                }
                ViewPart::Column(name) => sql.push_str(&quote_identifier(name)),
            }
        }
        sql
    }
}
