//! From conditions to SQL, once the scope's schemas are known.
//!
//! sea-query writes the text. It is given each parameter as a number, the parameter's index here, because its own
//! values cover fewer types than ours; [`Renderer::finish`] puts the parameters in the order that it chose.

use sea_query::extension::postgres::{PgBinOper, PgFunc};
use sea_query::{
    Alias, BinOper, Expr as SqlExpr, ExprTrait, PostgresQueryBuilder, Query as Sql,
    SelectStatement, SimpleExpr, TableRef, Value, Values,
};

use super::fits::compared;
use super::node::{Comparison, Node, Operand, Step};
use crate::error::Result;
use crate::model::{ColumnDef, ModelDef};
use crate::place::Context;
use crate::value::{Param, SqlType};

/// Collects the parameters and aliases of one statement.
pub(crate) struct Renderer<'c> {
    context: &'c Context,
    params: Vec<Param>,
    aliases: usize,
}

impl<'c> Renderer<'c> {
    pub(crate) fn new(context: &'c Context) -> Self {
        Self {
            context,
            params: Vec::new(),
            aliases: 0,
        }
    }

    /// A model's table with its schema.
    pub(crate) fn table(&self, model: &ModelDef) -> TableRef {
        TableRef::from(self.table_name(model))
    }

