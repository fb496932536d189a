//! Keys in statements.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::error::encode_error;
use super::fits::check_sendable;
use crate::error::Result;
use crate::model::{Fk, KeyValues, Model, ModelDef};
use crate::value::Param;

/// The key of a row in a statement. What can't be encoded is reported when the statement is made.
#[derive(Debug, Clone)]
pub(super) enum KeyOperand {
    Values(KeyValues),
    /// Which of its columns has no such value, and why.
    Unencodable(usize, Arc<str>),
}

impl KeyOperand {
    pub(super) fn of<M: Model>(key: &Fk<M>) -> Self {
        match key.values() {
            Ok(values) => Self::Values(values),
            Err((column, error)) => Self::Unencodable(column, error.to_string().into()),
        }
    }

    /// Returns the values that the key's columns are compared with.
    pub(super) fn compared(self, model: &'static ModelDef) -> Result<KeyValues> {
        model.check_keyed()?;
        match self {
            Self::Values(values) => {
                for (def, value) in model.key_columns().zip(values.as_slice()) {
                    check_sendable(def, value)?;
                }
                Ok(values)
            }
            Self::Unencodable(column, why) => {
                let def = &model.columns[model.key[column]];
                Err(encode_error(&format!("field `{}`: {why}", def.field)))
            }
        }
    }
}

/// A key by the bytes of its values: what rows are told apart and ordered by.
pub(super) struct KeyBytes<'a>(pub(super) &'a KeyValues);

impl KeyBytes<'_> {
    fn values(&self) -> impl Iterator<Item = &[u8]> {
        self.0.as_slice().iter().map(Param::bytes)
    }
}

impl PartialEq for KeyBytes<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.values().eq(other.values())
    }
}

impl Eq for KeyBytes<'_> {}

impl PartialOrd for KeyBytes<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for KeyBytes<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.values().cmp(other.values())
    }
}

impl Hash for KeyBytes<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.values().for_each(|value| value.hash(state));
    }
}
