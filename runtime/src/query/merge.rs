//! Aggregates of the rows of many tenants: what is asked of each tenant, and what is made of the answers.
//!
//! A count is the sum of counts, an average is a sum and a count. What is not made of such parts, as the number of different values, needs
//! the values themselves: these come as rows of their own, of another kind.

use super::node::{Aggregation, FILTERED, Node, OrderBy, Shape};
use crate::error::{Error, ErrorKind, Result};
use crate::query::node::Distinct;
use crate::value::SqlType;

const PER_TENANT: &str = "behind aggregates over all tenants stands something of each tenant: a column, or a query for other rows\n\
    help: put it into the aggregate, or into `group_by`; or ask with `by_tenant`, which answers for each tenant";

/// The aggregate that tells nothing of the values.
const COUNT: &str = "count($1)";

const OWN_TYPE: &str = "an aggregate over all tenants has values of an enum that each tenant's schema has for itself, or of an extension's type\n\
    help: put the column into `group_by`, or ask with `by_tenant`, which answers for each tenant";

/// The parts of a query for groups over many tenants.
#[derive(Debug)]
pub(crate) struct Merge {
    /// The number of keys of the groups.
    pub(crate) keys: usize,
    pub(crate) partials: Vec<Partial>,
    pub(crate) wholes: Vec<Whole>,
    /// The selected expressions, made of the columns of [`names`](Self::names).
    pub(crate) outputs: Vec<Node>,
    pub(crate) having: Option<Node>,
    pub(crate) order: Vec<OrderBy>,
    pub(crate) is_distinct: bool,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: Option<u64>,
}

/// An aggregate of a tenant's rows, of which aggregates can be made again.
#[derive(Debug)]
pub(crate) struct Partial {
    node: Node,
    /// The function that makes one of several.
    pub(crate) again: &'static str,
    pub(crate) sql: SqlType,
}

/// Values that an aggregate needs all together.
#[derive(Debug)]
pub(crate) struct Whole {
    function: Aggregation,
    value: Node,
    filter: Option<Node>,
}

impl Whole {
    /// Whether equal values are as good as one.
    pub(crate) fn is_set(&self) -> bool {
        self.function.sql == "count(DISTINCT $1)"
    }

    pub(crate) fn sql(&self) -> SqlType {
        self.function.of
    }
}

impl Merge {
    /// Takes a query for groups apart. Gives what is asked of each tenant too.
    pub(crate) fn of(mut shape: Shape) -> Result<(Self, Vec<Shape>)> {
        let selected = shape.selected.take().unwrap_or_default();
        let is_distinct = matches!(shape.distinct, Distinct::Yes);
        let mut merge = Self {
            keys: shape.keys,
            partials: Vec::new(),
            wholes: Vec::new(),
            outputs: Vec::new(),
            having: None,
            order: Vec::new(),
            is_distinct,
            limit: shape.limit.take(),
            offset: shape.offset.take(),
        };
        let keys = &selected[..shape.keys];
        for node in &selected {
            let output = merge.made(node, keys)?;
            merge.outputs.push(output);
        }
        if let Some(having) = shape.having.take() {
            merge.having = Some(merge.made(&having, keys)?);
        }
        for by in std::mem::take(&mut shape.order) {
            let node = merge.made(&by.node, keys)?;
            merge.order.push(OrderBy { node, ..by });
        }
        shape.distinct = Distinct::No;
        let parts = merge.parts(&shape, keys);
        Ok((merge, parts))
    }

