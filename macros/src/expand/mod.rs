//! From descriptions to code, one file per generated item. Nothing is parsed here.

#[cfg(test)]
mod any_tokens;
mod block;
mod call;
mod checked;
pub(crate) mod column;
mod columns;
mod definition;
pub(crate) mod embedded;
mod fallback;
mod field;
mod handing;
mod inverse;
mod key;
mod literal;
mod members;
pub(crate) mod model;
pub(crate) mod new;
mod new_row;
mod overlay;
mod placement;
pub(crate) mod raw;
pub(crate) mod row;
pub(crate) mod schema;
mod soft_delete;
mod tenant;
#[cfg(test)]
mod tests;
mod view;
