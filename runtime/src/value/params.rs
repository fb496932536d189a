//! The parameters of a statement that is put together from parts.

use postgres::types::{ToSql, Type};

use super::Param;

/// The parameters of a statement that is put together from parts.
#[derive(Debug, Default)]
pub(crate) struct Params(Vec<Param>);

impl Params {
    /// Adds a parameter, and returns what stands for it in the statement: `$1`, `$2`, ….
    pub(crate) fn add(&mut self, param: Param) -> String {
        self.0.push(param);
        format!("${}", self.0.len())
    }

    /// Returns the parameters as a statement has them.
    pub(crate) fn into_params(self) -> Vec<Param> {
        self.0
    }

    /// Returns the parameters as the driver takes them.
    pub(crate) fn typed(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        typed(&self.0)
    }
}

/// Returns parameters as the driver takes them.
pub(crate) fn typed(params: &[Param]) -> Vec<(&(dyn ToSql + Sync), Type)> {
    let typed = params
        .iter()
        .map(|param| (param as &(dyn ToSql + Sync), param.ty().clone()));
    typed.collect()
}
