//! A question to many tenants: the texts of its statements.

use super::sorted::Sorting;
use crate::error::{Error, Result};
use crate::exec::{ACROSS, Effect, Gives, Statement};
use crate::model::{ModelDef, is_tolerant};
use crate::place::Context;
use crate::query::{Block, Distinct, Merge, Shape, numbered};
use crate::tenant::Tenant;
use crate::value::Param;

/// The most bytes of a statement, unless one tenant's part has more.
const BYTES: usize = 256 * 1024;

/// A question to many tenants.
#[derive(Debug)]
pub(super) struct Ask {
    model: &'static ModelDef,
    block: Block,
    /// The queries of one tenant, where the text depends on its version.
    parts: Vec<Shape>,
    pub(super) way: Gathering,
}

/// The way in which the answers of tenants become one.
#[derive(Debug)]
pub(super) enum Gathering {
    /// Rows of all, in the order of the tenants, and each tenant's in the query's.
    EachTenant(Sorting),
    /// Rows of all in one order, of which so many are wanted, and so many of these left out.
    Together {
        sorting: Sorting,
        wanted: Option<u64>,
        offset: u64,
    },
    /// Groups of the rows of all.
    Merged(Box<Merge>),
}

impl Ask {
    /// Rows of each tenant, as the query has it.
    pub(super) fn each_tenant(
        mut shape: Shape,
        is_ordered: bool,
        context: &Context,
    ) -> Result<Self> {
        let sorting = if is_ordered {
            Sorting::of(&mut shape)
        } else {
            Sorting::default()
        };
        let model = shape.model;
        Ok(Self {
            way: Gathering::EachTenant(sorting),
            ..Self::of(model, numbered(shape), context)?
        })
    }

    /// Rows of all tenants together.
    pub(super) fn together(mut shape: Shape, context: &Context) -> Result<Self> {
        let sorting = Sorting::of(&mut shape);
        let offset = shape.offset.take().unwrap_or(0);
        let wanted = shape.limit.map(|limit| limit.saturating_add(offset));
        shape.limit = wanted;
        if wanted.is_none() && matches!(shape.distinct, Distinct::No) {
            shape.order.clear();
        }
        let model = shape.model;
        Ok(Self {
            way: Gathering::Together {
                sorting,
                wanted,
                offset,
            },
            ..Self::of(model, numbered(shape), context)?
        })
    }

    /// Groups of the rows of all tenants.
    pub(super) fn merged(shape: Shape, context: &Context) -> Result<Self> {
        let model = shape.model;
        let (merge, parts) = Merge::of(shape).map_err(in_model(model))?;
        Ok(Self {
            way: Gathering::Merged(Box::new(merge)),
            ..Self::of(model, parts, context)?
        })
    }

    fn of(model: &'static ModelDef, parts: Vec<Shape>, context: &Context) -> Result<Self> {
        Ok(Self {
            model,
            block: Block::of(&parts, context).map_err(in_model(model))?,
            parts: if is_tolerant() { parts } else { Vec::new() },
            way: Gathering::EachTenant(Sorting::default()),
        })
    }

    /// The text for tenants at the version of one, where that may be another.
    fn block_for(&self, tenant: &Tenant, context: &Context) -> Result<Option<Block>> {
        if self.parts.is_empty() {
            return Ok(None);
        }
        let place = context.opened(Some(tenant.place()), context.log());
        let block = Block::of(&self.parts, &place).map_err(in_model(self.model))?;
        Ok(Some(block))
    }

    /// How many tenants a statement asks.
    pub(super) fn tenants(&self, at_most: usize) -> usize {
        (BYTES / self.block.len().max(1)).clamp(1, at_most)
    }

    /// The statement that asks some tenants of one version, each with its number. `alone`: no others are asked.
    pub(super) fn statement<'t>(
        &self,
        tenants: impl Iterator<Item = (usize, &'t Tenant)>,
        alone: bool,
        context: &Context,
    ) -> Result<Statement> {
        let mut tenants = tenants.peekable();
        let made = tenants.peek();
        let made = made.map(|(_, tenant)| self.block_for(tenant, context));
        let made = made.transpose()?.flatten();
        let block = made.as_ref().unwrap_or(&self.block);
        let (mut sql, mut count) = (String::new(), 0);
        for (number, tenant) in tenants {
            sql.push_str(if count == 0 { "(" } else { " UNION ALL (" });
            count += 1;
            block.write(&mut sql, tenant.schema(), context.shared(), number);
            sql.push(')');
        }
        if count == 1 && !matches!(self.way, Gathering::Merged(_)) {
            // It has an order and a limit of its own.
            sql = format!("SELECT * FROM {sql} AS u");
        }
        let mut params = block.params.clone();
        match &self.way {
            Gathering::EachTenant(sorting) => sql.push_str(&sorting.by_tenant()),
            Gathering::Together {
                sorting, wanted, ..
            } => {
                sql.push_str(&sorting.together());
                if let Some(wanted) = wanted {
                    let wanted = (*wanted).min(i64::MAX.unsigned_abs());
                    sql = format!("{sql} LIMIT {wanted}");
                }
            }
            Gathering::Merged(merge) if alone => {
                let (outcome, own) = merge.outcome(&sql, params.len(), context)?;
                (sql, params) = (outcome, [params, own].concat());
            }
            Gathering::Merged(merge) => sql = merge.fewer(&sql),
        }
        Ok(self.reads(sql, params))
    }

    /// A statement about what tenants have answered.
    pub(super) fn reads(&self, sql: String, params: Vec<Param>) -> Statement {
        Statement {
            sql,
            params,
            gives: Gives::Rows,
            effect: Effect::Reads,
            model: Some(self.model),
            operation: ACROSS,
        }
    }
}

fn in_model(model: &'static ModelDef) -> impl Fn(Error) -> Error {
    move |error| error.in_model(model, ACROSS)
}
