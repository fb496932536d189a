//! Rows that know where they came from.

mod changed;
mod copied;
mod deleted;
mod shown;

use std::ops::{Deref, DerefMut};

use super::decode;
use super::error::{check_origin, encode_error, stale, unsendable};
use super::fixed::find;
use super::key::KeyOperand;
use super::tolerance;
use super::unsettled::{Possible, Unsettled};
use crate::error::Result;
use crate::exec::reach::{Reaches, WritesTo};
use crate::exec::{Flow, Statement};
use crate::model::{Deletable, Fk, Key, KeyValues, Model, Writable};
use crate::place::Context;
use crate::value::Param;

/// A row of `M` as it was loaded, or was last saved.
///
/// It reads like an `M`, and can be changed like one; [`save`](Self::save) then writes the changed columns. It keeps where it came from, so a row
/// of one tenant can't be saved, deleted or followed in another. It serialises as the `M` that it holds, and [can't be
/// deserialised](crate#types-of-other-crates).
pub struct Stored<M: Model> {
    row: M,
    origin: Context,
    /// The rest that has to be known; none of rows that are only read, so that these are small.
    more: Option<Box<More<M>>>,
}

/// Facts of a row that was changed, or can't be written whole.
struct More<M: Model> {
    before: Before,
    /// The key as stored, once the row has been lent to be changed.
    key: Option<M::Key>,
    /// Saves in transactions that were still open, and so can be undone.
    unsettled: Unsettled,
    /// The fields that hold less than what is stored, so that writing them would lose something, and why.
    inexact: Vec<(usize, String)>,
}

impl<M: Model> Default for More<M> {
    fn default() -> Self {
        Self {
            before: Before::AtHand,
            key: None,
            unsettled: Unsettled::default(),
            inexact: Vec::new(),
        }
    }
}

/// The values as stored.
///
/// | from | when | to |
/// |---|---|---|
/// | `AtHand` | the row is lent to be changed | `Kept`, or `Lost` if they can't be encoded |
/// | any | the row is saved, or loaded anew | `AtHand` |
#[derive(Clone)]
enum Before {
    /// They are those of the row: rows that are only read cost nothing.
    AtHand,
    /// They are these; the row may have been changed since.
    Kept(Vec<Param>),
    /// They are not known, for this reason, as the row may have been changed since.
    Lost(String),
}

impl<M: Model> Stored<M> {
    pub(super) fn read(row: M, origin: Context, inexact: Vec<(usize, String)>) -> Self {
        Self {
            row,
            origin,
            more: (!inexact.is_empty()).then(|| {
                Box::new(More {
                    inexact,
                    ..More::default()
                })
            }),
        }
    }

    /// A reference to the row, as it is stored: it stays the same when the key field is given another value.
    pub fn key(&self) -> Fk<M> {
        let lent = self.more.as_ref().and_then(|more| more.key.as_ref());
        let key = lent.map_or_else(|| self.row.key(), Key::duplicate);
        Fk::placed(key, self.origin.origins())
    }

    /// The row without its origin.
    pub fn into_inner(self) -> M {
        self.row
    }

    /// Deletes the row; of a [`SoftDelete`](crate::model::SoftDelete) model it stays in the table, with the time. A `version` field is checked: `Customer::delete_where(Customer::ID.eq(row.id))` deletes it in any case.
    ///
    /// Of a shared row that tenants reference [without a constraint](macro@crate::tenant_model#references-without-a-constraint), in more
    /// than 64 tables, theirs are changed in transactions of their own before: an error then says in how many they have been.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ForeignRow`](crate::ErrorKind::ForeignRow), when the row came from elsewhere; [`ErrorKind::Stale`](crate::ErrorKind::Stale), when it is gone already, or was changed
    /// and has a `version`;
    /// [`ErrorKind::ForeignKey`](crate::ErrorKind::ForeignKey), when another row references it.
    pub fn delete<S: WritesTo<M>>(self, scope: &mut S) -> S::Outcome<'_, ()>
    where
        M: Deletable + Writable,
    {
        match M::DEF.soft_delete() {
            Some(def) => self.mark(def, scope),
            None => self.remove(scope),
        }
    }

    /// The values as they are now, for following a foreign key.
    pub(super) fn values(&self, operation: &'static str) -> Result<Vec<Param>> {
        let values = self.row.write();
        values.map_err(|error| unsendable(error).in_model(M::DEF, operation))
    }

    pub(super) fn origin(&self) -> &Context {
        &self.origin
    }

    fn before(&self) -> &Before {
        let more = self.more.as_ref();
        more.map_or(&Before::AtHand, |more| &more.before)
    }

