//! Expressions as data, before a schema is known.

use std::borrow::Cow;
use std::sync::Arc;

use sea_query::{BinOper, extension::postgres::PgBinOper};

use crate::model::{ColumnDef, ModelDef};
use crate::value::{Field, Param, SqlType};

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

/// A foreign key, walked in one of its directions: `from` is a column of the model at hand, `to` one of `target`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) from: &'static ColumnDef,
    pub(crate) to: &'static ColumnDef,
    pub(crate) target: &'static ModelDef,
}

/// An expression over a row.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    /// A column of the row.
    Column(&'static ColumnDef),
    /// An expression over the row that a foreign key leads to.
    At(Step, Box<Node>),
    /// A value, and the column that it is compared with, if it is one.
    Value {
        value: Operand,
        column: Option<&'static ColumnDef>,
    },
    /// SQL without parameters.
    Constant(&'static str),
    /// SQL that has expressions where it has `$1`, `$2`, ….
    Call(Cow<'static, str>, Vec<Node>),
    Binary(Box<(Node, Node)>, BinOper),
    In {
        of: Box<Node>,
        sql: SqlType,
        values: Vec<Operand>,
        negated: bool,
    },
    Between(Box<(Node, Node, Node)>),
    Null {
        of: Box<Node>,
        negated: bool,
    },
    /// Whether an array has a value.
    Has(Box<(Node, Node)>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Exists {
        step: Step,
        condition: Box<Node>,
    },
}

impl Node {
    pub(crate) fn value(value: Operand) -> Self {
        Self::Value {
            value,
            column: None,
        }
    }

    pub(crate) fn call(sql: impl Into<Cow<'static, str>>, parts: Vec<Self>) -> Self {
        Self::Call(sql.into(), parts)
    }

    /// Two expressions with an operator between them.
    pub(crate) fn binary(left: Self, operator: impl Into<BinOper>, right: Self) -> Self {
        let (beside_left, beside_right) = (left.def(), right.def());
        let pair = (left.beside(beside_right), right.beside(beside_left));
        Self::Binary(Box::new(pair), operator.into())
    }

    pub(crate) fn null(of: Self, negated: bool) -> Self {
        Self::Null {
            of: Box::new(of),
            negated,
        }
    }

    /// The definition of the column, if it is one.
    pub(crate) fn def(&self) -> Option<&'static ColumnDef> {
        match self {
            Self::Column(column) => Some(column),
            Self::At(_, of) => of.def(),
            _ => None,
        }
    }

    /// Tells a value beside which column it stands, so that an error can name that.
    pub(crate) fn beside(self, beside: Option<&'static ColumnDef>) -> Self {
        match self {
            Self::Value {
                value,
                column: None,
            } => Self::Value {
                value,
                column: beside,
            },
            other => other,
        }
    }

    /// The expression where its value counts: a condition that is neither true nor false is false there.
    pub(crate) fn known(self) -> Self {
        let unknown = match &self {
            Self::Binary(_, operator) => yields_truth(*operator),
            Self::In { .. }
            | Self::Between(_)
            | Self::Has(_)
            | Self::And(_)
            | Self::Or(_)
            | Self::Not(_) => true,
            _ => false,
        };
        if unknown {
            Self::call("($1) IS TRUE", vec![self])
        } else {
            self
        }
    }
}

fn yields_truth(operator: BinOper) -> bool {
    !matches!(
        operator,
        BinOper::Add
            | BinOper::Sub
            | BinOper::Mul
            | BinOper::Div
            | BinOper::Mod
            | BinOper::Custom("->" | "->>")
            | BinOper::PgOperator(PgBinOper::Concatenate)
    )
}
