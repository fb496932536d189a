//! The list of all models of an application, as `schema!` makes it.

use super::ModelDef;

/// A model that announces itself to the program that it is linked into. Submitted by the model macros.
#[derive(Debug)]
pub struct Registered(pub &'static ModelDef);

inventory::collect!(Registered);

/// All models of an application. Made by [`schema!`](crate::schema).
#[derive(Debug)]
pub struct Schema {
    listed: &'static [&'static ModelDef],
    crates: &'static [&'static str],
}

impl Schema {
    /// Lists models by name, and crates whose models all belong. For the macro.
    #[doc(hidden)]
    pub const fn new(
        listed: &'static [&'static ModelDef],
        crates: &'static [&'static str],
    ) -> Self {
        Self { listed, crates }
    }
}
