//! Foreign keys: of a field, and of several columns.

use super::index::begins_an_index;
use crate::model::{ColumnDef, ForeignKeyDef, ModelDef, PlacementKind, Reference};
use crate::structure::names::Names;
use crate::structure::{Action, ForeignKey, Index, IndexPart, Table, Target};

/// The foreign key of a column. One that leads to a tenant goes along when that gets another key.
pub(super) fn foreign_key(
    def: &ColumnDef,
    reference: &Reference,
    is_to_tenant: bool,
) -> ForeignKey {
    let target = Target::new(reference.placement, reference.table, [reference.column]);
    ForeignKey {
        on_delete: def.on_delete.into(),
        on_update: if is_to_tenant {
            Action::Cascade
        } else {
            Action::NoAction
        },
        ..ForeignKey::new([def.name], target)
    }
}

/// Adds a foreign key of several columns, with an index that begins with them unless there is one.
pub(super) fn add_foreign_key(
    table: &mut Table,
    model: &ModelDef,
    (def, tenants): (&ForeignKeyDef, Option<&str>),
    names: &mut Names,
) {
    let name = match def.name {
        Some(name) => names.take(name),
        None => names.derive(model.table, def.columns, "fkey", def.columns[0]),
    };
    let Reference {
        placement,
        table: other,
        ..
    } = def.references;
    // What leads to a tenant through the other model goes along with it.
    let leads_to_tenant = |column: &&ColumnDef| {
        let reference = column.references.as_ref();
        def.columns.contains(&column.name)
            && reference.is_some_and(|it| tenants == Some(it.table))
            && reference.is_some_and(|it| it.placement == PlacementKind::Shared)
    };
    let key = ForeignKey {
        on_delete: def.on_delete.into(),
        on_update: if model.columns.iter().any(|it| leads_to_tenant(&it)) {
            Action::Cascade
        } else {
            Action::NoAction
        },
        ..ForeignKey::new(
            def.columns.to_vec(),
            Target::new(placement, other, def.key.to_vec()),
        )
    };
    table.foreign_keys.insert(name, key);
    if !begins_an_index(table, def.columns) {
        let name = names.derive(model.table, def.columns, "idx", def.columns[0]);
        let parts = def.columns.iter().map(|column| IndexPart::column(*column));
        table.indexes.insert(name, Index::new(parts));
    }
}
