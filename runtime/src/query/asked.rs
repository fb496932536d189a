//! The statement of a query.

use super::node::Shape;
use super::render::Asked;
use crate::error::Result;
use crate::exec::{Effect, Gives, Statement};
use crate::place::Context;

/// The statement that asks something of a query.
pub(super) fn asked(
    shape: &Shape,
    asked: Asked,
    context: &Context,
    operation: &'static str,
) -> Result<Statement> {
    let model = shape.model;
    let text = shape.text(asked, context);
    let (sql, params) = text.map_err(|error| error.in_model(model, operation))?;
    Ok(Statement {
        sql,
        params,
        gives: Gives::Rows,
        effect: Effect::Reads,
        model: Some(model),
        operation,
    })
}
