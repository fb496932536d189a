//! Inserts that change the row that is there already, or leave it.

use std::fmt;
use std::marker::PhantomData;

use super::assign::{Assigned, Assigns};
use super::bulk::{InsertMany, insertion};
use super::columns::Columns;
use super::conflict::{Action, Changes, OnConflict, Target};
use super::decode;
use super::error::{not_found, upsert_failed};
use super::expr::{Condition, Expr, Plain, Within};
use super::insert::Insert;
use super::node::Node;
use super::stored::Stored;
use super::tolerance::without_lacked;
use super::upserted::Upserted;
use crate::error::Result;
use crate::exec::reach::WritesTo;
use crate::exec::{Flow, Gives};
use crate::model::{Column, Model, Placement};
use crate::place::Context;
use crate::value::Field;

/// An insert, and the conflict that is met. Made by `Customer::insert(..).on_conflict(Customer::EMAIL)`.
///
/// | to | write |
/// |---|---|
/// | leave the row that is there | `.do_nothing()` |
/// | have it take values of the new one | `.update((Customer::NAME, Customer::NOTE))` |
/// | give it a value | `.set(Customer::NOTE, "again")` |
#[must_use = "an insert does nothing until it is said what happens at a conflict"]
pub struct Conflict<I> {
    pub(super) insert: I,
    pub(super) with: Target,
}

/// An insert that changes the row that is there already, or leaves it.
///
/// `W` says whether there is a row in any case: [`Always`], or [`Sometimes`] if the one that is there may be left as it is.
#[must_use = "an insert does nothing until a scope is given to `returning`, `outcome` or `execute`"]
pub struct Upsert<I, W> {
    insert: I,
    conflict: OnConflict,
    marker: PhantomData<fn() -> W>,
}

/// The row is inserted or changed.
#[derive(Debug)]
pub enum Always {}

/// The row is inserted or changed, or left as it is.
#[derive(Debug)]
pub enum Sometimes {}

/// The placement of the rows of an insert.
type PlacementOf<I> = <<I as AnyInsert>::Model as Model>::Placement;

/// The value that the new row would have had in a column, for an insert that changes the row that is there:
/// `.set(Visit::COUNT, Visit::COUNT + excluded(Visit::COUNT))`. Anywhere else it is
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration).
pub fn excluded<M: Model, T: Field>(column: Column<M, T>) -> Expr<M, T> {
    Expr::new(Node::New(M::DEF, column.def()))
}

/// An insert of one row or of many.
pub trait AnyInsert: Sealed {
    /// The model of the rows.
    type Model: Model;
}

/// Keeps others from making inserts of their own.
pub trait Sealed {}

impl<M> Sealed for Insert<M> {}
impl<M> Sealed for InsertMany<'_, M> {}

impl<M: Model> AnyInsert for Insert<M> {
    type Model = M;
}

impl<M: Model> AnyInsert for InsertMany<'_, M> {
    type Model = M;
}

macro_rules! on_conflict {
    ($([$($lifetime:lifetime)?] $insert:ty;)*) => {$(
        impl<$($lifetime,)? M: Model> $insert {
            /// Says which rows that are there are met: those that are the same in these columns, which have to be unique.
            ///
            /// A unique index for a part of the rows is found by its columns too, if it is the only one.
            pub fn on_conflict(self, columns: impl Columns<M>) -> Conflict<Self> {
                let with = Target::Columns(columns.defs());
                Conflict { insert: self, with }
            }

            /// Says which rows that are there are met: those that a unique index of the model forbids, by the name that the
            /// model gives it.
            pub fn on_conflict_with(self, index: &'static str) -> Conflict<Self> {
                let with = Target::Named(index);
                Conflict { insert: self, with }
            }

            /// Leaves out what is in conflict with any row that is there.
            pub fn unless_conflict(self) -> Upsert<Self, Sometimes> {
                let with = Target::Any;
                Conflict { insert: self, with }.do_nothing()
            }
        }
    )*};
}

