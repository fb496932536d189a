//! Queries as data: built here without I/O, run by passing a scope to their last method.
//!
//! A statement names every table with its schema, which the scope decides; the compiler lets a query run only in a
//! scope that reaches its models.
//!
//! A page of the open invoices of a country, and what is done with them:
//!
//! ```no_run
//! use tenantry::prelude::*;
//!
//! /// A country, the same for all tenants.
//! #[shared_model]
//! pub struct Country {
//!     #[field(key, given)]
//!     pub code: String,
//! }
//!
//! /// Somebody who gets invoices.
//! #[tenant_model]
//! pub struct Customer {
//!     #[field(key)]
//!     pub id: i64,
//!     pub name: String,
//!     pub country: Fk<Country>,
//! }
//!
//! /// An invoice; amounts are in cents.
//! #[tenant_model(index(customer, paid))]
//! pub struct Invoice {
//!     #[field(key)]
//!     pub id: i64,
//!     #[field(inverse = "invoices")]
//!     pub customer: Fk<Customer>,
//!     pub cents: i64,
//!     #[field(default = false)]
//!     pub paid: bool,
//! }
//!
//! # fn main() -> tenantry::Result<()> {
//! # let db = Database::connect("postgres://app@localhost/app")?;
//! # let mut acme = db.tenant(&TenantKey::new("acme")?)?;
//! // Conditions are values. Those across a foreign key, either way, are a subquery, so no row comes twice.
//! let open = Invoice::PAID.eq(false) & Invoice::CENTS.gt(0);
//! let in_france = Invoice::CUSTOMER.on(Customer::COUNTRY.eq("FR"));
//! let page = Invoice::query()
//!     .filter(open & in_france)
//!     .join(Invoice::CUSTOMER)
//!     .order_by(Invoice::CENTS.desc())
//!     .order_by(Invoice::ID.asc())
//!     .limit(50)
//!     .all(&mut acme)?;
//! for (invoice, customer) in &page {
//!     println!("{} owes {}", customer.name, invoice.cents);
//! }
//!
//! // A row knows its tenant and what has changed; a save writes that.
//! for (mut invoice, _) in page {
//!     invoice.paid = true;
//!     invoice.save(&mut acme)?;
//! }
//!
//! // Many new rows are sent at once, and all of them are there or none.
//! let names = ["Ann", "Bob"].map(|name| NewCustomer::new(name, "FR"));
//! let customers = Customer::insert_many(names).returning(&mut acme)?;
//! println!("{} customers are new", customers.len());
//!
//! // A change of many rows has its condition first, so that it can't be forgotten.
//! let debtors = Customer::INVOICES.any(Invoice::PAID.eq(false));
//! let dropped = Customer::delete_where(!debtors).execute(&mut acme)?;
//! println!("{dropped} customers without open invoices are gone");
//! # Ok(())
//! # }
//! ```

#![allow(
    clippy::type_complexity,
    reason = "what a query and its expressions are made of shows in their types"
)]

mod array;
mod asked;
mod assign;
mod bulk;
mod cascade;
mod change;
mod columns;
mod conflict;
mod copy_format;
mod copy_out;
mod decode;
mod delete;
mod deleted;
mod depth;
mod each;
mod eager;
mod error;
mod explain;
pub mod expr;
mod fits;
mod fixed;
mod gathered;
mod get_or_insert;
mod given_back;
mod insert;
mod key;
mod keyed;
mod loaded;
mod lock;
mod many_keys;
mod matching;
mod merge;
mod node;
mod once;
mod operand;
mod order;
mod pages;
mod parameters;

mod embedding;
mod queries;
mod range;
mod raw;
mod reference;
mod referenced;
mod refill;
mod related;
mod render;
mod rounded;
mod row;
mod same;
mod save_all;
mod saved;
mod select;
mod selection;
mod sets;
mod shape;
mod slots;
mod soft_delete;
mod stored;
mod subquery;
mod tolerance;
mod tree;
mod tuples;
mod unread;
mod unsettled;
mod update_many;
mod upsert;
mod upserted;

pub use array::{Array, Arrays, ElementOf};
#[doc(hidden)]
pub use assign::Assigned;
pub use assign::Assigns;
pub use bulk::{CopyIn, InsertMany};
pub use change::Update;
pub use columns::Columns;
pub use copy_format::{CopyFormat, Csv};
pub use copy_out::CopyOut;
pub(crate) use decode::Reading;
pub(crate) use decode::read;
pub(crate) use decode::read_by_name;
pub use decode::{Append, FromRow};
pub use delete::Delete;
pub use eager::{HowMany, Loading, Many, Related, Relation, WholeRow};
pub use explain::Explain;
#[cfg(feature = "tokio")]
pub(crate) use expr::Each;
pub use expr::{Condition, Expr, Expression, Optional, Text, TimePart, case, count, now};
pub use get_or_insert::FoundOrInserted;
pub use insert::Insert;
pub(crate) use insert::{NewRowValues, inserting, new_row_values};
pub use keyed::Find;
pub(crate) use keyed::row_of_tenant;
pub use lock::Locked;
pub(crate) use merge::Merge;
pub(crate) use node::{Distinct, OrderBy, Shape};
#[doc(hidden)]
pub use once::GivenNodes;
pub use once::{OnceQuery, Outputs};
pub use order::{Order, Ordering, Orders};
pub use pages::{Cursor, Keyset, KeysetPage, MaybeCursor, Page, PageQuery};
#[doc(hidden)]
pub use parameters::Uncounted;
pub use parameters::{AllBound, Parameter, Unbound};
pub use queries::Queries;
pub use range::{RangeField, Ranges};
pub use raw::{CheckedSql, RawSql};
#[doc(hidden)]
pub use raw::{Piece, column_name};
#[doc(hidden)]
#[cfg(feature = "cli")]
pub(crate) use referenced::PLACES_OF_COLUMNS;
#[doc(hidden)]
pub(crate) use refill::{MICROSECONDS, inserting_many, last_moment, removing};
pub(crate) use render::{Block, numbered};
#[doc(hidden)]
pub use row::{Gives, RowField, RowFields, add_columns};
pub use select::Query;
#[doc(hidden)]
pub use selection::Selected;
pub use selection::{Grouped, Selection};
pub use sets::GivesRows;
#[doc(hidden)]
pub use sets::SetPart;
pub use stored::Stored;
pub use subquery::{Listed, Subqueries};
pub use tree::{ToItself, Tree};
#[doc(hidden)]
pub use unread::{HasOrigin, LikeStored};
pub use update_many::{Takes, UpdateMany};
pub use upsert::{Always, AnyInsert, Conflict, Sometimes, Upsert, excluded};
pub use upserted::Upserted;
