//! SQL that is known when the macro runs: built for models, and looked at for `sql!`.

mod around;
pub(crate) mod cut;
pub(crate) mod dialect;
pub(crate) mod effect;
pub(crate) mod fixed;
pub(crate) mod fragment;
pub(crate) mod functions;
mod grammar;
mod keywords;
pub(crate) mod names;
pub(crate) mod outputs;
mod parentheses;
pub(crate) mod placeholders;
mod positions;
pub(crate) mod relations;
pub(crate) mod renamed;
pub(crate) mod settings;
pub(crate) mod slots;
pub(crate) mod stable;
pub(crate) mod strict;
pub(crate) mod texts;
pub(crate) mod tokens;
mod with;
