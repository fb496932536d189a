//! The parameters of a statement that is put together from parts.

use std::fmt;

use postgres::types::{ToSql, Type};

/// The parameters of a statement that is put together from parts.
#[derive(Default)]
pub(crate) struct Params(Vec<(Box<dyn ToSql + Sync>, Type)>);

impl Params {
    /// Adds a parameter, and gives what stands for it in the statement: `$1`, `$2`, ….
    pub(crate) fn add(&mut self, value: impl ToSql + Sync + 'static, of: Type) -> String {
        self.0.push((Box::new(value), of));
        format!("${}", self.0.len())
    }

    /// The parameters as the driver takes them.
    pub(crate) fn typed(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        let typed = self
            .0
            .iter()
            .map(|(value, of)| (value.as_ref(), of.clone()));
        typed.collect()
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(value, _)| value))
            .finish()
    }
}
