//! Values of statements.

use std::sync::Arc;

use crate::value::{Field, Param};

/// A value in a statement. What can't be encoded is reported when the statement is made.
#[derive(Debug, Clone)]
pub(crate) enum Operand {
    Param(Param),
    Unencodable(Arc<str>),
}

impl Operand {
    pub(crate) fn of<T: Field>(value: &T) -> Self {
        match value.to_param() {
            Ok(param) => Self::Param(param),
            Err(error) => Self::Unencodable(error.to_string().into()),
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Param(param) if param.is_null())
    }
}
