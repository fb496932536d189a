//! Statements whose text is fixed but for the schema: the macros make it once.

use sea_query::BinOper;

use super::asked::asked;
use super::given_back;
use super::key::KeyOperand;
use super::node::{Node, Operand, Shape};
use super::render::Asked;
use crate::error::Result;
use crate::exec::{Effect, Gives, Statement};
use crate::model::{FixedSql, Model};
use crate::place::Context;
use crate::value::Param;

/// The statement that looks for the row with a key.
pub(super) fn find<M: Model>(
    context: &Context,
    key: KeyOperand,
    operation: &'static str,
) -> Result<Statement> {
    looking::<M>(M::DEF.statements.find, Asked::Rows, context, key, operation)
}

/// The statement that tells whether there is a row with a key.
pub(super) fn exists<M: Model>(
    context: &Context,
    key: KeyOperand,
    operation: &'static str,
) -> Result<Statement> {
    let fixed = M::DEF.statements.exists;
    looking::<M>(fixed, Asked::Exists, context, key, operation)
}

fn looking<M: Model>(
    fixed: FixedSql,
    wanted: Asked,
    context: &Context,
    key: KeyOperand,
    operation: &'static str,
) -> Result<Statement> {
    if M::DEF.overlay.is_none() {
        let how = (Gives::Rows, Effect::Reads);
        return by_key::<M>(fixed, context, key, how, operation);
    }
    // What it is made of is in two schemas, so its text is that of a query.
    let key = key
        .compared(M::DEF)
        .map_err(|error| error.in_model(M::DEF, operation))?;
    let mut shape = Shape::new(M::DEF);
    for (def, value) in M::DEF.key_columns().zip(key.into_params()) {
        let value = Node::value(Operand::Param(value));
        shape.filter(Node::binary(Node::Column(def), BinOper::Equal, value));
    }
    asked(&shape, wanted, context, operation)
}

/// A statement of fixed shape with the key as its only parameters.
pub(super) fn by_key<M: Model>(
    fixed: FixedSql,
    context: &Context,
    key: KeyOperand,
    (gives, effect): (Gives, Effect),
    operation: &'static str,
) -> Result<Statement> {
    let key = key
        .compared(M::DEF)
        .map_err(|error| error.in_model(M::DEF, operation))?;
    Ok(fixed_statement::<M>(
        fixed,
        context,
        key.into_params(),
        (gives, effect),
        operation,
    ))
}

/// Leaves out the row if it is deleted. The statement ends with its condition, or with that in a parenthesis.
pub(super) fn without_deleted<M: Model>(sql: &mut String) {
    let Some(live) = M::DEF.live() else {
        return;
    };
    let is_inner = sql.ends_with(')');
    sql.truncate(sql.len() - usize::from(is_inner));
    sql.push_str(" AND ");
    sql.push_str(&live);
    if is_inner {
        sql.push(')');
    }
}

/// A statement of fixed shape.
pub(super) fn fixed_statement<M: Model>(
    fixed: FixedSql,
    context: &Context,
    params: Vec<Param>,
    (gives, effect): (Gives, Effect),
    operation: &'static str,
) -> Statement {
    let mut sql = fixed.in_schema(M::DEF.table_in(context).schema);
    given_back::fix(&mut sql, M::DEF, context.version());
    Statement {
        sql,
        params,
        gives,
        effect,
        model: Some(M::DEF),
        operation,
    }
}
