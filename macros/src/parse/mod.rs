//! From tokens to plain, spanned descriptions. Nothing is generated here.

pub(crate) mod args;
pub(crate) mod bare;
pub(crate) mod column;
pub(crate) mod docs;
pub(crate) mod embedded;
pub(crate) mod embeds;
pub(crate) mod emitted;
pub(crate) mod field;
pub(crate) mod foreign_key;
pub(crate) mod index;
pub(crate) mod item;
pub(crate) mod literal;
pub(crate) mod members;
pub(crate) mod model;
pub(crate) mod new;
pub(crate) mod overlay;
pub(crate) mod placement;
pub(crate) mod raw;
pub(crate) mod row;
pub(crate) mod schema;
pub(crate) mod types;
pub(crate) mod view;
