//! Answers of several queries that are made one: unions, intersections and differences.

use sea_query::UnionType;

use super::expr::Each;
use super::node::{Deleted, Distinct, Node, RowSource, SetOperation, Shape};
use super::select::Query;
use crate::model::{Model, Placement};

/// The most levels of queries of queries.
pub(super) const MOST_LEVELS: usize = 16;

const TOO_MANY_LEVELS: &str = "queries are put together in more than 16 levels\n\
    help: chain one of `union`, `union_all`, `intersect` and `except`, which adds no level: `a.union(b).union(c)`";

const OTHER_JOINS: &str = "the two queries join other rows, so that their answers are no rows of one kind\n\
    help: join behind `union`, `union_all`, `intersect` or `except`, which gives the rows that all of them lead to";

/// A query whose answer has rows of the type `Out`, to be put together with another.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no query whose rows are `{Out}`",
    label = "does not give `{Out}`",
    note = "queries that are put together give rows of one type: have each `select` as many columns or expressions, of the same types and in the same order",
    note = "a column or expression of another type is turned into it by `cast`, and one that can be null into one that can't by `coalesce`"
)]
pub trait GivesRows<Out>: sealed::Sealed {
    /// The placement that a scope must reach to run it.
    type Reach: Placement;

    #[doc(hidden)]
    fn into_part(self) -> SetPart;
}

/// A query that is a part of another.
#[derive(Debug)]
pub struct SetPart(Shape);

mod sealed {
    pub trait Sealed {}
    impl<M: super::Model, Out, P, E> Sealed for super::Query<M, Out, P, E> {}
}

#[diagnostic::do_not_recommend]
impl<M: Model, Out, P: Placement, E: Each> GivesRows<Out> for Query<M, Out, P, E> {
    type Reach = P;

    fn into_part(self) -> SetPart {
        SetPart(self.shape)
    }
}

/// The query for all that two queries give.
type United<M, Out, P, E, O> =
    Query<M, Out, <P as Placement>::With<<O as GivesRows<Out>>::Reach>, <E as Each>::United>;

impl<M: Model, Out, P: Placement, E: Each> Query<M, Out, P, E> {
    /// Gives the rows of both queries, and of rows that are alike one.
    ///
    /// ```no_run
    /// # use tenantry::prelude::*;
    /// # #[tenant_model]
    /// # pub struct Customer { #[field(key)] pub id: i64, pub name: String, pub email: String }
    /// # #[tenant_model]
    /// # pub struct Supplier { #[field(key)] pub id: i64, pub name: String, pub contact: String }
    /// # fn addresses(acme: &mut TenantScope) -> tenantry::Result<Vec<(String, String)>> {
    /// let customers = Customer::query().select((Customer::NAME, Customer::EMAIL));
    /// let suppliers = Supplier::query().select((Supplier::NAME, Supplier::CONTACT));
    /// customers.union(suppliers).order_by(Customer::NAME.asc()).limit(100).all(acme)
    /// # }
    /// ```
    ///
    /// Orders, limits and conditions before it are those of each query, and whatever is behind it is of the whole. There the columns and
    /// expressions that the first query selects stand for what all of them give, and no others can be asked about: that is
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration). Of whole rows all columns can be, and all relations.
    pub fn union<O: GivesRows<Out>>(self, other: O) -> United<M, Out, P, E, O> {
        self.together(UnionType::Distinct, other)
    }

    /// Gives the rows of both queries, also those that are alike: what there is twice is given twice. As [`union`](Self::union) in all else.
    pub fn union_all<O: GivesRows<Out>>(self, other: O) -> United<M, Out, P, E, O> {
        self.together(UnionType::All, other)
    }

    /// Gives the rows that both queries have, and of rows that are alike one. As [`union`](Self::union) in all else.
    pub fn intersect<O: GivesRows<Out>>(self, other: O) -> United<M, Out, P, E, O> {
        self.together(UnionType::Intersect, other)
    }

    /// Gives the rows that the other query does not have, and of rows that are alike one. As [`union`](Self::union) in all else.
    pub fn except<O: GivesRows<Out>>(self, other: O) -> United<M, Out, P, E, O> {
        self.together(UnionType::Except, other)
    }

    fn together<O: GivesRows<Out>>(self, how: UnionType, other: O) -> United<M, Out, P, E, O> {
        Query::of(self.shape.together(how, other.into_part().0))
    }
}

