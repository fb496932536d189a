//! The rules of placement and of columns, evaluated by the compiler.
//!
//! The macros emit a constant for each check that calls [`fail`] *at the field's type* with the message made here: so the
//! compiler underlines the field, and prints nothing of this crate.

#![expect(
    clippy::result_large_err,
    reason = "the message is a value of the compiler's, and never moved at run time"
)]

mod column;
mod default;
mod embedded;
mod equal;
mod foreign_key;
mod given;
mod key;
mod list;
mod message;
mod overlay;
mod placement;
mod view;

pub use column::{Wanted, fits};
pub use default::{Literal, default};
pub use embedded::{default_or_none, embedded_by_name, embedded_or_none};
pub(super) use equal::equal;
pub use foreign_key::foreign_key;
pub use given::{giveable, given};
pub use key::key_part;
pub use list::listed;
pub use message::{Message, fail};
pub use overlay::{overlaid, overlaid_fields, overlay_mark, overlay_named, overlays_deleted};
pub use placement::{at_least_as_strict, bare_id, reference, spelling, without_constraint};
pub use view::{to_view, view_reads, written};
