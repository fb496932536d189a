//! Statements that fill a table anew with rows that are computed, a part at a time.

use sea_query::BinOper;

use super::bulk::{InsertMany, Values};
use super::delete::Delete;
use super::node::{Aggregation, Deleted, Node, Operand, Shape};
use crate::exec::{Flow, Gives};
use crate::model::{ColumnDef, Model, ModelDef};
use crate::place::Context;
use crate::value::{Field, SqlType};

/// A moment as a number that all types of moments have: microseconds since 1970, and beyond all of them where it is infinite.
pub(crate) const MICROSECONDS: &str = "CASE WHEN pg_catalog.isfinite($1) THEN CAST(EXTRACT(epoch FROM $1) * 1000000 AS pg_catalog.int8) \
     WHEN $1 IS NOT NULL THEN CASE WHEN $1 > '-infinity' THEN 9223372036854775807 ELSE -9223372036854775808 END END";

/// Inserts rows whose values are checked, and gives their number.
pub(crate) fn inserting_many<M: Model>(rows: Vec<Values>, context: &Context) -> Flow<'static, u64> {
    let insert = InsertMany::<M>::of_values(rows).flow(context, Gives::Count, None);
    insert.and_on(|answers| Flow::Done(answers.map(|answers| answers.count)))
}

/// Removes the rows that have a value in a column, deleted ones too, and gives their number.
pub(crate) fn removing<M: Model>(
    def: &'static ColumnDef,
    value: &impl Field,
    context: &Context,
) -> Flow<'static, u64> {
    let value = Node::Value {
        value: Operand::of(value),
        column: Some(def),
    };
    let filter = Node::Binary(Box::new((Node::Column(def), value)), BinOper::Equal);
    Delete::<M>::new(filter)
        .for_good()
        .answer(context, Gives::Count)
        .and_on(|answer| Flow::Done(answer.map(|answer| answer.count())))
}

/// The query for the last moment that rows have in a column, deleted ones too, in [`MICROSECONDS`].
pub(crate) fn last_moment(model: &'static ModelDef, def: &'static ColumnDef) -> Shape {
    let last = Aggregation {
        sql: "max($1)",
        of: SqlType::TimestampTz,
        gives: SqlType::TimestampTz,
    };
    let last = Node::Aggregate(last, vec![Node::Column(def)]);
    let mut shape = Shape::new(model);
    shape.deleted = Deleted::Included;
    shape.selected = Some(vec![Node::Call(MICROSECONDS.into(), vec![last])]);
    shape
}
