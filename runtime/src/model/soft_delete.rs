//! Models whose deleted rows stay in their tables.

use postgres::types::Type;

use super::{ColumnDef, Model, ModelDef};
use crate::name::quote_identifier;
use crate::value::{Field, Origins, Raw};

/// A model whose deleted rows stay in the table, with the time of the delete: `#[field(soft_delete)]`. Implemented by the macros.
///
/// Deleted rows are left out wherever rows of the model are looked for: by queries of all kinds and `find`, in conditions, aggregates
/// and loads of rows that reference others, by pages, across tenants, by `update_where`, `update_many` and `save`. What says otherwise is `with_deleted`
/// and `only_deleted`, of a query, an update or a relation. SQL by hand sees all rows.
///
/// ```no_run
/// use tenantry::prelude::*;
///
/// #[tenant_model]
/// pub struct Customer {
///     #[field(key)]
///     pub id: i64,
///     // No two customers with the same address that are there; a deleted one leaves it to others.
///     #[field(unique)]
///     pub email: String,
///     #[field(soft_delete)]
///     pub deleted_at: Option<Timestamp>,
/// }
///
/// # fn main() {}
/// # fn clean(acme: &mut TenantScope, id: i64, long_ago: Timestamp) -> tenantry::Result<()> {
/// Customer::find(id).one(acme)?.delete(acme)?;
/// assert!(Customer::find(id).optional(acme)?.is_none());
///
/// let mut customer = Customer::find(id).with_deleted().one(acme)?;
/// customer.restore(acme)?;
///
/// Customer::delete_where(Customer::EMAIL.eq("")).execute(acme)?;
/// // Rows go for good when they are told to.
/// Customer::delete_where(Customer::DELETED_AT.lt(long_ago)).permanently().execute(acme)?;
/// # Ok(())
/// # }
/// ```
///
/// # Rows that reference a deleted one
///
/// Rows that go with a row go with it here too: those of [`SoftDelete`] models that reference it with `on_delete = "cascade"` are deleted by the same statement, at the same time,
/// and so on; and `restore` brings those back that were deleted at the time of the row. That is so among rows of the same schema; a tenant's rows stay as they are when a shared row is deleted.
///
/// All others keep their reference: a deleted row is still there, and so nothing else that `on_delete` says has to be done before it goes for good. So nothing is lost that a restore could not bring back.
/// `follow`, `join`, `with` of a foreign key, `to` and `on` find the row that a key points at, deleted or not; so an answer
/// never loses a row because of what it references, and an `Fk` that can't be null always has its row. Where such rows are not wanted, a
/// condition says so: `Invoice::CUSTOMER.on(Customer::DELETED_AT.is_null())`. The other way, from a row to those that
/// reference it, leads to rows that are looked for, and leaves the deleted ones out.
///
/// # What is unique
///
/// `unique`, of a field or of several, is of the rows that are not deleted: it becomes an index for that part of the rows. So a new row can take what a deleted one had, an
/// upsert and `get_or_insert` by such columns never meet a deleted row, and a restore is [`ErrorKind::Unique`](crate::ErrorKind::Unique) where another row has
/// taken it meanwhile. A `unique` with a `filter` of its own is as it is written: `unique(email, filter = "true")` is of all rows. The
/// primary key is of all rows too: an upsert by the key changes a deleted row and leaves it deleted, unless it takes the field of the new row, which is
/// empty: `on_conflict((Member::USER, Member::TEAM)).update((Member::ROLE, Member::DELETED_AT))`. `get_or_insert` gives the deleted row, to be restored.
///
/// # Limits
///
/// An update that empties the field of many rows, or fills it, is of these rows alone: what goes with them is deleted by `delete` and `delete_where`, and brought back by `restore`.
/// A row of a model that is no `SoftDelete` goes for good, and `on_delete` counts the rows that are deleted: `cascade` removes them too, and without one they are in its way
/// ([`ErrorKind::ForeignKey`](crate::ErrorKind::ForeignKey)) although queries leave them out.
/// A model that loses the field has all rows as rows again, the deleted ones too: remove these before with `delete_where(..).permanently()`, also since what is unique could not be so with them.
#[diagnostic::on_unimplemented(
    message = "deleted rows of `{Self}` are gone",
    label = "has no field that says when a row was deleted",
    note = "where deleted rows are to stay in the table, write `#[field(soft_delete)] deleted_at: Option<Timestamp>` in `{Self}`"
)]
pub trait SoftDelete: Model {
    /// Empties the field that says when the row was deleted.
    #[doc(hidden)]
    fn undelete(&mut self);
}

impl ModelDef {
    /// The column that says when a row was deleted, if deleted rows stay in the table.
    pub fn soft_delete(&self) -> Option<&'static ColumnDef> {
        self.columns.iter().find(|def| def.soft_delete)
    }

    /// The condition that a row is not deleted, if deleted rows stay in the table.
    pub(crate) fn live(&self) -> Option<String> {
        let def = self.soft_delete()?;
        Some(format!("{} IS NULL", quote_identifier(def.name)))
    }
}

impl ColumnDef {
    /// Has the column say when the row was deleted.
    pub const fn soft_delete(mut self) -> Self {
        self.soft_delete = true;
        self
    }
}

/// Has a field be null, if it can be. For the macros.
pub fn empty<T: Field>(field: &mut T) {
    let null = Raw {
        ty: &Type::UNKNOWN,
        bytes: None,
        origins: Origins::default(),
    };
    if let Ok(null) = T::from_raw(&null) {
        *field = null;
    }
}