    /// An alias that no table's name equals: those have no capital letters.
    pub(crate) fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("T{}", self.aliases)
    }

    /// A value that a column is compared with.
    fn bind(&mut self, def: &ColumnDef, operand: &Operand) -> Result<SqlExpr> {
        Ok(self.bind_param(compared(def, operand)?.clone()))
    }

    /// A parameter.
    pub(crate) fn bind_param(&mut self, param: Param) -> SqlExpr {
        let index = i64::try_from(self.params.len())
            .expect("a list in memory has fewer than 2^63 parameters");
        self.params.push(param);
        SqlExpr::val(Value::BigInt(Some(index)))
    }

    /// A condition on the row of a table that the statement knows as `table`.
    pub(crate) fn condition(&mut self, node: &Node, table: &str) -> Result<SqlExpr> {
        let column = |def: &ColumnDef| column(table, def);
        Ok(match node {
            Node::Constant(value) => SqlExpr::cust(if *value { "TRUE" } else { "FALSE" }),
            Node::Compare {
                column: def,
                how,
                value,
            } => column(def).binary(operator(*how), self.bind(def, value)?),
            Node::CompareColumns { left, how, right } => {
                column(left).binary(operator(*how), column(right))
            }
            Node::In {
                column: def,
                values,
                negated,
            } => self.listed(&column(def), def, values, *negated)?,
            Node::Between {
                column: def,
                low,
                high,
            } => column(def).between(self.bind(def, low)?, self.bind(def, high)?),
            Node::Like {
                column: def,
                pattern,
                any_case,
            } => {
                let pattern = self.bind(def, &Operand::Param(Param::text(pattern)))?;
                if *any_case {
                    column(def).binary(PgBinOper::ILike, pattern)
                } else {
                    column(def).binary(BinOper::Like, pattern)
                }
            }
            Node::Null {
                column: def,
                negated: false,
            } => column(def).is_null(),
            Node::Null {
                column: def,
                negated: true,
            } => column(def).is_not_null(),
            Node::Has { column: def, value } => self.bind(def, value)?.eq(PgFunc::any(column(def))),
            Node::And(nodes) => self.all(nodes, table, SqlExpr::and)?,
            Node::Or(nodes) => self.all(nodes, table, SqlExpr::or)?,
            Node::Not(node) => self.condition(node, table)?.not(),
            Node::Exists { step, condition } => self.exists(step, condition, table)?,
        })
    }

    fn all(
        &mut self,
        nodes: &[Node],
        table: &str,
        join: fn(SqlExpr, SqlExpr) -> SqlExpr,
    ) -> Result<SqlExpr> {
        let mut nodes = nodes.iter();
        let first = nodes
            .next()
            .expect("a conjunction is made of two conditions at least");
        let first = self.condition(first, table)?;
        nodes.try_fold(first, |sofar, node| {
            Ok(join(sofar, self.condition(node, table)?))
        })
    }

    /// `column = ANY ($1)`: one parameter however many values there are, so the text stays the same.
    ///
    /// As with single values, a null among them stands for the rows where the column is null.
    fn listed(
        &mut self,
        column: &SimpleExpr,
        def: &ColumnDef,
        values: &[Operand],
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
            Some(self.among(column, def, params, negated))
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
        def: &ColumnDef,
        values: Vec<Param>,
        negated: bool,
    ) -> SqlExpr {
        // PostgreSQL has no arrays of arrays that differ in length.
        if matches!(def.sql, SqlType::Array(_)) {
            let mut each = values.into_iter().map(|value| {
                let value = self.bind_param(value);
                if negated {
                    column.clone().ne(value)
                } else {
                    column.clone().eq(value)
                }
            });
            let join = if negated { SqlExpr::and } else { SqlExpr::or };
            return match each.next() {
                Some(first) => each.fold(first, join),
                None => SqlExpr::cust(if negated { "TRUE" } else { "FALSE" }),
            };
        }
        let list = Param::array(def.sql.wire_array(), &def.sql.wire(), &values);
        let list = self.bind_param(list);
        if negated {
            column.clone().ne(PgFunc::all(list))
        } else {
            column.clone().eq(PgFunc::any(list))
        }
    }

    fn exists(&mut self, step: &Step, condition: &Node, table: &str) -> Result<SqlExpr> {
        let alias = self.alias();
        let mut inner = Sql::select();
        inner
            .expr(SqlExpr::cust("1"))
            .from_as(self.table_name(step.target), Alias::new(&alias))
            .and_where(column(&alias, step.to).eq(column(table, step.from)));
        if !matches!(condition, Node::Constant(true)) {
            let condition = self.condition(condition, &alias)?;
            inner.and_where(condition);
        }
        Ok(SqlExpr::exists(inner.take()))
    }

    /// Joins the table that a step leads to; the result is its alias.
    pub(crate) fn left_join(
        &mut self,
        select: &mut SelectStatement,
        step: &Step,
        table: &str,
    ) -> String {
        let alias = self.alias();
        let on = column(&alias, step.to).eq(column(table, step.from));
        let table = self.table_name(step.target);
        select.join_as(sea_query::JoinType::LeftJoin, table, Alias::new(&alias), on);
        alias
    }

    fn table_name(&self, model: &ModelDef) -> (Alias, Alias) {
        let table = model.table_in(self.context);
        (Alias::new(table.schema.as_str()), Alias::new(table.name))
    }

    /// Puts the parameters in the order of their numbers in the text.
    pub(crate) fn finish(self, (sql, values): (String, Values)) -> (String, Vec<Param>) {
        let param = |value: Value| match value {
            Value::BigInt(Some(index)) => {
                let index = usize::try_from(index).expect("the index was made from a length");
                self.params[index].clone()
            }
            // sea-query's own: `LIMIT` and `OFFSET`.
            Value::BigUnsigned(Some(count)) => {
                Param::bigint(i64::try_from(count).unwrap_or(i64::MAX))
            }
            other => unreachable!("no other value is given to sea-query: {other:?}"),
        };
        (sql, values.0.into_iter().map(param).collect())
    }
}

/// Builds with PostgreSQL's builder. Every statement goes through here.
pub(crate) const BUILDER: PostgresQueryBuilder = PostgresQueryBuilder;

/// A column of a table that the statement knows as `table`.
pub(crate) fn column(table: &str, def: &ColumnDef) -> SqlExpr {
    SqlExpr::col((Alias::new(table), Alias::new(def.name)))
}

fn operator(how: Comparison) -> BinOper {
    match how {
        Comparison::Equal => BinOper::Equal,
        Comparison::NotEqual => BinOper::NotEqual,
        Comparison::Less => BinOper::SmallerThan,
        Comparison::LessOrEqual => BinOper::SmallerThanOrEqual,
        Comparison::Greater => BinOper::GreaterThan,
        Comparison::GreaterOrEqual => BinOper::GreaterThanOrEqual,
    }
}
