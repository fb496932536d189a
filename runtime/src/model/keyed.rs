//! The key of a model, which a view may lack.

use super::{ColumnDef, ModelDef};
use crate::error::{Error, ErrorKind};

/// Why something can't be had of a view without a key.
const WITHOUT_KEY: &str = "a view without a key has no rows that could be told apart";

impl ModelDef {
    /// Whether the model has no key by which its rows could be found.
    pub(crate) const fn is_keyless(&self) -> bool {
        self.key.is_empty()
    }

    /// The column by which others reference the model: its key, which is one column wherever anything does.
    pub(crate) const fn referenced_column(&self) -> &'static ColumnDef {
        assert!(
            !self.is_keyless(),
            "a view without a key has no rows that could be told apart\nhelp: write `#[field(key)]` above the field of the view that no two of its rows share"
        );
        &self.columns[self.key[0]]
    }

    /// Refuses what needs a key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], when the model is a view without one.
    pub(crate) fn check_keyed(&self) -> Result<(), Error> {
        if !self.is_keyless() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Configuration,
            format!("`{}`: {WITHOUT_KEY}", self.name),
        )
        .help("write `#[field(key)]` above the field that no two of its rows share, or look for rows with `query().filter(..)`"))
    }
}
