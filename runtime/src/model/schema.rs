//! The list of all models of an application, as `schema!` makes it.

use super::schema_error::{SchemaError, violations};
use super::{ModelDef, PlacementKind};

/// A model that announces itself to the program that it is linked into. Submitted by the model macros.
#[derive(Debug)]
pub struct Registered(pub &'static ModelDef);

inventory::collect!(Registered);

/// All models that are linked into the program.
pub(crate) fn registered() -> impl Iterator<Item = &'static ModelDef> {
    let all = inventory::iter::<Registered>.into_iter();
    all.map(|model| model.0)
}

/// All models of an application. Made by [`schema!`](crate::schema).
#[derive(Debug)]
pub struct Schema {
    listed: &'static [&'static ModelDef],
    crates: &'static [&'static str],
}

impl Schema {
    /// Lists models by name, and crates whose models all belong. For the macro.
    ///
    /// A crate is named by the path of any of its modules.
    #[doc(hidden)]
    pub const fn new(
        listed: &'static [&'static ModelDef],
        crates: &'static [&'static str],
    ) -> Self {
        Self { listed, crates }
    }

    /// All models, each once: the shared ones first, and by table within a placement.
    ///
    /// # Errors
    ///
    /// When a crate has no models, or the models do not fit together. The error holds all violations, not the first.
    pub fn models(&self) -> Result<Vec<&'static ModelDef>, SchemaError> {
        let mut models = self.listed.to_vec();
        let mut empty = Vec::new();
        for path in self.crates {
            let name = crate_of(path);
            let before = models.len();
            let registered = inventory::iter::<Registered>.into_iter();
            models.extend(
                registered
                    .map(|model| model.0)
                    .filter(|model| crate_of(model.module) == name),
            );
            if models.len() == before {
                empty.push(name);
            }
        }
        models.sort_by_key(|model| order(model));
        models.dedup_by_key(|model| order(model));
        let violations = violations(&models, &empty);
        if violations.is_empty() {
            Ok(models)
        } else {
            Err(SchemaError::new(violations))
        }
    }
}

/// The crate that a path leads into.
fn crate_of(path: &str) -> &str {
    path.split("::").next().unwrap_or(path)
}

/// Identity of models, and their order.
fn order(model: &ModelDef) -> (PlacementKind, &'static str, &'static str, &'static str) {
    (model.placement, model.table, model.module, model.name)
}
