//! Statements whose text is fixed but for the schema: the macros make it once.

use super::given_back;
use super::key::KeyOperand;
use crate::error::Result;
use crate::exec::{Effect, Gives, Statement};
use crate::model::{FixedSql, Model};
use crate::place::Context;
use crate::value::Param;

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
