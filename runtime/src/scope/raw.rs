//! Running statements that were written as SQL.

use std::fmt;

use super::{Session, SharedScope, TenantScope};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Connection, Flow, Gives, Statement};
use crate::name::quote_identifier;
use crate::query::{CheckedSql, FromRow, Piece, decode_row, decode_rows};
use crate::scope::Context;
use crate::value::{DecodeError, Field, Param};

macro_rules! sql {
    ($($scope:ident),*) => {$(
        impl<C: Connection> $scope<C> {
            /// Prepares to run a statement that was written as SQL with [`sql!`](crate::sql).
            // The bound is the statement's and not the scope's: of a scope with one placement, the compiler would take
            // that one for granted and complain of the statement's type.
            pub fn sql(&mut self, sql: impl CheckedSql<Self>) -> Raw<'_, Self> {
                Raw::new(self, &sql)
            }
        }
    )*};
}

sql!(TenantScope, SharedScope);

/// A value that a parameter of a statement can be bound to: that of any field, or a `&str`.
pub trait Bind {
    #[doc(hidden)]
    fn into_bound(self) -> Result<Param, DecodeError>;
}

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
#[must_use = "the statement does not run until `execute`, `rows` or `row` is called"]
pub struct Raw<'s, S> {
    scope: &'s mut S,
    pieces: &'static [Piece],
    wanted: usize,
    params: Result<Vec<Param>>,
}

impl<'s, S: Session> Raw<'s, S> {
    fn new(scope: &'s mut S, sql: &impl CheckedSql<S>) -> Self {
        Self {
            scope,
            pieces: sql.pieces(),
            wanted: sql.parameters(),
            params: Ok(Vec::new()),
        }
    }

    /// Gives the next parameter its value: `$1` the first time, then `$2`, and so on.
    pub fn bind(mut self, value: impl Bind) -> Self {
        self.params = self.params.and_then(|mut params| {
            params.push(value.into_bound().map_err(|error| {
                let number = params.len() + 1;
                Error::new(
                    ErrorKind::Encode,
                    format!("PostgreSQL has no such value for `${number}`: {error}"),
                )
            })?);
            Ok(params)
        });
        self
    }

    /// Runs the statement, and gives the number of rows that it changed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], when the statement has more or fewer parameters than were bound; when the server
    /// refuses it.
    pub fn execute(self) -> S::Outcome<'s, u64> {
        let statement = statement(
            self.scope.context(),
            self.pieces,
            self.wanted,
            self.params,
            Gives::Count,
        );
        self.scope
            .drive(Flow::run(statement, |answer| Ok(answer.count())))
    }

    /// Runs the statement, and gives its rows: each a value, or a tuple of up to eight.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute); when a row does not fit `T`.
    pub fn rows<T: FromRow + 's>(self) -> S::Outcome<'s, Vec<T>> {
        let context = self.scope.context().clone();
        let statement = statement(&context, self.pieces, self.wanted, self.params, Gives::Rows);
        self.scope.drive(Flow::run(statement, move |answer| {
            decode_rows(&answer.rows(), &context)
        }))
    }

    /// Runs the statement, and gives its only row.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is none, [`ErrorKind::SeveralRows`] when there are several; and as
    /// [`rows`](Self::rows).
    pub fn row<T: FromRow + 's>(self) -> S::Outcome<'s, T> {
        let context = self.scope.context().clone();
        let statement = statement(&context, self.pieces, self.wanted, self.params, Gives::Rows);
        self.scope.drive(Flow::run(
            statement,
            move |answer| match &answer.rows()[..] {
                [row] => decode_row(row, &context),
                [] => Err(Error::new(ErrorKind::NotFound, "the statement gave no row")),
                _ => Err(Error::new(
                    ErrorKind::SeveralRows,
                    "one row was asked for, and the statement gave several",
                )),
            },
        ))
    }
}

fn statement(
    context: &Context,
    pieces: &[Piece],
    wanted: usize,
    params: Result<Vec<Param>>,
    gives: Gives,
) -> Result<Statement> {
    let params = params?;
    if params.len() != wanted {
        let message = format!(
            "the statement has {wanted} parameters, and {} were bound\nhelp: call `bind` once for each, in order",
            params.len()
        );
        return Err(Error::new(ErrorKind::Configuration, message));
    }
    let sql = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => (*text).to_owned(),
        Piece::Table(model) => {
            format!(
                "{}.{}",
                context.schema(model.placement).quoted(),
                quote_identifier(model.table)
            )
        }
        Piece::Column(name) => quote_identifier(name),
    });
    Ok(Statement {
        sql: sql.collect(),
        params,
        gives,
        model: None,
        operation: "sql",
    })
}

impl<S> fmt::Debug for Raw<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raw")
            .field("pieces", &self.pieces)
            .finish_non_exhaustive()
    }
}
