//! Models as data that is owned: what becomes source, and what the first migration is made of.

use std::collections::BTreeMap;

use crate::model::{OnDelete, PlacementKind};
use crate::structure::{Column, Table};
use crate::value::SqlType;

/// A model that is to be written.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) placement: PlacementKind,
    pub(super) table: String,
    pub(super) comment: Option<String>,
    pub(super) fields: Vec<DraftField>,
    pub(super) indexes: Vec<DraftIndex>,
    pub(super) checks: Vec<DraftCheck>,
    pub(super) foreign_keys: Vec<DraftForeignKey>,
}

/// A field of it.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an argument of its own"
)]
pub(super) struct DraftField {
    /// The name, with `r#` where that has to be.
    pub(super) name: String,
    pub(super) column: String,
    /// The type, without `Option`.
    pub(super) rust: String,
    pub(super) sql: SqlType,
    /// The bounds of the type: `max_length = 40`.
    pub(super) bounds: Option<String>,
    pub(super) nullable: bool,
    pub(super) origin: DraftOrigin,
    pub(super) is_key: bool,
    /// Whether other fields are the key with it.
    pub(super) is_part: bool,
    pub(super) unique: bool,
    pub(super) index: bool,
    pub(super) references: Option<DraftReference>,
    pub(super) on_delete: OnDelete,
    pub(super) labels: Option<Vec<String>>,
    pub(super) not_a_reference: bool,
    pub(super) comment: Option<String>,
    /// Whether the column is another one afterwards: what was a sequence, or an enum of PostgreSQL's.
    pub(super) is_converted: bool,
}

/// Where the values of a field come from that an insert does not give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DraftOrigin {
    Given,
    /// An identity column, or a random UUID.
    Key,
    Default {
        sql: String,
        /// The default as it is written: `"draft"`, or `sql("now()")`.
        shown: String,
    },
    Generated(String),
}

/// The model that a field leads to.
#[derive(Debug, Clone)]
pub(super) struct DraftReference {
    pub(super) model: String,
    pub(super) placement: PlacementKind,
    pub(super) table: String,
    pub(super) column: String,
}

/// An index, a unique constraint or an exclusion constraint.
#[derive(Debug, Clone)]
pub(super) struct DraftIndex {
    pub(super) name: Option<String>,
    /// The position of a field, or an expression.
    pub(super) parts: Vec<Result<usize, String>>,
    pub(super) unique: bool,
    pub(super) filter: Option<String>,
    pub(super) method: Option<String>,
    /// The operators of an exclusion constraint.
    pub(super) operators: Vec<String>,
}

/// A foreign key of several columns.
#[derive(Debug, Clone)]
pub(super) struct DraftForeignKey {
    pub(super) name: Option<String>,
    /// The positions of the fields, in the order of the other model's key.
    pub(super) fields: Vec<usize>,
    pub(super) model: String,
    pub(super) placement: PlacementKind,
    pub(super) table: String,
    /// The columns of the other model's key.
    pub(super) key: Vec<String>,
    pub(super) on_delete: OnDelete,
}

/// A condition on the rows.
#[derive(Debug, Clone)]
pub(super) struct DraftCheck {
    pub(super) name: String,
    pub(super) condition: String,
}

/// An enum that fields have.
#[derive(Debug, Clone)]
pub(super) struct DraftEnum {
    pub(super) name: String,
    /// The name that it would have if no other type had it.
    pub(super) wanted: String,
    pub(super) variants: Vec<String>,
    pub(super) labels: Vec<String>,
}

/// A table that becomes a model.
#[derive(Debug)]
pub(super) struct Planned<'a> {
    pub(super) placement: PlacementKind,
    pub(super) name: &'a str,
    pub(super) table: &'a Table,
    pub(super) model: String,
    /// The columns of the key, in its order.
    pub(super) keys: Vec<&'a Column>,
}

/// The comment as a doc comment is read: without space at the ends.
pub(super) fn comment(text: Option<&str>) -> Option<String> {
    let lines: Vec<&str> = text?.split('\n').map(str::trim_end).collect();
    let text = lines.join("\n").trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// All that there is to write.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    pub(super) models: Vec<Draft>,
    pub(super) enums: Vec<DraftEnum>,
    /// Why tables and columns have no models and fields, by placement and table.
    pub(super) left_out: BTreeMap<(PlacementKind, String), Vec<String>>,
}

impl Drafts {
    pub(super) fn model(&self, placement: PlacementKind, table: &str) -> Option<&Draft> {
        self.models
            .iter()
            .find(|it| it.placement == placement && it.table == table)
    }

    pub(super) fn leave_out(&mut self, placement: PlacementKind, table: &str, why: String) {
        let of_table = (placement, table.to_owned());
        self.left_out.entry(of_table).or_default().push(why);
    }
}
