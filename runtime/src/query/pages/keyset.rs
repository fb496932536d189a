//! Pages by positions in an order.

use std::fmt;
use std::marker::PhantomData;

use postgres::Row;
use serde::Serialize;

use super::beyond::beyond;
use super::cursor::{Cursor, Identity, MaybeCursor, Side, refused, untaken};
use super::numbered::check_size;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::Flow;
use crate::exec::reach::Reaches;
use crate::model::{Model, Placement};
use crate::place::Context;
use crate::query::decode::{FromRow, decode_error, read_at};
use crate::query::eager::{Loading, WantedRows};
use crate::query::expr::{Each, HasKey};
use crate::query::node::{Distinct, Node, OrderBy, Shape};
use crate::query::select::Query;
use crate::value::Param;

const BOTH: &str =
    "a page was asked for that is after one cursor and before another\nhelp: give one of them";

const DISTINCT: &str = "rows that are `distinct` have no key by which they could be in pages\n\
    help: ask for `page` by its number, or group the rows and ask for all groups";

const WITHOUT_KEY: &str = "rows of queries that are put together have no key by which they could be in pages, or have it several times\n\
    help: ask for `page` by its number; whole rows have a key, and `union` gives each of them once";

const KEYLESS: &str = "rows of a view without a key can be alike, and a page can't begin between two that are\n\
    help: write `#[field(key)]` above the field that no two of its rows share";

const WINDOW: &str = "rows in pages are ordered by a window, which is computed from the rows of the page alone\n\
    help: order by columns, or ask for `page` by its number";

/// A query for a page, by a position in its order. Made by [`Query::keyset`].
#[must_use = "a query does nothing until a scope is given to `all`"]
pub struct Keyset<M: Model, Out, P> {
    wanted: WantedRows<Out>,
    size: u64,
    after: Option<Cursor>,
    before: Option<Cursor>,
    marker: PhantomData<fn() -> (M, P)>,
}

/// A page of an answer, and the cursors of those beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KeysetPage<Out> {
    /// The rows, in the query's order, whichever way the page was come to.
    pub rows: Vec<Out>,
    /// Where the page before ends, for [`Keyset::before`]; none if there are no rows before.
    pub previous: Option<Cursor>,
    /// Where the next page begins, for [`Keyset::after`]; none if there are no more rows.
    pub next: Option<Cursor>,
}

impl<Out> KeysetPage<Out> {
    /// Makes another value of each row, such as what is shown of it; the cursors stay.
    pub fn map<T>(self, of: impl FnMut(Out) -> T) -> KeysetPage<T> {
        KeysetPage {
            rows: self.rows.into_iter().map(of).collect(),
            previous: self.previous,
            next: self.next,
        }
    }
}

impl<M: Model, Out: FromRow + 'static, P: Placement, E: Each> Query<M, Out, P, E> {
    /// Asks for a page of so many rows, by a position in the query's order: the first, or the one after or before a cursor.
    ///
    /// ```no_run
    /// # use tenantry::prelude::*;
    /// # use tenantry::query::{Cursor, KeysetPage};
    /// # #[tenant_model]
    /// # pub struct Invoice { #[field(key)] pub id: i64, pub cents: i64, pub due: Option<Date> }
    /// # /// Parameters of a URL.
    /// # struct Params { after: Option<Cursor>, before: Option<Cursor> }
    /// # fn list(acme: &mut TenantScope, params: &Params) -> tenantry::Result<KeysetPage<Stored<Invoice>>> {
    /// let page = Invoice::query()
    ///     .order_by(Invoice::DUE.desc().nulls_last())
    ///     .order_by(Invoice::CENTS.asc())
    ///     .keyset(20)
    ///     .after(&params.after)
    ///     .before(&params.before)
    ///     .all(acme)?;
    /// if let Some(next) = &page.next {
    ///     println!("<a href='/invoices?after={next}'>more</a>");
    /// }
    /// # Ok(page)
    /// # }
    /// ```
    ///
    /// The order can have any columns and expressions, in any directions, with nulls first or last; the key decides between rows that are equal in
    /// it. Each page is found by the values of its neighbour and not by counting: the last is as quick as the first if there is an
    /// index over the order. Rows that come or go between two pages make no other row come twice or get lost.
    pub fn keyset(self, size: u64) -> Keyset<M, Out, P>
    where
        E: HasKey,
    {
        Keyset::new(WantedRows::new(self.shape), size)
    }
}

