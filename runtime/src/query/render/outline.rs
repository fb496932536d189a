//! The outline of a query: everything of it but its values, and these by themselves.
//!
//! Queries of one outline have one text, whatever their values are. Two outlines are equal only if all of their parts are: nothing
//! depends on a hash.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::{mem, ptr};

use sea_query::BinOper;

use crate::model::{ColumnDef, ModelDef};
use crate::place::TenantVersion;
use crate::query::fits::compared;
use crate::query::node::{Distinct, Node, Operand, OrderBy, RowSource, Shape, Step};
use crate::query::tolerance::{is_lacked, lacks_any};
use crate::value::{Param, SqlType};

/// Result that a query is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asked {
    /// Its rows.
    Rows,
    /// How many rows there are, without its limit and offset.
    Count,
    /// Whether there is any row.
    Exists,
}

/// A part of an outline. Each kind of node has a number of its own and then always as many parts, or says how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Number(usize),
    Text(&'static str),
    Owned(Box<str>),
    Operator(BinOper),
}

impl Hash for Part {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Number(number) => state.write_usize(*number),
            Self::Text(text) => state.write(text.as_bytes()),
            Self::Owned(text) => state.write(text.as_bytes()),
            Self::Operator(operator) => mem::discriminant(operator).hash(state),
        }
    }
}

/// An outline, the values that a query of it has, and of each value where it is in the query.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) parts: Vec<Part>,
    pub(super) values: Vec<Param>,
    pub(super) places: Vec<Place>,
    /// The version of the tenant, where it matters.
    pub(super) version: Option<TenantVersion>,
    /// Whether the tenant lacks a column of those that were met: its text is another one.
    lacks: bool,
}

/// Where a value is in a query, while that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(usize);

impl Place {
    /// The place of something that no query has.
    pub(super) const NONE: Self = Self(0);

    pub(super) fn of<T>(value: &T) -> Self {
        Self(ptr::from_ref(value).addr())
    }
}

/// The reason why the outline of a query does not decide about its text: its values do, or it can't be sent.
pub(super) struct Undecided;

type Outlined = Result<(), Undecided>;

impl Outline {
    /// Adds a query, and what it is asked for.
    pub(super) fn query(&mut self, shape: &Shape, asked: Asked) -> Outlined {
        self.lacks = false;
        self.number(asked as usize);
        self.shape(shape)?;
        if self.lacks { Err(Undecided) } else { Ok(()) }
    }

    fn number(&mut self, number: usize) {
        self.parts.push(Part::Number(number));
    }

    fn shape(&mut self, shape: &Shape) -> Outlined {
        let Shape {
            model,
            source,
            deleted,
            selected,
            keys,
            distinct,
            joins,
            filter,
            having,
            order,
            limit,
            offset,
            also,
            // Whoever adds it looks at both each time.
            origin: _,
            refused: _,
        } = shape;
        // What makes rows alike is looked for among other expressions, by its values, too.
        let is_of_table = matches!(source, RowSource::Table);
        if *keys > 0 || !matches!(distinct, Distinct::No) || !is_of_table {
            return Err(Undecided);
        }
        self.model(model);
        self.number(*deleted as usize);
        self.number(selected.as_ref().map_or(usize::MAX, Vec::len));
        for node in selected.iter().flatten() {
            self.node(node)?;
        }
        self.nodes(also)?;
        self.number(joins.len());
        for step in joins {
            self.step(step);
        }
        self.optional(filter.as_ref())?;
        self.optional(having.as_ref())?;
        self.number(order.len());
        for OrderBy {
            node,
            descending,
            nulls_first,
            nullable: _,
        } in order
        {
            self.number(usize::from(*descending));
            self.number(nulls_first.map_or(2, usize::from));
            self.node(node)?;
        }
        for given in [limit, offset] {
            self.number(usize::from(given.is_some()));
            if let Some(rows) = given {
                self.value(count(*rows), Place::of(given));
            }
        }
        Ok(())
    }

    /// Adds a query within another. What forbids to send it is told where it is rendered.
    fn within(&mut self, shape: &Shape) -> Outlined {
        if shape.origin.is_some() || shape.refused.is_some() {
            return Err(Undecided);
        }
        self.shape(shape)
    }

    fn optional(&mut self, node: Option<&Node>) -> Outlined {
        self.number(usize::from(node.is_some()));
        node.map_or(Ok(()), |node| self.node(node))
    }

