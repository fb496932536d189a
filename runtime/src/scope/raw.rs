//! Running statements that were written as SQL.

use std::fmt;
use std::marker::PhantomData;

use super::{ReadScope, Session, SharedScope, TenantScope};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Connection, Effect, Flow, Gives, Statement};
use crate::name::quote_identifier;
use crate::query::{AllBound, CheckedSql, FromRow, Piece, Unbound, read_by_name};
use crate::value::{DecodeError, Field, Param, nul};

macro_rules! sql {
    ($($scope:ident),*) => {$(
        impl<C: Connection> $scope<C> {
            /// Prepares to run a statement that was written as SQL with [`sql!`](crate::sql).
            ///
            /// ```no_run
            /// # use tenantry::prelude::*;
            /// # #[tenant_model]
            /// # pub struct Invoice { #[field(key)] pub id: i64, pub cents: i64, pub paid: bool }
            /// # fn remind(acme: &mut TenantScope) -> tenantry::Result<()> {
            /// let large = sql!("SELECT {Invoice.id}, {Invoice.cents} FROM {Invoice} WHERE {Invoice.cents} > $1");
            /// for (id, cents) in acme.sql(large).bind(100_000_i64).rows::<(i64, i64)>()? {
            ///     println!("invoice {id}: {cents} cents");
            /// }
            /// # Ok(())
            /// # }
            /// ```
            // The bound is the statement's and not the scope's: of a scope with one placement, the compiler would take
            // that one for granted and complain of the statement's type.
            pub fn sql<Parameters>(
                &mut self,
                sql: impl CheckedSql<Self, Parameters = Parameters>,
            ) -> Raw<'_, Self, Parameters> {
                Raw::new(self, &sql)
            }
        }
    )*};
}

sql!(TenantScope, SharedScope, ReadScope);

/// A value that a parameter of a statement can be bound to: that of any field, or a `&str`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be bound to a parameter",
    label = "not a PostgreSQL value",
    note = "bind a value of a type that a model's field can have, or a `&str`"
)]
pub trait Bind {
    #[doc(hidden)]
    fn into_bound(self) -> Result<Param, DecodeError>;
}

#[diagnostic::do_not_recommend]
impl<T: Field> Bind for T {
    fn into_bound(self) -> Result<Param, DecodeError> {
        self.to_param()
    }
}

impl Bind for &str {
    fn into_bound(self) -> Result<Param, DecodeError> {
        Ok(Param::text(self))
    }
}

/// A statement written as SQL, about to run in a scope. Made by [`TenantScope::sql`] and [`SharedScope::sql`].
///
/// `Left` are the parameters that have no value yet.
#[must_use = "the statement does not run until `execute`, `rows`, `for_each` or `row` is called"]
pub struct Raw<'s, S, Left> {
    scope: &'s mut S,
    pieces: &'static [Piece],
    effect: Effect,
    params: Result<Vec<Param>>,
    left: PhantomData<fn() -> Left>,
}

impl<'s, S: Session, Left> Raw<'s, S, Left> {
    fn new(scope: &'s mut S, sql: &impl CheckedSql<S, Parameters = Left>) -> Self {
        Self {
            scope,
            pieces: sql.pieces(),
            effect: sql.effect(),
            params: Ok(Vec::new()),
            left: PhantomData,
        }
    }

    /// Gives the next parameter its value: `$1` the first time, then `$2`, and so on.
    // A type of its own for what is left, since a method whose result names none is told of as one that there is not.
    pub fn bind<Rest>(self, value: impl Bind) -> Raw<'s, S, Rest>
    where
        Left: Unbound<Rest = Rest>,
    {
        let params = self.params.and_then(|mut params| {
            let number = params.len() + 1;
            let value = value.into_bound().map_err(|error| {
                Error::new(
                    ErrorKind::Encode,
                    format!("PostgreSQL has no such value for `${number}`: {error}"),
                )
                .help("bind a value within the range of its type")
            })?;
            if let Some(why) = nul(&value) {
                let message = format!("the value for `${number}` can't be sent: {why}");
                return Err(Error::new(ErrorKind::Value, message).help("bind another value"));
            }
            params.push(value);
            Ok(params)
        });
        Raw {
            scope: self.scope,
            pieces: self.pieces,
            effect: self.effect,
            params,
            left: PhantomData,
        }
    }

