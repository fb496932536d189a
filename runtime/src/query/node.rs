//! Conditions as data, before a schema is known.

use std::sync::Arc;

use crate::model::{ColumnDef, ModelDef};
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

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A foreign key, walked in one of its directions: `from` is a column of the model at hand, `to` one of `target`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) from: &'static ColumnDef,
    pub(crate) to: &'static ColumnDef,
    pub(crate) target: &'static ModelDef,
}

/// A condition on a row.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Constant(bool),
    Compare {
        column: &'static ColumnDef,
        how: Comparison,
        value: Operand,
    },
    CompareColumns {
        left: &'static ColumnDef,
        how: Comparison,
        right: &'static ColumnDef,
    },
    In {
        column: &'static ColumnDef,
        values: Vec<Operand>,
        negated: bool,
    },
    Between {
        column: &'static ColumnDef,
        low: Operand,
        high: Operand,
    },
    Like {
        column: &'static ColumnDef,
        pattern: String,
        any_case: bool,
    },
    Null {
        column: &'static ColumnDef,
        negated: bool,
    },
    Has {
        column: &'static ColumnDef,
        value: Operand,
    },
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Exists {
        step: Step,
        condition: Box<Node>,
    },
}