impl Shape {
    fn together(mut self, how: UnionType, mut other: Self) -> Self {
        // A chain of one operation is one operation, from left to right.
        let levels = self.source.levels().max(other.source.levels()) + 1;
        if levels > MOST_LEVELS {
            return self.too_deep();
        }
        if self.is_only(how) && self.has_joins_of(&other) {
            other.joins.clear();
            if let RowSource::Queries(set) = &mut self.source {
                set.levels = set.levels.max(other.source.levels() + 1);
                set.parts.push(other);
            }
            return self;
        }
        let mut whole = Self::new(self.model);
        // Which rows are meant, each query has said.
        whole.deleted = Deleted::Included;
        whole.selected.clone_from(&self.selected);
        if self.has_joins_of(&other) {
            // Where it leads, a row says itself.
            whole.joins = std::mem::take(&mut self.joins);
            other.joins.clear();
        } else {
            whole.refused = Some(OTHER_JOINS);
        }
        whole.source = RowSource::Queries(Box::new(SetOperation {
            how,
            parts: vec![self, other],
            levels,
        }));
        whole
    }

    /// Makes it the source of another query, of which nothing is said yet.
    pub(super) fn into_source(self) -> Self {
        let mut whole = Self::new(self.model);
        whole.deleted = Deleted::Included;
        let levels = self.source.levels() + 1;
        if levels > MOST_LEVELS {
            return self.too_deep();
        }
        whole.source = RowSource::Queries(Box::new(SetOperation {
            how: UnionType::All,
            parts: vec![self],
            levels,
        }));
        whole
    }

    pub(super) fn too_deep(mut self) -> Self {
        self.refused = Some(TOO_MANY_LEVELS);
        self
    }

    /// Whether it is queries put together in one way, and nothing was given to the whole.
    fn is_only(&self, by: UnionType) -> bool {
        let RowSource::Queries(set) = &self.source else {
            return false;
        };
        let SetOperation { how, parts, .. } = &**set;
        let given = [self.filter.is_some(), self.having.is_some()];
        let limits = [self.limit.is_some(), self.offset.is_some()];
        let as_first = match (&self.selected, &parts[0].selected) {
            (None, None) => true,
            (Some(whole), Some(first)) => {
                whole.len() == first.len() && whole.iter().zip(first).all(|(a, b)| a.same(b))
            }
            _ => false,
        };
        parts.len() > 1
            && *how == by
            && as_first
            && self.keys == 0
            && !given.contains(&true)
            && !limits.contains(&true)
            && self.order.is_empty()
            && self.deleted == Deleted::Included
            && matches!(self.distinct, Distinct::No)
    }

    fn has_joins_of(&self, other: &Self) -> bool {
        self.joins.len() == other.joins.len()
            && self.joins.iter().zip(&other.joins).all(|(a, b)| a.same(b))
    }
}

impl RowSource {
    /// How many levels of queries the rows come through.
    pub(super) fn levels(&self) -> usize {
        match self {
            Self::Table | Self::Tree(_) => 0,
            Self::Once(of) => of.source.levels() + 1,
            Self::Queries(set) => set.levels,
        }
    }

    /// Whether a row of it may be there several times.
    pub(super) fn repeats(&self) -> bool {
        match self {
            Self::Table | Self::Tree(_) => false,
            Self::Once(of) => of.source.repeats(),
            Self::Queries(set) => {
                set.how == UnionType::All && set.parts.len() > 1
                    || set.parts.iter().any(|part| part.source.repeats())
            }
        }
    }

    /// The expressions that it gives, if it gives no rows of the model.
    pub(super) fn given(&self) -> Option<&[Node]> {
        match self {
            Self::Table | Self::Tree(_) => None,
            Self::Once(of) => of.selected.as_deref(),
            Self::Queries(set) => set.parts[0].selected.as_deref(),
        }
    }
}