    /// The scope, and the statement that runs in it.
    pub(crate) fn statement(self, gives: Gives) -> (&'s mut S, Result<Statement>) {
        let Self {
            scope,
            pieces,
            effect,
            params,
            left: _,
        } = self;
        let context = scope.context();
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => (*text).to_owned(),
            Piece::Table(model) => model.table_in(context).to_string(),
            Piece::Column(name) => quote_identifier(name),
        };
        let statement = params.map(|params| Statement {
            sql: pieces.iter().map(text).collect(),
            params,
            gives,
            effect,
            model: None,
            operation: "sql",
        });
        (scope, statement)
    }

    /// Runs the statement, and gives the number of rows that it changed.
    ///
    /// # Errors
    ///
    /// When a value can't be sent, or the server refuses the statement.
    pub fn execute(self) -> S::Outcome<'s, u64>
    where
        Left: AllBound,
    {
        let (scope, statement) = self.statement(Gives::Count);
        scope.drive(Flow::run(statement, |answer| Ok(answer.count())))
    }

    /// Runs the statement, and gives its rows: each a value, a [`Stored`](crate::Stored) model, a tuple of up to
    /// twelve of these, or a struct with [`#[derive(Row)]`](macro@crate::Row).
    ///
    /// A model is read by the names of its columns, in whatever order they come; in a tuple, from those that follow what
    /// is read before it.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute); when a row does not fit `T`, or a column of a model is missing or there twice.
    pub fn rows<T: FromRow + 's>(self) -> S::Outcome<'s, Vec<T>>
    where
        Left: AllBound,
    {
        let context = self.scope.context().clone();
        let (scope, statement) = self.statement(Gives::Rows);
        scope.drive(Flow::run(statement, move |answer| {
            let rows = answer.rows();
            rows.iter().map(|row| read_by_name(row, &context)).collect()
        }))
    }

    /// Runs the statement, and returns its rows, each by itself: one that does not fit `T` is an error, and hides no other.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute). Of a row: as [`rows`](Self::rows).
    pub fn try_rows<T: FromRow + 's>(self) -> S::Outcome<'s, Vec<Result<T>>>
    where
        Left: AllBound,
    {
        let context = self.scope.context().clone();
        let (scope, statement) = self.statement(Gives::Rows);
        scope.drive(Flow::run(statement, move |answer| {
            let rows = answer.rows();
            Ok(rows.iter().map(|row| read_by_name(row, &context)).collect())
        }))
    }

    /// Runs the statement, calls a closure with each of its rows as it comes, and returns the number of rows. However many there
    /// are, only a few are in memory.
    ///
    /// The scope is in use until the last row. After an error of the closure the rows that are left are read and passed over, so what
    /// the statement changes, it has changed. The limit of a statement's time begins anew as rows come; the closure's time does not
    /// count.
    ///
    /// # Errors
    ///
    /// The closure's, and as [`rows`](Self::rows). The closure has been called for the rows before that.
    pub fn for_each<T: FromRow>(
        self,
        mut work: impl FnMut(T) -> Result<()> + Send + 's,
    ) -> S::Outcome<'s, u64>
    where
        Left: AllBound,
    {
        let context = self.scope.context().clone();
        let (scope, statement) = self.statement(Gives::Rows);
        scope.drive(Flow::each(statement, move |row| {
            work(read_by_name(&row, &context)?)
        }))
    }

    /// Runs the statement, and gives its only row.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is none, [`ErrorKind::SeveralRows`] when there are several; and as
    /// [`rows`](Self::rows).
    pub fn row<T: FromRow + 's>(self) -> S::Outcome<'s, T>
    where
        Left: AllBound,
    {
        let context = self.scope.context().clone();
        let (scope, statement) = self.statement(Gives::Rows);
        scope.drive(Flow::run(
            statement,
            move |answer| match &answer.rows()[..] {
                [row] => read_by_name(row, &context),
                [] => Err(Error::new(
                    ErrorKind::NotFound,
                    "the statement gave no row\nhelp: use `rows()` if there may be none",
                )),
                _ => Err(Error::new(
                    ErrorKind::SeveralRows,
                    "one row was asked for, and the statement gave several\n\
                     help: use `rows()`, or have the statement give one only",
                )),
            },
        ))
    }
}

impl<S, Left> fmt::Debug for Raw<'_, S, Left> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raw")
            .field("pieces", &self.pieces)
            .finish_non_exhaustive()
    }
}
