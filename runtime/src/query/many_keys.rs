//! Rows by many keys.

use super::expr::{TupleValue, among};
use super::node::{Node, Operand, Shape};
use super::select::Query;
use crate::model::{Fk, Model};

/// Why rows of a view without a key are not found by keys.
const KEYLESS: &str = "a view without a key has no rows that could be told apart\n\
    help: write `#[field(key)]` above the field that no two of its rows share, or look for rows with `filter`";

impl<M: Model> Query<M> {
    pub(super) fn of_keys(keys: impl Iterator<Item = Fk<M>>) -> Self {
        let columns: Vec<_> = M::DEF.key_columns().collect();
        let rows = keys.map(|key| match key.values() {
            Ok(values) => {
                let values = values.as_slice().iter();
                values.map(|value| Operand::Param(value.clone())).collect()
            }
            // It stands for all of them: nothing is sent.
            Err((_, error)) => vec![Operand::Unencodable(error.to_string().into()); columns.len()],
        });
        let mut shape = Shape::new(M::DEF);
        if M::DEF.is_keyless() {
            shape.refused = Some(KEYLESS);
            return Self::of(shape);
        }
        shape.filter(match columns[..] {
            [alone] => Node::In {
                of: Box::new(Node::Column(alone)),
                sql: alone.sql,
                values: rows.flatten().collect(),
                negated: false,
            },
            _ => among(
                &columns,
                rows.map(|row: Vec<Operand>| row.into_iter().map(TupleValue::of).collect()),
            ),
        });
        Self::of(shape)
    }
}
