//! Answers page by page.

mod beyond;
mod cursor;
mod keyset;
mod numbered;
mod total;

pub use cursor::{Cursor, MaybeCursor};
pub use keyset::{Keyset, KeysetPage};
pub use numbered::{Page, PageQuery};