impl<M: Model, Out: 'static, P: Placement> Loading<M, Out, P> {
    /// Asks for a page of so many rows, by a position in the query's order: see [`Query::keyset`].
    pub fn keyset(self, size: u64) -> Keyset<M, Out, P> {
        Keyset::new(self.into_wanted(), size)
    }
}

impl<M: Model, Out: 'static, P: Placement> Keyset<M, Out, P> {
    fn new(wanted: WantedRows<Out>, size: u64) -> Self {
        Self {
            wanted,
            size,
            after: None,
            before: None,
            marker: PhantomData,
        }
    }

    /// Begins behind a position: with [`next`](KeysetPage::next) of a page, its next page. Given `None`, it changes nothing.
    pub fn after<'c>(mut self, cursor: impl MaybeCursor<'c>) -> Self {
        if let Some(cursor) = cursor.into_cursor() {
            self.after = Some(cursor.clone());
        }
        self
    }

    /// Ends before a position: with [`previous`](KeysetPage::previous) of a page, the page before it. Given `None`, it changes nothing.
    pub fn before<'c>(mut self, cursor: impl MaybeCursor<'c>) -> Self {
        if let Some(cursor) = cursor.into_cursor() {
            self.before = Some(cursor.clone());
        }
        self
    }

    /// Returns the page, with cursors for the pages beside it, by one statement; by two, if it has no rows and was asked for by a cursor.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Page`], when the cursor is of another order, model or tenant, or was changed, when there is one for both directions, or
    /// when the size is 0; [`ErrorKind::Configuration`], when the query is limited or `distinct`, or ordered by a window; and as [`Query::all`].
    pub fn all<S: Reaches<M, P>>(self, scope: &mut S) -> S::Outcome<'_, KeysetPage<Out>> {
        let context = scope.context().clone();
        let has_cursor = self.after.is_some() || self.before.is_some();
        let flow = match Seek::new(self, &context) {
            Ok((seek, wanted)) => seek.flow::<M, Out>(wanted, context),
            Err(error) => Flow::Done(Err(error)),
        };
        scope.drive(flow.and_on(move |page| {
            let told = |error| if has_cursor { untaken(error) } else { error };
            Flow::Done(page.map_err(|error| told(error).in_model(M::DEF, "page")))
        }))
    }
}

/// A search for a page.
struct Seek {
    /// The order, with the key in the end.
    order: Vec<OrderBy>,
    identity: Identity,
    size: u64,
    /// Whether the page ends at the position.
    is_backwards: bool,
    /// The position, and a query that tells whether there are rows on its other side.
    from: Option<(Cursor, Shape)>,
    /// Which column of the answer is the first of the order.
    column: usize,
}

impl Seek {
    /// Checks what was asked for, and makes the query that finds it.
    fn new<M: Model, Out, P: Placement>(
        keyset: Keyset<M, Out, P>,
        context: &Context,
    ) -> Result<(Self, WantedRows<Out>)> {
        let Keyset {
            mut wanted, size, ..
        } = keyset;
        check_size(&wanted, size)?;
        let order = ordered(&wanted.shape)?;
        let digest = wanted.shape.order_digest(&order, context)?;
        let identity = Identity::new(&digest, context, P::KIND);
        let (cursor, is_backwards) = match (keyset.after, keyset.before) {
            (Some(_), Some(_)) => return Err(refused(BOTH)),
            (after, None) => (after, false),
            (None, before) => (before, true),
        };
        let column = wanted.shape.width();
        let shape = &mut wanted.shape;
        let reversed = || order.iter().cloned().map(OrderBy::reversed).collect();
        let (onwards, back): (Vec<_>, Vec<_>) = if is_backwards {
            (reversed(), order.clone())
        } else {
            (order.clone(), reversed())
        };
        let nodes = order.iter().map(|by| by.node.clone());
        shape.also.extend(nodes);
        let mut from = None;
        if let Some(cursor) = cursor {
            let (side, values) = identity.read(&cursor, order.len())?;
            let has_row_ahead = (side == Side::Before) != is_backwards;
            let mut other = Shape {
                filter: shape.filter.clone(),
                origin: shape.origin.clone(),
                deleted: shape.deleted,
                source: shape.source.clone(),
                ..Shape::new(shape.model)
            };
            other.selected = Some(vec![Node::Constant("1")]);
            other.filter(beyond(&back, &values, !has_row_ahead));
            other.order = back;
            other.limit = Some(1);
            let any = Node::Query(None, Box::new(other.clone()));
            shape.also.push(Node::call("$1 IS NOT NULL", vec![any]));
            shape.filter(beyond(&onwards, &values, has_row_ahead));
            from = Some((cursor, other));
        }
        shape.order = onwards;
        // One more tells whether there is another page.
        shape.limit = Some(size.saturating_add(1));
        let seek = Self {
            order,
            identity,
            size,
            is_backwards,
            from,
            column,
        };
        Ok((seek, wanted))
    }