on_conflict! {
    [] Insert<M>;
    ['r] InsertMany<'r, M>;
}

impl<I: AnyInsert> Conflict<I> {
    /// Leaves the row that is there as it is.
    pub fn do_nothing(self) -> Upsert<I, Sometimes> {
        self.then(Action::Nothing)
    }

    /// Has the row that is there take what the new one would have had in these columns.
    pub fn update(self, columns: impl Columns<I::Model>) -> Upsert<I, Always> {
        self.changes().update(columns)
    }

    /// Gives a column of the row that is there a value, or one that is computed from it, and from the new one by [`excluded`].
    pub fn set<C, V, By>(self, column: C, value: V) -> Upsert<I, Always>
    where
        C: Assigns<I::Model, V, By>,
        PlacementOf<I>: Placement<With<C::Reach> = PlacementOf<I>>,
    {
        self.changes().set(column, value)
    }

    fn changes(self) -> Upsert<I, Always> {
        self.then(Action::Update(Changes::default()))
    }

    fn then<W>(self, then: Action) -> Upsert<I, W> {
        let Self { insert, with } = self;
        Upsert {
            insert,
            conflict: OnConflict {
                with,
                then,
                tells_new: false,
            },
            marker: PhantomData,
        }
    }
}

impl<I: AnyInsert> Upsert<I, Always> {
    /// Has the row that is there take what the new one would have had in these columns.
    pub fn update(mut self, columns: impl Columns<I::Model>) -> Self {
        self.change(|changes| changes.taken.extend(columns.defs()));
        self
    }

    /// Gives a column of the row that is there a value, or one that is computed from it, and from the new one by [`excluded`].
    pub fn set<C, V, By>(mut self, column: C, value: V) -> Self
    where
        C: Assigns<I::Model, V, By>,
        PlacementOf<I>: Placement<With<C::Reach> = PlacementOf<I>>,
    {
        let Assigned(given) = column.assigned(value);
        self.change(|changes| changes.set.extend(given));
        self
    }

    /// Leaves the row that is there as it is unless it meets a condition.
    pub fn filter<C>(mut self, condition: C) -> Upsert<I, Sometimes>
    where
        C: Condition<I::Model, Kind: Within<Plain>>,
        PlacementOf<I>: Placement<With<C::Reach> = PlacementOf<I>>,
    {
        self.change(|changes| changes.filter = Some(condition.into_condition().node));
        Upsert {
            insert: self.insert,
            conflict: self.conflict,
            marker: PhantomData,
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut Changes)) {
        if let Action::Update(changes) = &mut self.conflict.then {
            change(changes);
        }
    }
}

impl<I, W> Upsert<I, W> {
    /// Has each row that is given say whether it is new.
    fn telling(mut self) -> Self {
        self.conflict.tells_new = true;
        self
    }
}

impl<M: Model, W> Upsert<Insert<M>, W> {
    /// Runs it, and makes something of what is given of the row, if it was written.
    fn run<'a, T: 'a, S: WritesTo<M>>(
        self,
        scope: &'a mut S,
        gives: Gives,
        outcome: impl FnOnce(Option<(Stored<M>, bool)>, u64) -> Result<T> + Send + 'static,
    ) -> S::Outcome<'a, T> {
        let context = scope.context().clone();
        let statement = self.insert.checked("upsert").and_then(|row| {
            let row = without_lacked(M::DEF, row, &context);
            let row = row.map_err(|error| error.in_model(M::DEF, "upsert"))?;
            let clause = self.conflict.clause(M::DEF, &context, false)?;
            Ok(insertion(M::DEF, &context, &[row], gives, Some(&clause)))
        });
        let flow = Flow::run(statement, move |answer| {
            let count = answer.count();
            let rows = answer.rows();
            let row = rows.first().map(|row| decode::read(row, &context));
            outcome(row.transpose()?, count)
        });
        scope.drive(flow.and_on(|outcome| Flow::Done(outcome.map_err(upsert_failed))))
    }
}

impl<M: Model> Upsert<Insert<M>, Always> {
    /// Inserts or changes the row.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), when the model has no such unique columns; and as
    /// [`Insert::returning`].
    pub fn execute<S: WritesTo<M>>(self, scope: &mut S) -> S::Outcome<'_, ()> {
        self.run(scope, Gives::Count, |_, _| Ok(()))
    }

    /// Inserts or changes the row, and returns it as it is stored.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub fn returning<S: WritesTo<M>>(self, scope: &mut S) -> S::Outcome<'_, Stored<M>> {
        self.run(scope, Gives::Rows, |row, _| {
            row.map(|(row, _)| row).ok_or_else(|| not_found(M::DEF))
        })
    }

    /// Inserts or changes the row, and returns it with which of both was done.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), when the table is partitioned; and as
    /// [`execute`](Self::execute).
    pub fn outcome<S: WritesTo<M>>(self, scope: &mut S) -> S::Outcome<'_, Upserted<Stored<M>>> {
        self.telling().run(scope, Gives::Rows, |row, _| {
            row.map(Upserted::of).ok_or_else(|| not_found(M::DEF))
        })
    }
}

