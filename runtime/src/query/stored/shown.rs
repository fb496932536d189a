//! Stored rows where their values or keys are asked for.

use std::fmt;

use super::Stored;
use crate::error::Result;
use crate::model::{Fk, Model};
use crate::value::IntoValue;

impl<M: Model + fmt::Debug> fmt::Debug for Stored<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.row, f)
    }
}

impl<M: Model + PartialEq> PartialEq for Stored<M> {
    fn eq(&self, other: &Self) -> bool {
        self.row == other.row && self.origin.same_rows(&other.origin, M::DEF.placement)
    }
}

impl<M: Model + serde::Serialize> serde::Serialize for Stored<M> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.row.serialize(serializer)
    }
}

impl<M: Model> IntoValue<Fk<M>> for &Stored<M> {
    fn into_value(self) -> Fk<M> {
        self.key()
    }
}

impl<M: Model> IntoValue<Option<Fk<M>>> for &Stored<M> {
    fn into_value(self) -> Option<Fk<M>> {
        Some(self.key())
    }
}
