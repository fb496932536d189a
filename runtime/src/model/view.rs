//! Models that are views.

use std::fmt;

use bytes::BytesMut;
use postgres::types::Type;

use super::{ColumnDef, Key, KeyValues, Model, ModelDef, PlacementKind, RowReader};
use crate::error::{Error, ErrorKind};
use crate::name::quote_identifier;
use crate::value::{DecodeError, Field, FieldType, Param};

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

/// A model whose rows are written: every one that is a table, and no view. Implemented by `#[tenant_model]` and `#[shared_model]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a view, which is read and never written",
    label = "no rows of its own to write",
    note = "write the rows of the tables that its SELECT reads: it has what they have, with the next query",
    note = "in generic code, ask for `M: Writable` beside `M: Model`"
)]
pub trait Writable: Model {}

/// Key of a view that says of no field that no two rows share it.
///
/// There is no value that finds such a row: it is found by conditions on its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoKey;

/// Why it is no value of a column. The compiler refuses a field of such a type.
const NO_VALUE: &str = "rows of a view without a key are referenced by nothing\n\
    help: write `#[field(key)]` above the field of the view that no two of its rows share";

impl Key for NoKey {
    // For nobody: a reference to such a view is refused by the name of its column, which is empty.
    const TYPE: FieldType = <String as Field>::TYPE;

    fn duplicate(&self) -> Self {
        Self
    }

    fn equals(&self, _: &Self) -> bool {
        false
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no key")
    }

    fn values(&self) -> Result<KeyValues, (usize, DecodeError)> {
        Ok(KeyValues::Several(Vec::new()))
    }

    fn write(&self, _: &mut BytesMut) -> Result<(), DecodeError> {
        Err(NO_VALUE.into())
    }

    fn read(_: &Type, _: &[u8]) -> Result<Self, DecodeError> {
        Err(NO_VALUE.into())
    }

    fn to_param(&self) -> Result<Param, DecodeError> {
        Err(NO_VALUE.into())
    }

    fn take(_: &mut RowReader<'_>) -> Result<Self, DecodeError> {
        Err(NO_VALUE.into())
    }
}

/// Why something can't be had of a view without a key.
const WITHOUT_KEY: &str = "a view without a key has no rows that could be told apart";

impl ModelDef {
    /// Whether the model has no key by which its rows could be found.
    pub(crate) const fn is_keyless(&self) -> bool {
        self.key.is_empty()
    }

    /// The column by which others reference the model: its key, which is one column wherever anything does.
    pub(crate) const fn referenced_column(&self) -> &'static ColumnDef {
        assert!(
            !self.is_keyless(),
            "a view without a key has no rows that could be told apart\nhelp: write `#[field(key)]` above the field of the view that no two of its rows share"
        );
        &self.columns[self.key[0]]
    }

    /// Refuses what needs a key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], when the model is a view without one.
    pub(crate) fn check_keyed(&self) -> Result<(), Error> {
        if !self.is_keyless() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Configuration,
            format!("`{}`: {WITHOUT_KEY}", self.name),
        )
        .help("write `#[field(key)]` above the field that no two of its rows share, or look for rows with `query().filter(..)`"))
    }
}
