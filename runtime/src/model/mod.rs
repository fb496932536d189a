//! Models: structs that are tables, and what the macros say of them.
//!
//! A struct says where its table is, and its fields say what the columns are. What is wrong with them is told by the compiler:
//!
//! ```
//! use tenantry::prelude::*;
//!
//! /// State of an order.
//! #[derive(Column, Debug, Clone, Copy, PartialEq)]
//! pub enum OrderState {
//!     Draft,
//!     Sent,
//! }
//!
//! /// A currency, the same for all tenants.
//! #[shared_model]
//! pub struct Currency {
//!     #[field(key, given, max_length = 3)]
//!     pub code: String,
//! }
//!
//! /// An order of one tenant.
//! #[tenant_model(
//!     unique(number),
//!     index(state, placed_at),
//!     check("cents >= 0"),
//! )]
//! pub struct Order {
//!     #[field(key)]
//!     pub id: i64,
//!     #[field(max_length = 20)]
//!     pub number: String,
//!     #[field(default = "draft")]
//!     pub state: OrderState,
//!     pub cents: i64,
//!     // A tenant's row may reference a shared one. The other way round does not compile.
//!     pub currency: Fk<Currency>,
//!     #[field(auto_now_add)]
//!     pub placed_at: Timestamp,
//!     pub notes: Option<String>,
//! }
//!
//! tenantry::schema! {
//!     /// Every model of this application.
//!     pub static SCHEMA = [Currency, Order];
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A new row takes what has no default; the rest are setters.
//! let order = NewOrder::new("2024-001", 12_50, "EUR").notes("by courier");
//! let insert = Order::insert(order);
//! # drop(insert);
//!
//! // What the macros have made of the structs is data.
//! let names: Vec<_> = SCHEMA.models()?.iter().map(|model| model.name).collect();
//! assert_eq!(names, ["Currency", "Order"]);
//! # Ok(())
//! # }
//! ```

#[doc(hidden)]
pub mod check;
mod column;
mod column_names;
mod def;
mod embedded;
mod embedding;
mod fk;
mod foreign_key;
#[doc(hidden)]
pub mod hint;
mod into_key;
mod key;
mod keyed;
mod literal;
mod named;
mod new_values;
mod on_delete;
mod overlay;
mod placement;
mod row;
mod schema;
mod schema_error;
mod soft_delete;
mod statements;
mod table;
mod tenant_row;
mod tolerance;
pub(crate) mod unmatched;
mod view;
mod writable;

pub use crate::place::PlacementKind;
pub use crate::value::Reference;
pub use column::{Column, ForeignKey, Inverse};
#[doc(hidden)]
pub use column_names::ColumnNames;
pub use def::{CheckDef, ColumnDef, IndexDef, IndexPart, ModelDef, OverlayDef, Source};
pub use embedded::{Embedded, Embeds, IntoNew, MaybeEmbeds};
#[doc(hidden)]
pub use embedded::{from_cells, given_or_none, names_of, or_none, within};
pub use embedding::Embedding;
pub use fk::Fk;
pub use foreign_key::ForeignKeyDef;
pub use into_key::{IntoKey, KeyOf};
#[doc(hidden)]
pub use key::KeyValues;
#[doc(hidden)]
pub use key::declared as declared_key;
pub use key::{Key, NoKey};
#[doc(hidden)]
pub use literal::literal;
pub use named::Named;
#[doc(hidden)]
pub use named::NewField;
#[doc(hidden)]
pub use new_values::{NewValues, in_field, null};
pub use on_delete::OnDelete;
pub use placement::{AlsoWrites, Placement, ReadOnly, SharedSchema, TenantSchema};
#[doc(hidden)]
pub use row::RowReader;
#[doc(hidden)]
pub use schema::Registered;
pub use schema::Schema;
pub(crate) use schema::registered;
pub use schema_error::{SchemaError, SchemaViolation};
pub use soft_delete::SoftDelete;
#[doc(hidden)]
pub use soft_delete::empty;
#[doc(hidden)]
pub use statements::{FixedSql, Statements};
pub use tenant_row::{Deletable, TenantRow};
#[doc(hidden)]
pub use tenant_row::{KeyOfTenant, tenant_row};
pub(crate) use tolerance::{WhyLacked, is_tolerant, versioned_columns};
pub use view::{ViewDef, ViewPart};
pub use writable::Writable;

