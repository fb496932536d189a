//! The key of views without one.

use std::fmt;

use bytes::BytesMut;
use postgres::types::Type;

use super::{Key, KeyValues};
use crate::model::RowReader;
use crate::value::{DecodeError, Field, FieldType, Param};

/// Key of a view that says of no field that no two rows share it.
///
/// There is no value that finds such a row: it is found by conditions on its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoKey;

/// Why it is no value of a column. The compiler refuses a field of such a type.
const NO_VALUE: &str = "rows of a view without a key are referenced by nothing\n\
    help: write `#[field(key)]` above the field of the view that no two of its rows share";

// It is no help to whoever has written another type.
#[diagnostic::do_not_recommend]
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

    is_no_value!(NO_VALUE);
}
