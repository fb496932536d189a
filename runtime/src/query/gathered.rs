//! Queries of which one row is made, or one of each group.

use super::node::{Distinct, Node, RowSource, Shape};

const DISTINCT_BEFORE: &str = "`distinct` is of what was selected, and stands before aggregates or groups, which are of rows\n\
    help: count different values with `count_distinct`, or `group_by` what is to be alike";

impl Shape {
    /// Prepares for groups, or one group of all: an order of the rows is forgotten; but where not all rows are given, it says
    /// which, and those are looked for by their keys.
    pub(crate) fn gather(&mut self) {
        let mut rows = std::mem::replace(self, Self::new(self.model));
        let is_of_queries = !matches!(rows.source, RowSource::Table);
        if matches!(rows.distinct, Distinct::Yes) {
            // Whole rows are never alike.
            rows.distinct = Distinct::No;
            if rows.selected.is_some() {
                rows.refused = Some(DISTINCT_BEFORE);
            }
        }
        rows.joins.clear();
        if rows.limit.is_none() && rows.offset.is_none() && matches!(rows.distinct, Distinct::No) {
            rows.order.clear();
            *self = rows;
            return;
        }
        if is_of_queries || self.model.is_keyless() {
            *self = rows.into_source();
            return;
        }
        let columns: Vec<Node> = self.model.key_columns().map(Node::Column).collect();
        rows.selected = Some(columns.clone());
        self.deleted = rows.deleted;
        let key = match columns.len() {
            1 => columns[0].clone(),
            _ => Node::call(row_of(columns.len()), columns),
        };
        self.filter(Node::InQuery(Box::new(key), Box::new(rows)));
    }
}

/// A row of so many expressions.
fn row_of(parts: usize) -> String {
    let places: Vec<String> = (1..=parts).map(|place| format!("${place}")).collect();
    format!("({})", places.join(", "))
}
