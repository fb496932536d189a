//! Views that models ask for.

use crate::model::{ModelDef, ViewDef};
use crate::structure::slots::slot;
use crate::structure::{View, ViewColumn};

/// The view of a model. Its enum types are those of the tables that it reads.
pub(super) fn view(model: &ModelDef, query: &ViewDef) -> View {
    let columns = model.columns.iter().map(|def| ViewColumn {
        name: def.name.to_owned(),
        sql_type: def.sql.in_schema(slot(model.placement)),
        comment: def.comment.map(str::to_owned),
    });
    View {
        comment: model.comment.map(str::to_owned),
        columns: columns.collect(),
        query: query.sql(slot).trim().to_owned(),
    }
}
