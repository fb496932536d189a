//! References of fields to models.

use crate::place::PlacementKind;

/// The model that a foreign key points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// The model's name.
    pub model: &'static str,
    /// The path of the module that declares it.
    pub module: &'static str,
    /// Where its table lives.
    pub placement: PlacementKind,
    /// Its table.
    pub table: &'static str,
    /// Its primary key's column.
    pub column: &'static str,
    /// Whether the model is a view.
    pub is_view: bool,
    /// Whether it is an overlay of two models, which is in no database.
    pub is_overlay: bool,
}