    /// Values that may be stored instead of what was saved last.
    fn possible(&self) -> Option<Possible<'_>> {
        self.more.as_ref()?.unsettled.possible()
    }

    /// The values that may be stored, as far as they may differ from those at hand; none if they are those at hand.
    ///
    /// After a rollback these are the values before the undone saves, so that the next save writes their changes again.
    fn stored_values(&self, operation: &'static str) -> Result<Possible<'_>> {
        let saved = match self.before() {
            Before::Kept(saved) => Some(&saved[..]),
            _ => None,
        };
        match (self.possible(), self.before()) {
            (Some(mut possible), _) => {
                possible.before.extend(saved.filter(|_| possible.or_saved));
                Ok(possible)
            }
            (None, Before::Lost(why)) => Err(encode_error(why).in_model(M::DEF, operation)),
            (None, _) => Ok(Possible {
                before: saved.into_iter().collect(),
                or_saved: true,
            }),
        }
    }

    /// Notes saves that can be undone.
    fn is_unsettled(&mut self, saves: Unsettled) {
        if !saves.is_empty() {
            self.more.get_or_insert_default().unsettled = saves;
        }
    }

    /// The key under which the row is stored, which a change to the key field does not touch.
    fn stored_key(&self, operation: &'static str, context: &Context) -> Result<KeyValues> {
        check_origin(M::DEF, &self.origin, context, operation)?;
        match self.stored_values(operation)?.before.first() {
            Some(before) => Ok(KeyValues::among(M::DEF, before)),
            None => Ok(KeyValues::of(M::DEF, self.values(operation)?)),
        }
    }
}

impl<M: Model + Send> Stored<M> {
    /// Writes the changed columns, and takes over the row as it is stored then.
    ///
    /// Without a change it sends nothing. A `version` field is checked and counted up, an `auto_now` field set.
    ///
    /// When the transaction is rolled back in which it was called, the row still has its changes, and the next save
    /// writes them again: so a transaction can be retried with the same rows.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ForeignRow`](crate::ErrorKind::ForeignRow), when the row came from elsewhere; [`ErrorKind::Stale`](crate::ErrorKind::Stale), when it was deleted since, or
    /// changed and has a `version`; [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), when a `generated` field was given another value, or the key
    /// field, as by a row of another place that is assigned as a whole; [`ErrorKind::Encode`](crate::ErrorKind::Encode), when a changed field holds less than its column, such as JSON
    /// with longer numbers; [`ErrorKind::Invalid`](crate::ErrorKind::Invalid), when a check of the model refuses a changed field; and as [`Insert::returning`](super::Insert::returning).
    pub fn save<'a, S: WritesTo<M>>(&'a mut self, scope: &'a mut S) -> S::Outcome<'a, ()>
    where
        M: Writable,
    {
        let context = scope.context().clone();
        scope.drive(match self.changed(&context) {
            Ok(Some(changed)) => {
                self.writing(move |context| changed.saving(M::DEF, context), context)
            }
            Ok(None) => Flow::Done(Ok(())),
            Err(error) => Flow::Done(Err(error)),
        })
    }

    /// Runs a statement that writes the row, and takes over the row as it is stored then.
    fn writing(
        &mut self,
        make: impl FnOnce(&Context) -> Result<Statement> + Clone + Send + 'static,
        context: Context,
    ) -> Flow<'_, ()> {
        tolerance::run(M::DEF, context, make, |answer, context| {
            let rows = answer.rows();
            let row = rows.first().map(|row| decode::read(row, context));
            let row: Option<Self> = row.transpose()?;
            self.take_over(row.ok_or_else(|| stale::<M>("save"))?, context);
            Ok(())
        })
    }

    /// Loads the row anew; changes that were not saved are lost. A row that is deleted and still in the table is loaded as such.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ForeignRow`](crate::ErrorKind::ForeignRow), when the row came from elsewhere; [`ErrorKind::Stale`](crate::ErrorKind::Stale), when it is gone.
    pub fn reload<'a, S: Reaches<M, M::Placement>>(
        &'a mut self,
        scope: &'a mut S,
    ) -> S::Outcome<'a, ()> {
        let context = scope.context().clone();
        let key = match self.stored_key("reload", &context) {
            Ok(key) => KeyOperand::Values(key),
            Err(error) => return scope.drive(Flow::Done(Err(error))),
        };
        let make = |context: &Context| find::<M>(context, key, "reload");
        scope.drive(tolerance::run(M::DEF, context, make, |answer, context| {
            let row = answer
                .rows()
                .first()
                .map(|row| decode::read(row, context))
                .transpose()?;
            let mut row: Self = row.ok_or_else(|| stale::<M>("reload"))?;
            if let Some(more) = self.more.take() {
                row.is_unsettled(more.unsettled.after_look());
            }
            *self = row;
            Ok(())
        }))
    }
}

impl<M: Model> Deref for Stored<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.row
    }
}

impl<M: Model> DerefMut for Stored<M> {
    fn deref_mut(&mut self) -> &mut M {
        let more = self.more.get_or_insert_default();
        if matches!(more.before, Before::AtHand) {
            more.key = Some(self.row.key());
            more.before = match self.row.write() {
                Ok(values) => Before::Kept(values),
                Err(error) => Before::Lost(error.to_string()),
            };
        }
        &mut self.row
    }
}
