//! Whether a value is one of a list.

use sea_query::extension::postgres::PgFunc;
use sea_query::{Expr as SqlExpr, ExprTrait, SimpleExpr};

use super::Renderer;
use super::outline::Place;
use crate::error::Result;
use crate::model::ColumnDef;
use crate::query::fits::compared;
use crate::query::node::Operand;
use crate::value::{Param, SqlType};

/// How many expressions stand beside each other.
const FEW: usize = 16;

impl Renderer<'_> {
    /// `column = ANY ($1)`: one parameter however many values there are, so the text stays the same.
    ///
    /// As with single values, a null among them stands for the rows where the column is null.
    pub(super) fn listed(
        &mut self,
        column: &SimpleExpr,
        (def, sql): (Option<&'static ColumnDef>, SqlType),
        (values, place): (&[Operand], Place),
        negated: bool,
    ) -> Result<SqlExpr> {
        let params = values
            .iter()
            .map(|value| compared(def, value).cloned())
            .collect::<Result<Vec<_>>>()?;
        let (nulls, params): (Vec<_>, Vec<_>) = params.into_iter().partition(Param::is_null);
        let null = (!nulls.is_empty()).then(|| {
            if negated {
                column.clone().is_not_null()
            } else {
                column.clone().is_null()
            }
        });
        // Of none but nulls, there is nothing else to compare with.
        let list = if params.is_empty() && null.is_some() {
            None
        } else {
            Some(self.among(column, sql, (params, place), negated))
        };
        Ok(match (null, list) {
            (Some(null), Some(list)) if negated => null.and(list),
            (Some(null), Some(list)) => null.or(list),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => unreachable!("without nulls there is a list, be it empty"),
        })
    }

    fn among(
        &mut self,
        column: &SimpleExpr,
        sql: SqlType,
        (values, place): (Vec<Param>, Place),
        negated: bool,
    ) -> SqlExpr {
        // PostgreSQL has no arrays of arrays that differ in length.
        if matches!(sql, SqlType::Array(_)) {
            let each = values.into_iter().map(|value| {
                let value = self.bind_param(value);
                if negated {
                    column.clone().ne(value)
                } else {
                    column.clone().eq(value)
                }
            });
            let each: Vec<_> = each.collect();
            return match (each.is_empty(), negated) {
                (true, true) => SqlExpr::cust("TRUE"),
                (true, false) => SqlExpr::cust("FALSE"),
                (false, true) => joined(each, SqlExpr::and),
                (false, false) => joined(each, SqlExpr::or),
            };
        }
        let list = Param::array(sql.wire_array(), &sql.wire(), &values);
        let list = self.bind_at(place, list);
        if negated {
            column.clone().ne(PgFunc::all(list))
        } else {
            column.clone().eq(PgFunc::any(list))
        }
    }
}

/// Several expressions with an operator between them that is as good in any order: of many, as a tree that is not deep.
pub(super) fn joined(mut all: Vec<SqlExpr>, join: fn(SqlExpr, SqlExpr) -> SqlExpr) -> SqlExpr {
    if all.len() > FEW {
        let right = all.split_off(all.len() / 2);
        return join(joined(all, join), joined(right, join));
    }
    let joined = all.into_iter().reduce(join);
    joined.expect("a conjunction is made of two conditions at least")
}
