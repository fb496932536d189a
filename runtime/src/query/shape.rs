//! Parts of a query as they are given to it, one after the other.

use std::borrow::Cow;

use super::node::{Deleted, Distinct, Node, OrderBy, RowSource, Shape};
use crate::model::ModelDef;

const TWICE_DISTINCT: &str = "`distinct` and `distinct_on` both say which rows of the answer are left out\n\
    help: give one of them";

const FILTER_OF_GROUPS: &str = "`filter` is of rows, and behind `group_by` there are groups\n\
    help: write it before `group_by`, or `having` for a condition on the groups";

impl Shape {
    pub(crate) fn new(model: &'static ModelDef) -> Self {
        Self {
            model,
            source: RowSource::Table,
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
        if !matches!(self.source, RowSource::Table) {
            return Some("the rows come from other queries");
        }
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
