//! The structure of schemas as data.
//!
//! A [`State`] says what the shared schema and any tenant's schema look like. It has three producers: models
//! ([`State::from_models`]), the file `state.json` ([`State::from_json`]), and live schemas. One
//! function, [`diff`], says what leads from one state to another, and one, [`render`], turns that into SQL. Writing
//! migrations, finding drift and proving that a created tenant equals a migrated one are all made of these.
//!
//! ```
//! use tenantry::structure::{Column, State, Table, apply, diff, render, reverse};
//!
//! let mut wanted = State::default();
//! let mut notes = Table::default();
//! notes.columns.push(Column::new("text", "text"));
//! wanted.tenant.tables.insert("notes".to_owned(), notes);
//!
//! let ops = diff(&State::default(), &wanted);
//! assert_eq!(
//!     render(&ops[0]),
//!     ["CREATE TABLE \"{tenant}\".\"notes\" (\n    \"text\" text NOT NULL\n)"],
//! );
//! assert_eq!(apply(&State::default(), &ops)?, wanted);
//! assert_eq!(apply(&wanted, &reverse(&ops))?, State::default());
//! # Ok::<(), tenantry::structure::StructureError>(())
//! ```

mod build;
mod catalogue;
mod contents;
mod contested;
mod conversion;
mod diff;
mod drift;
mod error;
mod extras;
mod from_models;
mod introspect;
mod members;
mod moves;
mod names;
mod op;
mod outside;
mod pairs;
mod renames;
mod serial;
mod slots;
mod snapshot;
mod state;
mod table;
mod view;
mod written;

pub(crate) use build::{Built, build};
pub(crate) use contents::{Contents, Found, contents};
pub use diff::diff;
pub(crate) use diff::{diff_renamed, disturbs, takes_from, with_views};
#[doc(hidden)]
pub use drift::drift;
pub use error::StructureError;
#[doc(hidden)]
pub use introspect::introspect;
pub use moves::{KeyColumn, Move, MoveKind, NewKeys};
pub(crate) use names::next_name;
use op::apply_one;
pub use op::{Change, EnumColumn, Op, apply, render, reverse};
pub(crate) use op::{MOVING, render_in_use};
pub(crate) use outside::{Outside, names_itself, outside};
pub use pairs::Pair;
pub(crate) use renames::{Rename, Renamed, after_renames, candidates, labels};
pub(crate) use serial::render_with_sequences;
#[cfg(feature = "cli")]
pub(crate) use serial::sequence_of;
pub use slots::{Slots, fill};
pub(crate) use snapshot::{Snapshot, snapshot};
pub use state::{Namespace, ObjectKind, ObjectName, STATE_FORMAT, State};
pub use table::{
    Action, Check, Column, Deferral, ForeignKey, Index, IndexKey, IndexPart, Nulls, PrimaryKey,
    Table, Target, Unique,
};
pub use view::{View, ViewColumn};
