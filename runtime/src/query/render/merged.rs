//! The outcome of a query for groups, made of the answers of many tenants.

use sea_query::{Alias, Expr as SqlExpr, Query as Sql};

use super::outline::{Place, count};
use super::{Renderer, Row};
use crate::error::Result;
use crate::place::Context;
use crate::query::merge::{Merge, Whole};
use crate::value::Param;

/// The answers' table.
const TABLE: &str = "p";

impl Merge {
    /// The query for the outcome, over a source of answers that has so many parameters. Gives its own parameters.
    pub(crate) fn outcome(
        &self,
        source: &str,
        params: usize,
        context: &Context,
    ) -> Result<(String, Vec<Param>)> {
        let mut renderer = Renderer::new(context);
        let row = Row::of(TABLE, false);
        let mut select = Sql::select();
        for output in &self.outputs {
            select.expr(renderer.expr(output, &row)?);
        }
        if self.is_distinct {
            select.distinct();
        }
        select.from(Alias::new(TABLE));
        let keys = (1..=self.keys).map(|key| SqlExpr::cust(format!("k{key}")));
        select.add_group_by(keys);
        if let Some(having) = &self.having {
            select.and_having(renderer.expr(having, &row)?);
        }
        for order in &self.order {
            renderer.order(&mut select, order, &row)?;
        }
        if let Some(limit) = self.limit {
            select.limit(renderer.collect(Place::NONE, count(limit)));
        }
        if let Some(offset) = self.offset {
            select.offset(renderer.collect(Place::NONE, count(offset)));
        }
        let (sql, own, _) = renderer.text_from(&select, params).into_parts();
        Ok((format!("{} {sql}", self.with(source)), own))
    }

    /// The query for fewer rows that stand for those of a source.
    pub(crate) fn fewer(&self, source: &str) -> String {
        if !self.wholes.iter().all(Whole::is_set) {
            return source.to_owned();
        }
        let keys = (1..=self.keys).map(|key| format!("k{key}"));
        let wholes = (1..=self.wholes.len()).map(|whole| format!("w{whole}"));
        let groups: Vec<String> = keys.clone().chain(wholes.clone()).collect();
        let partials = self.partials.iter().zip(1..).map(|(partial, number)| {
            format!("CAST({}(a{number}) AS {})", partial.again, partial.sql)
        });
        let columns = keys.chain(partials).chain(wholes);
        let columns: Vec<String> = columns.chain(["kind".to_owned()]).collect();
        let groups: Vec<String> = groups.into_iter().chain(["kind".to_owned()]).collect();
        format!(
            "{} SELECT {} FROM {TABLE} GROUP BY {}",
            self.with(source),
            columns.join(", "),
            groups.join(", ")
        )
    }

    /// A source without rows. There are no keys.
    pub(crate) fn nothing(&self) -> String {
        let partials = self.partials.iter().map(|partial| partial.sql);
        let types = partials.chain(self.wholes.iter().map(Whole::sql));
        let nulls = types.map(|sql| format!("CAST(NULL AS {sql})"));
        let nulls: Vec<String> = nulls.chain(["0".to_owned()]).collect();
        format!("SELECT {} WHERE false", nulls.join(", "))
    }

    fn with(&self, source: &str) -> String {
        format!("WITH {TABLE} ({}) AS ({source})", self.names().join(", "))
    }
}
