//! Types that columns of models have and PostgreSQL does not, and the extension that exclusion constraints need.

use super::lasting::has_index;
use crate::model::{IndexDef, IndexPart, ModelDef};
use crate::structure::State;
use crate::value::SqlType;

/// The extension that has the operators of types that have an order for the access method `gist`.
const BTREE_GIST: &str = "btree_gist";

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
    let mut lasting = model.indexes.iter().filter(|def| has_index(model, def));
    if lasting.any(|def| compares_by_order(model, def)) {
        let extensions = &mut state.shared.extensions;
        extensions
            .entry(BTREE_GIST.to_owned())
            .or_insert_with(|| "public".to_owned());
    }
}

/// Whether an exclusion constraint compares a column by its order, or as equal, where only ranges can be without an extension.
fn compares_by_order(model: &ModelDef, def: &IndexDef) -> bool {
    const BY_ORDER: [&str; 6] = ["=", "<>", "<", "<=", ">", ">="];
    let mut parts = def.parts.iter().zip(def.operators);
    def.method.is_none_or(|method| method == "gist")
        && parts.any(|(part, operator)| match *part {
            IndexPart::Column(name) => {
                let is_range = |sql: SqlType| matches!(sql, SqlType::Range(_));
                let column = model.columns.iter().find(|column| column.name == name);
                BY_ORDER.contains(operator) && column.is_some_and(|column| !is_range(column.sql))
            }
            IndexPart::Expression(_) => false,
        })
}
