//! Expressions as data, before a schema is known.

use std::borrow::Cow;

use sea_query::{BinOper, extension::postgres::PgBinOper};

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

/// Whether a value is among those of a query that may give nulls, of which one makes `NOT IN` true of nothing.
pub(crate) const AMONG_NULLS: &str = "CASE WHEN $1 IS NOT NULL THEN ($2) IS TRUE END";

const TWICE_DISTINCT: &str = "`distinct` and `distinct_on` both say which rows of the answer are left out\n\
    help: give one of them";

const FILTER_OF_GROUPS: &str = "`filter` is of rows, and behind `group_by` there are groups\n\
    help: write it before `group_by`, or `having` for a condition on the groups";

impl Shape {
    pub(crate) fn new(model: &'static ModelDef) -> Self {
        Self {
            model,
            deleted: Deleted::LeftOut,
            selected: None,
            keys: 0,
            distinct: Distinct::No,
            joins: Vec::new(),
            filter: None,
            having: None,
            order: Vec::new(),
            limit: None,
            offset: None,
            also: Vec::new(),
            origin: None,
            refused: None,
        }
    }

    /// How many columns the answer has, without those that stand behind.
    pub(crate) fn width(&self) -> usize {
        let columns = |model: &ModelDef| model.columns.len();
        let own = self.selected.as_ref();
        let own = own.map_or_else(|| columns(self.model), Vec::len);
        let joined = self.joins.iter().map(|step| columns(step.target));
        own + joined.sum::<usize>()
    }

    /// Keeps the rows that meet a condition, besides those given before.
    pub(crate) fn filter(&mut self, node: Node) {
        if self.keys > 0 {
            self.refused = Some(FILTER_OF_GROUPS);
        }
        and(&mut self.filter, node);
    }

    /// Leaves out rows of the answer that are like another.
    pub(crate) fn distinct(&mut self, distinct: Distinct) {
        match (&self.distinct, &distinct) {
            (Distinct::Yes, Distinct::On(_)) | (Distinct::On(_), Distinct::Yes) => {
                self.refused = Some(TWICE_DISTINCT);
            }
            _ => {}
        }
        self.distinct = distinct;
    }

    /// Why its rows can't be locked, if they can't.
    pub(crate) fn unlockable(&self) -> Option<&'static str> {
        if !matches!(self.distinct, Distinct::No) {
            return Some("`distinct` and `distinct_on` make one row of several");
        }
        let orders = self.order.iter().map(|order| &order.node);
        let mut nodes = self.selected.iter().flatten().chain(orders);
        nodes
            .any(Node::has_window)
            .then_some("a window is computed from several rows")
    }

    /// Keeps the groups that meet a condition, besides those given before.
    pub(crate) fn having(&mut self, node: Node) {
        and(&mut self.having, node);
    }

    /// The orders, which begin with what makes rows of `DISTINCT ON` alike.
    pub(crate) fn orders(&self) -> Cow<'_, [OrderBy]> {
        let Distinct::On(keys) = &self.distinct else {
            return Cow::Borrowed(&self.order);
        };
        let first = self.order.iter().take(keys.len());
        let known = |key: &&Node| first.clone().any(|order| order.node.same(key));
        if keys.iter().all(|key| known(&key)) {
            return Cow::Borrowed(&self.order);
        }
        let keys = keys.iter().map(|key| OrderBy {
            node: key.clone(),
            descending: false,
            nulls_first: None,
            nullable: true,
        });
        keys.chain(self.order.iter().cloned()).collect()
    }
}

fn and(sofar: &mut Option<Node>, node: Node) {
    *sofar = Some(match sofar.take() {
        Some(Node::And(mut nodes)) => {
            nodes.push(node);
            Node::And(nodes)
        }
        Some(other) => Node::And(vec![other, node]),
        None => node,
    });
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
            Self::Call(sql, _) => sql == AMONG_NULLS,
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
