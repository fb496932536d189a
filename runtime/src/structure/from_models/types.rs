//! Types that columns of models have and PostgreSQL does not.

use crate::model::ModelDef;
use crate::structure::State;
use crate::value::SqlType;

/// Adds the types that columns of a model have and PostgreSQL does not.
pub(super) fn add_types(state: &mut State, model: &ModelDef) {
    for def in model.columns.iter().filter(|def| def.until.is_none()) {
        let (ty, labels) = match def.sql {
            SqlType::Array(item) => (*item, def.item_labels),
            ty => (ty, def.labels),
        };
        match ty {
            SqlType::Enum(name) => {
                let labels = labels.unwrap_or_default().iter();
                let labels = labels.map(|&label| label.to_owned()).collect();
                let types = &mut state.namespace_mut(model.placement).types;
                types.insert(name.to_owned(), labels);
            }
            SqlType::Extension(ty) => {
                let extensions = &mut state.shared.extensions;
                let schema = ty.schema_name().to_owned();
                extensions.insert(ty.extension_name().to_owned(), schema);
            }
            _ => {}
        }
    }
}