    /// The columns that each tenant answers with.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = [
            ("k", self.keys),
            ("a", self.partials.len()),
            ("w", self.wholes.len()),
        ];
        let numbered = names
            .into_iter()
            .flat_map(|(name, count)| (1..=count).map(move |number| format!("{name}{number}")));
        numbered.chain(["kind".to_owned()]).collect()
    }

    fn parts(&self, shape: &Shape, keys: &[Node]) -> Vec<Shape> {
        let null = |sql: SqlType| Node::call(format!("CAST(NULL AS {sql})"), Vec::new());
        let no_partials = || self.partials.iter().map(|partial| null(partial.sql));
        let no_wholes = || self.wholes.iter().map(|whole| null(whole.sql()));
        let kind = |kind: usize| Node::call(kind.to_string(), Vec::new());
        let partials = self.partials.iter().map(|partial| partial.node.clone());
        let values = keys.iter().cloned().chain(partials).chain(no_wholes());
        let mut counted = shape.clone();
        counted.selected = Some(values.chain([kind(0)]).collect());
        let mut parts = vec![counted];
        for (index, whole) in self.wholes.iter().enumerate() {
            let mut values: Vec<Node> = no_wholes().collect();
            values[index] = whole.value.clone();
            let values = keys.iter().cloned().chain(no_partials()).chain(values);
            let mut part = shape.clone();
            part.keys = 0;
            part.selected = Some(values.chain([kind(index + 1)]).collect());
            if whole.is_set() {
                part.distinct = Distinct::Yes;
            }
            if let Some(filter) = &whole.filter {
                part.filter(filter.clone());
            }
            parts.push(part);
        }
        parts
    }

    /// Makes of an expression over a group what it is once all have answered.
    fn made(&mut self, node: &Node, keys: &[Node]) -> Result<Node> {
        if let Some(key) = keys.iter().position(|key| key.same(node)) {
            return Ok(named(format!("k{}", key + 1)));
        }
        let mut each = |nodes: &[Node]| -> Result<Vec<Node>> {
            nodes.iter().map(|node| self.made(node, keys)).collect()
        };
        Ok(match node {
            Node::Aggregate(function, parts) => self.aggregate(*function, parts, None)?,
            Node::Call(sql, parts) if sql == FILTERED => match &parts[..] {
                [Node::Aggregate(function, parts), filter] => {
                    self.aggregate(*function, parts, Some(filter))?
                }
                _ => return Err(per_tenant()),
            },
            Node::Call(sql, parts) => Node::Call(sql.clone(), each(parts)?),
            Node::Binary(sides, operator) => {
                let sides = (self.made(&sides.0, keys)?, self.made(&sides.1, keys)?);
                Node::Binary(Box::new(sides), *operator)
            }
            Node::In {
                of,
                sql,
                values,
                negated,
            } => Node::In {
                of: Box::new(self.made(of, keys)?),
                sql: *sql,
                values: values.clone(),
                negated: *negated,
            },
            Node::Between(parts) => {
                let (of, low, high) = &**parts;
                let parts = [of, low, high].map(|part| self.made(part, keys));
                let [of, low, high] = parts;
                Node::Between(Box::new((of?, low?, high?)))
            }
            Node::Null { of, negated } => Node::null(self.made(of, keys)?, *negated),
            Node::Has(parts) => {
                let parts = (self.made(&parts.0, keys)?, self.made(&parts.1, keys)?);
                Node::Has(Box::new(parts))
            }
            Node::And(nodes) => Node::And(each(nodes)?),
            Node::Or(nodes) => Node::Or(each(nodes)?),
            Node::Not(of) => Node::Not(Box::new(self.made(of, keys)?)),
            Node::Value { .. } | Node::Constant(_) | Node::TooDeep => node.clone(),
            Node::Column(_)
            | Node::New(..)
            | Node::At(..)
            | Node::Exists { .. }
            | Node::Among(..)
            | Node::Query(..)
            | Node::InQuery(..) => return Err(per_tenant()),
        })
    }

    fn aggregate(
        &mut self,
        function: Aggregation,
        parts: &[Node],
        filter: Option<&Node>,
    ) -> Result<Node> {
        let gives = function.gives;
        if gives.read_as().is_some() || function.of.read_as().is_some() && function.sql != COUNT {
            return Err(Error::new(ErrorKind::Configuration, OWN_TYPE));
        }
        let call = |sql, gives| {
            let of = function.of;
            let call = Node::Aggregate(Aggregation { sql, of, gives }, parts.to_vec());
            match filter {
                Some(filter) => Node::call(FILTERED, vec![call, filter.clone()]),
                None => call,
            }
        };
        Ok(match function.sql {
            "count(*)" | "count($1)" => {
                let count = self.partial(call(function.sql, gives), "sum", gives);
                named(format!("CAST(coalesce(sum({count}), 0) AS bigint)"))
            }
            "avg($1)" => {
                let is_float = matches!(gives, SqlType::Double);
                let (sum, sql) = if is_float {
                    // The sum of `real` is less exact than its average.
                    ("sum(CAST($1 AS double precision))", SqlType::Double)
                } else {
                    ("sum(CAST($1 AS numeric))", SqlType::Numeric)
                };
                let sum = self.partial(call(sum, sql), "sum", sql);
                let count = call("count($1)", SqlType::BigInt);
                let count = self.partial(count, "sum", SqlType::BigInt);
                named(format!(
                    "CAST(CASE WHEN sum({count}) > 0 THEN sum({sum}) / sum({count}) END AS {gives})"
                ))
            }
            "sum($1)"
            | "min($1)"
            | "max($1)"
            | "bool_and($1)"
            | "bool_and($1 IS TRUE)"
            | "bool_or($1)" => {
                let again = match &function.sql[..6] {
                    "sum($1" => "sum",
                    "min($1" => "min",
                    "max($1" => "max",
                    "bool_a" => "bool_and",
                    _ => "bool_or",
                };
                let partial = self.partial(call(function.sql, gives), again, gives);
                named(format!("CAST({again}({partial}) AS {gives})"))
            }
            _ => self.whole(function, parts, filter)?,
        })
    }

    /// The name of the column of a partial aggregate.
    fn partial(&mut self, node: Node, again: &'static str, sql: SqlType) -> String {
        let same = |partial: &Partial| partial.node.same(&node);
        let known = self.partials.iter().position(same);
        let index = known.unwrap_or_else(|| {
            self.partials.push(Partial { node, again, sql });
            self.partials.len() - 1
        });
        format!("a{}", index + 1)
    }

    fn whole(
        &mut self,
        function: Aggregation,
        parts: &[Node],
        filter: Option<&Node>,
    ) -> Result<Node> {
        let [value, others @ ..] = parts else {
            return Err(per_tenant());
        };
        self.wholes.push(Whole {
            function,
            value: value.clone(),
            filter: filter.cloned(),
        });
        let (number, gives) = (self.wholes.len(), function.gives);
        let value = named(format!("w{number}"));
        let nodes = [value].into_iter().chain(others.iter().cloned());
        // Rows of other kinds have no value, which is not null.
        let sql = function.sql;
        let sql = format!("CAST({sql} FILTER (WHERE kind = {number}) AS {gives})");
        Ok(Node::call(sql, nodes.collect()))
    }
}

fn named(sql: String) -> Node {
    Node::call(sql, Vec::new())
}

fn per_tenant() -> Error {
    Error::new(ErrorKind::Configuration, PER_TENANT)
}