use std::any::Any;

use crate::error::Violation;
use crate::value::{DecodeError, Param};

/// A struct that is a table or a view. Implemented by `#[tenant_model]` and `#[shared_model]`, for views by `#[tenant_view]` and
/// `#[shared_view]`, and by `#[tenant_overlay]`.
///
/// The names stand beside [`DEF`](Self::DEF) as constants of their own because a foreign key's definition needs them
/// while the definition of the model it points at may still be unfinished.
///
/// # In generic code
///
/// A bound of `Model` alone promises neither that rows can be sent to another thread nor that keys can be cloned and shown,
/// so that the compiler tells of a wrong field once. Generic code asks for it where it needs it:
///
/// ```
/// use std::fmt::Debug;
/// use std::thread;
/// use tenantry::prelude::*;
///
/// fn keys<M: Model<Key: Clone + Debug>>(rows: &[M]) -> Vec<M::Key> {
///     let keys: Vec<M::Key> = rows.iter().map(|row| row.key()).collect();
///     println!("{keys:?}");
///     keys
/// }
///
/// fn count_elsewhere<M: Model + Send>(rows: Vec<Stored<M>>) -> thread::Result<usize> {
///     thread::spawn(move || rows.len()).join()
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "`{Self}` is not a model",
    note = "annotate `{Self}` with `#[tenant_model]` or `#[shared_model]`"
)]
pub trait Model: Sized + 'static {
    /// The schema in which the table lives.
    type Placement: Placement;
    /// The primary key's type: a tuple where several fields are the key, and [`NoKey`] of a view without one.
    type Key: Key;
    /// The struct's name.
    const NAME: &'static str;
    /// The path of the module that declares the struct.
    const MODULE: &'static str;
    /// The table's name, without its schema.
    const TABLE: &'static str;
    /// The primary key's column; empty where several are the key, which nothing can reference.
    const KEY_COLUMN: &'static str;
    /// The primary key's columns, in its order.
    #[doc(hidden)]
    const KEY_COLUMNS: &'static [&'static str] = &[];
    /// The reference to a row of it.
    #[doc(hidden)]
    const REFERENCE: Reference = Reference {
        model: Self::NAME,
        module: Self::MODULE,
        placement: <Self::Placement as Placement>::KIND,
        table: Self::TABLE,
        column: Self::KEY_COLUMN,
        is_view: Self::IS_VIEW,
        is_overlay: Self::IS_OVERLAY,
    };
    /// A mark of views, whose rows are read and never written.
    const IS_VIEW: bool = false;
    /// A mark of overlays, whose rows are those of two models, and which are in no database.
    const IS_OVERLAY: bool = false;
    /// All that the macros say of the model.
    const DEF: &'static ModelDef;

    /// The row's key.
    fn key(&self) -> Self::Key;

    /// Reads a row that has all columns, in order.
    ///
    /// # Errors
    ///
    /// When a value does not fit its field.
    fn read(row: &mut RowReader<'_>) -> Result<Self, DecodeError>;

    /// The values of all columns, in order.
    ///
    /// # Errors
    ///
    /// When PostgreSQL has no such value.
    fn write(&self) -> Result<Vec<Param>, DecodeError>;

    /// The fields whose values the checks of the model refuse, `#[field(check_with = ...)]`, in their order.
    fn violations(&self) -> Vec<Violation> {
        Vec::new()
    }

    /// The words of the check of the field at a position, where it refuses a value of the field's type. For `new!`.
    #[doc(hidden)]
    fn refusal(_field: usize, _value: &dyn Any) -> Option<String> {
        None
    }
}

/// The values of a row to insert. Implemented by the `New…` struct that the macros make for each model.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a new row",
    label = "not a new row",
    note = "a row is inserted as its `New…` struct, which leaves to the database what that fills in: `Customer::insert(NewCustomer::new(..))`; for a `{Self}` write `New{Self}::new(..)`"
)]
pub trait NewRow {
    /// The row's model.
    type Model: Model;

    /// The values of all columns, in order; none where the database fills the column in.
    ///
    /// # Errors
    ///
    /// When PostgreSQL has no such value.
    fn into_values(self) -> Result<Vec<Option<Param>>, DecodeError>;
}