impl<M: Model> Upsert<Insert<M>, Sometimes> {
    /// Inserts or changes the row, and tells whether it did.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), when the model has no such unique columns; and as
    /// [`Insert::returning`].
    pub fn execute<S: WritesTo<M>>(self, scope: &mut S) -> S::Outcome<'_, bool> {
        self.run(scope, Gives::Count, |_, count| Ok(count > 0))
    }

    /// Inserts or changes the row, and returns it as it is stored if it did.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub fn returning<S: WritesTo<M>>(self, scope: &mut S) -> S::Outcome<'_, Option<Stored<M>>> {
        self.run(scope, Gives::Rows, |row, _| Ok(row.map(|(row, _)| row)))
    }

    /// Inserts or changes the row, and returns it with which of both was done, if any was.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), when the table is partitioned; and as
    /// [`execute`](Self::execute).
    pub fn outcome<S: WritesTo<M>>(
        self,
        scope: &mut S,
    ) -> S::Outcome<'_, Option<Upserted<Stored<M>>>> {
        self.telling()
            .run(scope, Gives::Rows, |row, _| Ok(row.map(Upserted::of)))
    }
}

impl<'r, M: Model, W> Upsert<InsertMany<'r, M>, W> {
    /// Inserts or changes the rows, and returns how many it did.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), when the model has no such unique columns;
    /// [`ErrorKind::Unique`](crate::ErrorKind::Unique), when two of the rows would change the same; and as
    /// [`InsertMany::execute`].
    pub fn execute<'a, S: WritesTo<M>>(self, scope: &'a mut S) -> S::Outcome<'a, u64>
    where
        'r: 'a,
    {
        let flow = self.flow(scope.context(), Gives::Count);
        scope.drive(flow.and_on(|answers| Flow::Done(answers.map(|answers| answers.count))))
    }

    /// Inserts or changes the rows, and returns those that it did in the order in which they were given.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub fn returning<'a, S: WritesTo<M>>(self, scope: &'a mut S) -> S::Outcome<'a, Vec<Stored<M>>>
    where
        'r: 'a,
    {
        self.read(scope, |(row, _)| row)
    }

    /// Inserts or changes the rows, and returns those that it did, each with which of both was done, in the order in which they
    /// were given.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), when the table is partitioned; and as
    /// [`execute`](Self::execute).
    pub fn outcomes<'a, S: WritesTo<M>>(
        self,
        scope: &'a mut S,
    ) -> S::Outcome<'a, Vec<Upserted<Stored<M>>>>
    where
        'r: 'a,
    {
        self.telling().read(scope, Upserted::of)
    }

    fn read<'a, T: 'a, S: WritesTo<M>>(
        self,
        scope: &'a mut S,
        outcome: fn((Stored<M>, bool)) -> T,
    ) -> S::Outcome<'a, Vec<T>>
    where
        'r: 'a,
    {
        let context = scope.context().clone();
        let flow = self.flow(&context, Gives::Rows);
        scope.drive(flow.and_on(move |answers| {
            let rows = answers.and_then(|answers| decode::read_all(&answers.rows, &context));
            Flow::Done(rows.map(|rows| rows.into_iter().map(outcome).collect()))
        }))
    }

    fn flow(self, context: &Context, gives: Gives) -> Flow<'r, super::bulk::Answers> {
        let flow = self.insert.flow(context, gives, Some(&self.conflict));
        flow.and_on(|answers| Flow::Done(answers.map_err(upsert_failed)))
    }
}

impl<I: AnyInsert> fmt::Debug for Conflict<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conflict")
            .field("model", &I::Model::NAME)
            .field("with", &self.with)
            .finish_non_exhaustive()
    }
}

impl<I: AnyInsert, W> fmt::Debug for Upsert<I, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upsert")
            .field("model", &I::Model::NAME)
            .field("conflict", &self.conflict)
            .finish_non_exhaustive()
    }
}
