//! Columns that are there in the end: not those of which a field says until which migration.

use tenantry_sql::mentions;

use crate::model::{ColumnDef, ForeignKeyDef, IndexDef, IndexPart, ModelDef};

/// The columns of a model that are there in the end.
pub(super) fn lasting(model: &ModelDef) -> impl Iterator<Item = &'static ColumnDef> {
    model.columns.iter().filter(|def| def.until.is_none())
}

/// Whether an index is there in the end: it goes with its columns.
pub(super) fn has_index(model: &ModelDef, index: &IndexDef) -> bool {
    let filter = index.filter.is_none_or(|sql| has_condition(model, sql));
    filter
        && index.parts.iter().all(|part| match *part {
            IndexPart::Column(name) => lasting(model).any(|def| def.name == name),
            IndexPart::Expression(sql) => has_condition(model, sql),
        })
}

/// Whether a foreign key of several columns is there in the end: it goes with its columns.
pub(super) fn has_foreign_key(model: &ModelDef, key: &ForeignKeyDef) -> bool {
    let mut columns = key.columns.iter();
    columns.all(|name| lasting(model).any(|def| def.name == *name))
}

/// Whether a condition is there in the end: it goes with the columns that it names.
pub(super) fn has_condition(model: &ModelDef, sql: &str) -> bool {
    let mut leaving = model.columns.iter().filter(|def| def.until.is_some());
    leaving.all(|def| !mentions(sql, def.name))
}
