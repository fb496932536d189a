//! Values for many rows, by their keys.

use std::fmt;
use std::marker::PhantomData;

use super::bulk::{GivenRow, RowChanges, number};
use super::change::check_given;
use super::columns::Columns;
use super::decode;
use super::fits::{check_stored, compared};
use super::key::KeyOperand;
use super::node::Operand;
use super::stored::Stored;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::Flow;
use crate::exec::reach::WritesTo;
use crate::model::{Column, ColumnDef, IntoKey, Model};
use crate::place::Context;
use crate::value::{Field, IntoValue, Param};

const MISSING: &str = "have keys of which there are no rows, and none is changed\n\
    help: leave them out, or insert them by `insert_many(..).on_conflict(..)`";

const REKEYS: &str = "rows are found by their keys, and would be given others\n\
    help: give a row another key by `update_where(..).set(..)`, by which those that reference it are looked for";

/// An update of many rows by their keys, each to values of its own. Made by `Customer::update_many(columns, rows)`.
#[must_use = "an update does nothing until a scope is given to `execute` or `returning`"]
pub struct UpdateMany<M: Model> {
    columns: Vec<&'static ColumnDef>,
    /// Of each row its key, and its values in the order of the columns.
    rows: Vec<(KeyOperand, Vec<Operand>)>,
    marker: PhantomData<fn() -> M>,
}

/// Columns that take values of type `V`: a column its value, an embedded struct as a whole the struct, a tuple of these a tuple of values.
#[diagnostic::on_unimplemented(
    message = "`{V}` is no value for `{Self}`",
    label = "takes no `{V}`",
    note = "each row is a key and a value of the column, or a tuple of values for a tuple of columns: `((M::NAME, M::NOTE), [(1, (\"Ann\", None))])`"
)]
pub trait Takes<M: Model, V>: Columns<M> {
    #[doc(hidden)]
    fn operands(self, values: V) -> Vec<Operanded>;
}

/// A value, before it is known whether it can be sent.
#[doc(hidden)]
#[derive(Debug)]
pub struct Operanded(Operand);

impl Operanded {
    pub(super) fn new(value: Operand) -> Self {
        Self(value)
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, T: Field, V: IntoValue<T>> Takes<M, V> for Column<M, T> {
    fn operands(self, value: V) -> Vec<Operanded> {
        vec![Operanded(Operand::of(&value.into_value()))]
    }
}

macro_rules! tuples {
    ($($($field:ident $value:ident)*;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<M: Model, $($field: Takes<M, $value>, $value),*> Takes<M, ($($value,)*)> for ($($field,)*) {
            fn operands(self, values: ($($value,)*)) -> Vec<Operanded> {
                #[allow(non_snake_case, reason = "the types' names serve for the values")]
                let (($($field,)*), ($($value,)*)) = (self, values);
                let all = [$($field.operands($value)),*];
                all.into_iter().flatten().collect()
            }
        }
    )*};
}

tuples! {
    A VA;
    A VA B VB;
    A VA B VB C VC;
    A VA B VB C VC D VD;
    A VA B VB C VC D VD E VE;
    A VA B VB C VC D VD E VE F VF;
    A VA B VB C VC D VD E VE F VF G VG;
    A VA B VB C VC D VD E VE F VF G VG H VH;
}

impl<M: Model> UpdateMany<M> {
    pub(super) fn new<C: Takes<M, V>, V>(
        columns: C,
        rows: impl IntoIterator<Item = (impl IntoKey<M>, V)>,
    ) -> Self {
        let rows = rows.into_iter().map(|(key, values)| {
            let values = columns.operands(values).into_iter().map(|value| value.0);
            (KeyOperand::of(&key.into_key()), values.collect())
        });
        Self {
            columns: columns.defs(),
            rows: rows.collect(),
            marker: PhantomData,
        }
    }

    /// Updates the rows, all of them or none, and gives their number. An `auto_now` field is set, a `version` counted up.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`], when there is no row of a key; [`ErrorKind::Unique`], when a key is there twice;
    /// [`ErrorKind::Configuration`], when a column is there twice, has a computed value, or is of the key; and as [`Insert::returning`](super::Insert::returning).
    /// Rows are named by their numbers among those given, from 1.
    pub fn execute<S: WritesTo<M>>(self, scope: &mut S) -> S::Outcome<'_, u64> {
        self.run(scope, |rows, _| Ok(rows.len() as u64))
    }

    /// Updates the rows, all of them or none, and returns them as they are stored then, in the order in which they were given.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub fn returning<S: WritesTo<M>>(self, scope: &mut S) -> S::Outcome<'_, Vec<Stored<M>>>
    where
        M: Send,
    {
        self.run(scope, |mut rows, context| {
            rows.sort_by_key(number);
            decode::read_all(&rows, context)
        })
    }

    fn run<'a, T: Send + 'a, S: WritesTo<M>>(
        self,
        scope: &'a mut S,
        done: fn(Vec<postgres::Row>, &Context) -> Result<T>,
    ) -> S::Outcome<'a, T> {
        let context = scope.context().clone();
        let changes = self.changes();
        scope.drive(match changes {
            Ok(Some(changes)) => {
                let theirs = context.clone();
                let missing = (ErrorKind::NotFound, MISSING);
                changes.run(&context, missing, move |rows| done(rows, &theirs))
            }
            Ok(None) => Flow::Done(done(Vec::new(), &context)),
            Err(error) => Flow::Done(Err(error.in_model(M::DEF, "update"))),
        })
    }

    fn changes(self) -> Result<Option<RowChanges>> {
        check_given(self.columns.iter().copied())?;
        if self.columns.iter().any(|def| M::DEF.is_of_key(def)) {
            return Err(Error::new(ErrorKind::Configuration, REKEYS));
        }
        let mut given = Vec::with_capacity(self.rows.len());
        for (place, (key, values)) in self.rows.iter().enumerate() {
            let number = place + 1;
            let row = self.given(number, key, values).map_err(|error| {
                let message = format!("row {number} of those given: {}", error.message());
                let kind = error.kind();
                error.retold(kind, message)
            })?;
            given.push(row);
        }
        if given.is_empty() {
            return Ok(None);
        }
        RowChanges::new(M::DEF, "update", given.len(), given).map(Some)
    }

    fn given(&self, number: usize, key: &KeyOperand, values: &[Operand]) -> Result<GivenRow> {
        let key = key.clone().compared(M::DEF)?;
        let mut all: Vec<Option<Param>> = vec![None; M::DEF.columns.len()];
        for (def, value) in self.columns.iter().zip(values) {
            let value = compared(Some(def), value)?;
            check_stored(def, value)?;
            let column = M::DEF.columns.iter().position(|it| it.name == def.name);
            all[column.expect("it is a column of the model")] = Some(value.clone());
        }
        Ok(GivenRow {
            number,
            key,
            is_deleted: Some(false),
            versions: Vec::new(),
            values: all,
        })
    }
}

impl<M: Model> fmt::Debug for UpdateMany<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<_> = self.columns.iter().map(|def| def.name).collect();
        f.debug_struct("UpdateMany")
            .field("model", &M::NAME)
            .field("set", &columns)
            .field("rows", &self.rows.len())
            .finish()
    }
}
