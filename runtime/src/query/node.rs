//! Expressions as data, before a schema is known.

use std::borrow::Cow;
use std::sync::Arc;

use sea_query::{BinOper, UnionType, extension::postgres::PgBinOper};

use crate::model::{ColumnDef, ModelDef};
use crate::place::Context;
use crate::value::SqlType;

pub(crate) use super::deleted::Deleted;
pub(crate) use super::operand::Operand;

/// A foreign key, walked in one of its directions: `from` is a column of the model at hand, `to` one of `target`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) from: &'static ColumnDef,
    pub(crate) to: &'static ColumnDef,
    pub(crate) target: &'static ModelDef,
}

impl Step {
    /// Whether it leads from a row to the one that it references.
    pub(crate) fn is_to_referenced(&self) -> bool {
        let target = self.target;
        self.from.references.as_ref().is_some_and(|to| {
            (to.model, to.module, to.column) == (target.name, target.module, self.to.name)
        })
    }
}

/// An expression over a row.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    /// A column of the row.
    Column(&'static ColumnDef),
    /// A column of the new row of an insert that has met another.
    New(&'static ModelDef, &'static ColumnDef),
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
    /// An aggregate.
    Aggregate(Aggregation, Vec<Node>),
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
    /// An aggregate of the rows that reference the row.
    Among(Step, Box<Node>),
    /// A query's only value, or, behind SQL such as `EXISTS`, what that makes of the query.
    Query(Option<&'static str>, Box<Shape>),
    /// Whether a value is among those of a query.
    InQuery(Box<Node>, Box<Shape>),
    /// An expression that is nested too deep to be sent.
    TooDeep,
}

/// An aggregate function, of expressions that stand where it has `$1`, `$2`, ….
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Aggregation {
    pub(crate) sql: &'static str,
    /// The type of the first expression, and that of the aggregate.
    pub(crate) of: SqlType,
    pub(crate) gives: SqlType,
}

/// Stands for the depth of a tree's row.
pub(crate) const DEPTH: &str = "depth of a tree's row";

/// An order of rows.
#[derive(Debug, Clone)]
pub(crate) struct OrderBy {
    pub(crate) node: Node,
    pub(crate) descending: bool,
    pub(crate) nulls_first: Option<bool>,
    /// Whether it can be null.
    pub(crate) nullable: bool,
}

/// A query, before a schema is known.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) model: &'static ModelDef,
    pub(crate) source: RowSource,
    pub(crate) deleted: Deleted,
    /// Expressions to be selected instead of the rows.
    pub(crate) selected: Option<Vec<Node>>,
    /// How many of the selected ones are the keys of groups. They are the first.
    pub(crate) keys: usize,
    pub(crate) distinct: Distinct,
    pub(crate) joins: Vec<Step>,
    pub(crate) filter: Option<Node>,
    pub(crate) having: Option<Node>,
    pub(crate) order: Vec<OrderBy>,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: Option<u64>,
    /// Expressions that stand behind all that is selected, for whoever runs the query.
    pub(crate) also: Vec<Node>,
    /// Where the row comes from that the query follows, so that it runs nowhere else.
    pub(crate) origin: Option<(Context, &'static ModelDef)>,
    /// Why it can't be sent.
    pub(crate) refused: Option<&'static str>,
}

/// Where the rows of a query come from.
#[derive(Debug, Clone)]
pub(crate) enum RowSource {
    /// The table of its model.
    Table,
    /// Other queries.
    Queries(Box<SetOperation>),
    /// A query that the statement computes once.
    Once(Arc<Shape>),
    /// The rows that a reference of the model to itself leads to, from level to level.
    Tree(Box<TreeWalk>),
}

/// A walk along references of a model to itself.
#[derive(Debug, Clone)]
pub(crate) struct TreeWalk {
    /// From a row to the next ones.
    pub(crate) step: Step,
    /// The column by which rows are known.
    pub(crate) key: &'static ColumnDef,
    /// The key of the row where it begins.
    pub(crate) row: Node,
    /// Which rows it goes along.
    pub(crate) deleted: Deleted,
    pub(crate) condition: Option<Box<Node>>,
    /// How many references it goes along.
    pub(crate) levels: Option<u64>,
    /// Whether the row where it begins is given too.
    pub(crate) has_row: bool,
}

/// Queries whose answers are put together.
#[derive(Debug, Clone)]
pub(crate) struct SetOperation {
    /// How the answers become one; of one query it says nothing.
    pub(crate) how: UnionType,
    pub(crate) parts: Vec<Shape>,
    /// How many levels of such queries there are.
    pub(crate) levels: usize,
}

/// Which rows of the answer are left out because there is another like them.
#[derive(Debug, Clone)]
pub(crate) enum Distinct {
    No,
    Yes,
    /// Those after the first with the same values of some expressions.
    On(Vec<Node>),
}

/// An aggregate that takes only some rows.
pub(crate) const FILTERED: &str = "$1 FILTER (WHERE $2)";

/// The beginning of a window.
pub(crate) const OVER: &str = "$1 OVER (";

/// The beginning of a comparison of several columns at once.
pub(crate) const ROWS: &str = "(($1, $2";

/// Whether a value is among those of a query that may give nulls, of which one makes `NOT IN` true of nothing.
pub(crate) const AMONG_NULLS: &str = "CASE WHEN $1 IS NOT NULL THEN ($2) IS TRUE END";

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

    /// Whether a window is part of it; not of a query within it.
    pub(super) fn has_window(&self) -> bool {
        self.any(&|node| matches!(node, Self::Call(sql, _) if sql.starts_with(OVER)))
    }

    /// Whether it is over a row that need not be there: a foreign key without a constraint leads nowhere once somebody has deleted the row.
    pub(super) fn may_miss(&self) -> bool {
        let may_miss = |step: &Step| step.from.nullable || !step.from.constraint;
        self.any(&|node| matches!(node, Self::At(step, _) if may_miss(step)))
    }

    /// Whether something is so of any part of it; not of a query within it.
    fn any(&self, is_so: &dyn Fn(&Self) -> bool) -> bool {
        let any = |node: &Self| node.any(is_so);
        is_so(self)
            || match self {
                Self::Binary(sides, _) | Self::Has(sides) => any(&sides.0) || any(&sides.1),
                Self::Between(parts) => any(&parts.0) || any(&parts.1) || any(&parts.2),
                Self::Call(_, nodes)
                | Self::Aggregate(_, nodes)
                | Self::And(nodes)
                | Self::Or(nodes) => nodes.iter().any(any),
                Self::At(_, of)
                | Self::Not(of)
                | Self::In { of, .. }
                | Self::Null { of, .. }
                | Self::InQuery(of, _) => any(of),
                Self::Column(_)
                | Self::New(..)
                | Self::Value { .. }
                | Self::Constant(_)
                | Self::Exists { .. }
                | Self::Among(..)
                | Self::Query(..)
                | Self::TooDeep => false,
            }
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

    /// The definition of the row's own column, if it is one.
    pub(crate) fn own_def(&self) -> Option<&'static ColumnDef> {
        match self {
            Self::Column(column) => Some(column),
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
            Self::Call(sql, _) => sql == AMONG_NULLS || sql.starts_with(ROWS),
            Self::In { .. }
            | Self::Between(_)
            | Self::Has(_)
            | Self::InQuery(..)
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

pub(super) fn yields_truth(operator: BinOper) -> bool {
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
