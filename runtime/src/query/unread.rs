//! Methods of [`Stored`](super::Stored) rows, called on rows that were not read from a scope.

use crate::model::Model;

/// A row that knows where it came from. No model does: its [`Stored`](super::Stored) row has the methods, and is no model.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a row without an origin, and can't be saved, deleted or followed",
    label = "not a `Stored<{Self}>`",
    note = "rows that queries return, and `{Self}::insert(..).returning(scope)`, are `Stored<{Self}>`: keep that instead of what is inside",
    note = "rows that were not read are written by `{Self}::insert(..)`, `{Self}::update_where(..)` and `{Self}::delete_where(..)`"
)]
pub trait HasOrigin {}

/// The methods of a stored row. In scope, so that the compiler finds them and says why a model has none of them.
pub trait LikeStored {
    /// Stands for [`Stored::save`](super::Stored::save).
    fn save(&mut self) {}

    /// Stands for [`Stored::delete`](super::Stored::delete).
    fn delete(&self) {}

    /// Stands for [`Stored::reload`](super::Stored::reload).
    fn reload(&mut self) {}

    /// Stands for [`Stored::follow`](super::Stored::follow).
    fn follow(&self) {}

    /// Stands for [`Stored::related`](super::Stored::related).
    fn related(&self) {}
}

impl<M: Model + HasOrigin> LikeStored for M {}
