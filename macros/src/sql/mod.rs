//! SQL that is known when the macro runs.

pub(crate) mod cut;
pub(crate) mod fixed;