    fn flow<'f, M: Model, Out: 'static>(
        self,
        wanted: WantedRows<Out>,
        context: Context,
    ) -> Flow<'f, KeysetPage<Out>> {
        let query: Query<M> = Query::of(wanted.shape.clone());
        let rows = Flow::run(
            query.statement(&context, "page"),
            |answer| Ok(answer.rows()),
        );
        rows.and_on(move |rows| match rows {
            Ok(rows) if rows.is_empty() => self.empty::<M, Out>(&context),
            Ok(rows) => match self.beside(rows) {
                Ok((rows, previous, next)) => wanted.read(rows, context).and_on(|rows| {
                    Flow::Done(rows.map(|rows| KeysetPage {
                        rows,
                        previous,
                        next,
                    }))
                }),
                Err(error) => Flow::Done(Err(error)),
            },
            Err(error) => Flow::Done(Err(error)),
        })
    }

    /// Takes the rows of the page out of the answer, and tells the cursors of the pages beside it.
    fn beside(&self, mut rows: Vec<Row>) -> Result<(Vec<Row>, Option<Cursor>, Option<Cursor>)> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let is_more = rows.len() > size;
        rows.truncate(size);
        let is_behind = match (&self.from, rows.first()) {
            (Some(_), Some(row)) => row
                .try_get(self.column + self.order.len())
                .map_err(|error| decode_error(Box::new(error)))?,
            _ => false,
        };
        let (mut has_previous, mut has_next) = (is_behind, is_more);
        if self.is_backwards {
            rows.reverse();
            (has_previous, has_next) = (has_next, has_previous);
        }
        let cursor = |row: Option<&Row>, side, has: bool| {
            let row = row.filter(|_| has);
            row.map(|row| self.identity.cursor(side, &self.values(row)?))
                .transpose()
        };
        let previous = cursor(rows.first(), Side::Before, has_previous)?;
        let next = cursor(rows.last(), Side::After, has_next)?;
        Ok((rows, previous, next))
    }

    /// The values of the order in a row of the answer.
    fn values(&self, row: &Row) -> Result<Vec<Param>> {
        let columns = self.column..self.column + self.order.len();
        columns.map(|column| read_at(row, column)).collect()
    }

    /// A page without rows, beside which there may be one on the other side of its position.
    fn empty<'f, M: Model, Out: 'static>(self, context: &Context) -> Flow<'f, KeysetPage<Out>> {
        let page = |beside: Option<Cursor>, is_backwards: bool| {
            let (previous, next) = if is_backwards {
                (None, beside)
            } else {
                (beside, None)
            };
            KeysetPage {
                rows: Vec::new(),
                previous,
                next,
            }
        };
        let is_backwards = self.is_backwards;
        let Some((cursor, other)) = self.from else {
            return Flow::Done(Ok(page(None, is_backwards)));
        };
        let query: Query<M> = Query::of(other);
        Flow::run(query.statement(context, "page"), move |answer| {
            let is_any = !answer.rows().is_empty();
            Ok(page(is_any.then_some(cursor), is_backwards))
        })
    }
}

/// The order of a query for pages, which no two rows share.
fn ordered(shape: &Shape) -> Result<Vec<OrderBy>> {
    let refused =
        |why| Err(Error::new(ErrorKind::Configuration, why).help("ask for `page` by its number"));
    if !matches!(shape.distinct, Distinct::No) {
        return refused(DISTINCT);
    }
    if shape.source.repeats() || shape.source.given().is_some() {
        return refused(WITHOUT_KEY);
    }
    if shape.order.iter().any(|by| by.node.has_window()) {
        return refused(WINDOW);
    }
    if shape.model.is_keyless() {
        return refused(KEYLESS);
    }
    Ok(shape.total_order())
}

impl<M: Model, Out, P> Clone for Keyset<M, Out, P> {
    fn clone(&self) -> Self {
        Self {
            wanted: self.wanted.clone(),
            size: self.size,
            after: self.after.clone(),
            before: self.before.clone(),
            marker: PhantomData,
        }
    }
}

impl<M: Model, Out, P> fmt::Debug for Keyset<M, Out, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyset")
            .field("model", &M::NAME)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