    fn node(&mut self, node: &Node) -> Outlined {
        match node {
            Node::Column(def) => {
                self.number(1);
                self.column(def);
            }
            // They are refused.
            Node::New(..) | Node::TooDeep => return Err(Undecided),
            Node::At(step, of) => {
                self.number(2);
                self.step(step);
                self.node(of)?;
            }
            Node::Value { value, column } => {
                self.number(3);
                let value = compared(*column, value).map_err(|_| Undecided)?;
                self.value(value.clone(), Place::of(node));
            }
            Node::Constant(sql) => {
                self.number(4);
                self.parts.push(Part::Text(sql));
            }
            Node::Call(sql, nodes) => {
                self.number(5);
                self.words(sql.clone());
                self.nodes(nodes)?;
            }
            Node::Aggregate(function, nodes) => {
                self.number(18);
                self.parts.push(Part::Text(function.sql));
                self.nodes(nodes)?;
            }
            Node::Binary(sides, operator) => {
                self.number(6);
                self.parts.push(Part::Operator(*operator));
                self.node(&sides.0)?;
                self.node(&sides.1)?;
            }
            Node::In {
                of,
                sql,
                values,
                negated,
            } => {
                self.number(7);
                self.number(usize::from(*negated));
                self.node(of)?;
                self.list((of.def(), *sql), values, Place::of(node))?;
            }
            Node::Between(parts) => {
                self.number(8);
                self.node(&parts.0)?;
                self.node(&parts.1)?;
                self.node(&parts.2)?;
            }
            Node::Null { of, negated } => {
                self.number(9);
                self.number(usize::from(*negated));
                self.node(of)?;
            }
            Node::Has(parts) => {
                self.number(10);
                self.node(&parts.0)?;
                self.node(&parts.1)?;
            }
            Node::And(nodes) => {
                self.number(11);
                self.nodes(nodes)?;
            }
            Node::Or(nodes) => {
                self.number(12);
                self.nodes(nodes)?;
            }
            Node::Not(of) => {
                self.number(13);
                self.node(of)?;
            }
            Node::Exists { step, condition } => {
                self.number(14);
                self.step(step);
                self.node(condition)?;
            }
            Node::Among(step, of) => {
                self.number(15);
                self.step(step);
                self.node(of)?;
            }
            Node::Query(before, shape) => {
                self.number(16);
                self.number(usize::from(before.is_some()));
                self.parts.push(Part::Text(before.unwrap_or_default()));
                self.within(shape)?;
            }
            Node::InQuery(of, shape) => {
                self.number(17);
                self.node(of)?;
                self.within(shape)?;
            }
        }
        Ok(())
    }

    fn words(&mut self, sql: Cow<'static, str>) {
        self.parts.push(match sql {
            Cow::Borrowed(sql) => Part::Text(sql),
            Cow::Owned(sql) => Part::Owned(sql.into()),
        });
    }

    fn nodes(&mut self, nodes: &[Node]) -> Outlined {
        self.number(nodes.len());
        nodes.iter().try_for_each(|node| self.node(node))
    }

    /// Adds a list of values: one parameter, and what it says of nulls.
    fn list(
        &mut self,
        (def, sql): (Option<&'static ColumnDef>, SqlType),
        values: &[Operand],
        place: Place,
    ) -> Outlined {
        // Of arrays each is a parameter.
        if matches!(sql, SqlType::Array(_)) {
            return Err(Undecided);
        }
        let mut params = Vec::with_capacity(values.len());
        for value in values {
            let value = compared(def, value).map_err(|_| Undecided)?;
            if !value.is_null() {
                params.push(value);
            }
        }
        let has_nulls = params.len() < values.len();
        let has_list = !(params.is_empty() && has_nulls);
        self.number(usize::from(has_nulls));
        self.number(usize::from(has_list));
        if has_list {
            let list = Param::array(sql.wire_array(), &sql.wire(), params);
            self.value(list, place);
        }
        Ok(())
    }

    fn value(&mut self, value: Param, place: Place) {
        self.values.push(value);
        self.places.push(place);
    }

    /// Adds a column by its address, which no other has as long as the program runs.
    fn column(&mut self, def: &'static ColumnDef) {
        self.lacks |= is_lacked(def, self.version);
        self.number(ptr::from_ref(def).addr());
    }

    fn model(&mut self, model: &'static ModelDef) {
        self.lacks |= lacks_any(model, self.version);
        self.number(ptr::from_ref(model).addr());
    }

    fn step(&mut self, step: &Step) {
        let Step { from, to, target } = step;
        self.column(from);
        self.column(to);
        self.model(target);
    }
}

/// A number of rows as a parameter.
pub(super) fn count(rows: u64) -> Param {
    Param::bigint(i64::try_from(rows).unwrap_or(i64::MAX))
}
