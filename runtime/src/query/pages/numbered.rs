//! Pages by their numbers.

use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;

use super::cursor::refused;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::Flow;
use crate::exec::reach::Reaches;
use crate::model::{Model, Placement};
use crate::query::decode::{self, FromRow};
use crate::query::eager::{Loading, WantedRows};
use crate::query::expr::Each;
use crate::query::render::Asked;
use crate::query::select::Query;

const LIMITED: &str = "a query for pages has a `limit` or `offset` of its own, and a page is one already\n\
    help: leave them out; a condition says of which rows there are pages";

const NO_ROWS: &str = "a page of no rows was asked for\nhelp: ask for one row at least";

const NUMBER_0: &str = "page 0 was asked for\nhelp: pages are numbered from 1";

/// A query for the page of a number. Made by [`Query::page`].
#[must_use = "a query does nothing until a scope is given to `all`"]
pub struct PageQuery<M: Model, Out, P> {
    wanted: WantedRows<Out>,
    number: u64,
    size: u64,
    marker: PhantomData<fn() -> (M, P)>,
}

/// A page of an answer, by its number, and how many rows there are on all pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Page<Out> {
    /// The rows; none behind the last page.
    pub rows: Vec<Out>,
    /// The page's number, from 1.
    pub number: u64,
    /// How many rows a page has that is not the last.
    pub size: u64,
    /// How many rows there are on all pages.
    pub total: u64,
}

impl<Out> Page<Out> {
    /// The number of pages, which is that of the last one; 0 if there are no rows.
    pub fn pages(&self) -> u64 {
        self.total.div_ceil(self.size)
    }

    /// Makes another value of each row, such as what is shown of it; the numbers stay.
    pub fn map<T>(self, of: impl FnMut(Out) -> T) -> Page<T> {
        Page {
            rows: self.rows.into_iter().map(of).collect(),
            number: self.number,
            size: self.size,
            total: self.total,
        }
    }

    /// Tells whether there is a page behind it.
    pub fn has_next(&self) -> bool {
        self.number < self.pages()
    }

    /// Tells whether there is a page before it.
    pub fn has_previous(&self) -> bool {
        self.number > 1 && self.total > 0
    }
}

impl<M: Model, Out: FromRow + 'static, P: Placement, E: Each> Query<M, Out, P, E> {
    /// Asks for the page of a number, from 1, of so many rows, and how many rows there are: `query.page(3, 20).all(&mut acme)?`.
    ///
    /// Rows that are alike in the query's order are in that of their keys; groups in that of theirs, and rows that are `distinct` in that of
    /// what is selected. So a row is on one page, as long as no rows come or go.
    ///
    /// The rows before it are read each time, and one that comes or goes there moves all others: where pages are read one after the other,
    /// [`keyset`](Self::keyset) is quick on all, and gives no row twice.
    pub fn page(self, number: u64, size: u64) -> PageQuery<M, Out, P> {
        PageQuery::new(WantedRows::new(self.shape), number, size)
    }
}

impl<M: Model, Out: 'static, P: Placement> Loading<M, Out, P> {
    /// Asks for the page of a number: see [`Query::page`].
    pub fn page(self, number: u64, size: u64) -> PageQuery<M, Out, P> {
        PageQuery::new(self.into_wanted(), number, size)
    }
}

impl<M: Model, Out: 'static, P: Placement> PageQuery<M, Out, P> {
    fn new(wanted: WantedRows<Out>, number: u64, size: u64) -> Self {
        Self {
            wanted,
            number,
            size,
            marker: PhantomData,
        }
    }

    /// Returns the page. A page behind the last one has no rows, and is no error.
    ///
    /// It sends a statement that counts the rows, and one for those of the page if there are any. Outside of a transaction that is
    /// [`repeatable_read`](crate::scope::TransactionBuilder::repeatable_read) each sees what is committed by then.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Page`], when the number or the size is 0; [`ErrorKind::Configuration`], when the query has a `limit` or `offset` before; and
    /// as [`Query::all`].
    pub fn all<S: Reaches<M, P>>(self, scope: &mut S) -> S::Outcome<'_, Page<Out>> {
        let context = scope.context().clone();
        let Self {
            mut wanted,
            number,
            size,
            ..
        } = self;
        if let Err(error) = check(&wanted, number, size) {
            return scope.drive(Flow::Done(Err(error.in_model(M::DEF, "page"))));
        }
        let query: Query<M> = Query::of(wanted.shape.clone());
        let counting = query.asked(Asked::Count, &context, "page");
        let count = Flow::run(counting, |answer| decode::read_value::<i64>(&answer.rows()));
        scope.drive(count.and_on(move |total| {
            let total = match total {
                Ok(total) => total.unsigned_abs(),
                Err(error) => return Flow::Done(Err(error)),
            };
            let page = move |rows| Page {
                rows,
                number,
                size,
                total,
            };
            let before = (number - 1).saturating_mul(size);
            if before >= total {
                return Flow::Done(Ok(page(Vec::new())));
            }
            wanted.shape.order = wanted.shape.total_order();
            wanted.shape.limit = Some(size);
            wanted.shape.offset = Some(before);
            let query: Query<M> = Query::of(wanted.shape.clone());
            let rows = Flow::run(
                query.statement(&context, "page"),
                |answer| Ok(answer.rows()),
            );
            rows.and_on(move |rows| match rows {
                Ok(rows) => wanted
                    .read(rows, context)
                    .and_on(move |rows| Flow::Done(rows.map(page))),
                Err(error) => Flow::Done(Err(error)),
            })
        }))
    }
}

/// Refuses what can't be a page.
fn check<Out>(wanted: &WantedRows<Out>, number: u64, size: u64) -> Result<()> {
    if number == 0 {
        return Err(refused(NUMBER_0));
    }
    check_size(wanted, size)
}

/// Refuses a size that no page has, and a query that is limited by itself.
pub(super) fn check_size<Out>(wanted: &WantedRows<Out>, size: u64) -> Result<()> {
    if size == 0 {
        return Err(refused(NO_ROWS));
    }
    if wanted.shape.limit.is_some() || wanted.shape.offset.is_some() {
        return Err(Error::new(ErrorKind::Configuration, LIMITED));
    }
    Ok(())
}

impl<M: Model, Out, P> Clone for PageQuery<M, Out, P> {
    fn clone(&self) -> Self {
        Self {
            wanted: self.wanted.clone(),
            ..*self
        }
    }
}

impl<M: Model, Out, P> fmt::Debug for PageQuery<M, Out, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageQuery")
            .field("model", &M::NAME)
            .field("number", &self.number)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
