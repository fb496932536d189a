//! Foreign keys of several columns, as the attribute of a struct says them.

use super::OnDelete;
use crate::value::Reference;

/// A foreign key of several columns.
#[derive(Debug)]
pub struct ForeignKeyDef {
    /// The constraint's name, unless the table's and the columns' give it.
    pub name: Option<&'static str>,
    /// The columns, in the order of the other model's key.
    pub columns: &'static [&'static str],
    /// The model that they reference.
    pub references: Reference,
    /// The columns of its key.
    pub key: &'static [&'static str],
    /// Action on a row when the row that it references is deleted.
    pub on_delete: OnDelete,
}
