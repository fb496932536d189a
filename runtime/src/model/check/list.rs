//! Rules that a list of models must fulfil.

use super::Message;
use super::equal::equal;
use crate::model::{ModelDef, PlacementKind, Reference};

/// The models of a `schema!` list fit together.
///
/// `complete` says that the list names every model itself, so that a reference to a model outside it is an error.
///
/// # Errors
///
/// The message to panic with, when two models share a table or a reference leads out of the list.
pub const fn listed(models: &[&ModelDef], complete: bool) -> Result<(), Message> {
    let mut i = 0;
    while i < models.len() {
        if models[i].overlay.is_some() {
            return Err(Message::new()
                .push("overlay `")
                .push(models[i].name)
                .push("` is listed, and no migration makes it: its rows are those of two models\nhelp: take `")
                .push(models[i].name)
                .push("` off the list, and list the two models"));
        }
        let mut j = i + 1;
        while j < models.len() {
            if let Err(message) = different_tables(models[i], models[j]) {
                return Err(message);
            }
            if let Err(message) = different_names(models[i], models[j]) {
                return Err(message);
            }
            if let Err(message) = one_is_tenant(models[i], models[j]) {
                return Err(message);
            }
            j += 1;
        }
        if complete && let Err(message) = targets_listed(models[i], models) {
            return Err(message);
        }
        if let Err(message) = to_single_keys(models[i]) {
            return Err(message);
        }
        if let Err(message) = own_tenant(models[i], models) {
            return Err(message);
        }
        i += 1;
    }
    Ok(())
}

/// A reference is one column, and so is what it references. Where a field's type is spelt as a reference its model says so, at the field.
const fn to_single_keys(model: &ModelDef) -> Result<(), Message> {
    let mut i = 0;
    while i < model.columns.len() {
        let column = &model.columns[i];
        i += 1;
        if let Some(target) = &column.references
            && target.column.is_empty()
        {
            return Err(several_columns(model.name, column.field, target.model));
        }
    }
    Ok(())
}

const fn several_columns(model: &str, field: &str, target: &str) -> Message {
    Message::new()
        .push("`")
        .push(model)
        .push(".")
        .push(field)
        .push("` references `")
        .push(target)
        .push("`, whose key has several columns, and a field is one column\nhelp: write a field for each column of that key and `foreign_key(first, second, references = ")
            .push(target)
            .push(")` above the struct, or give `")
        .push(target)
        .push("` a key of its own and `unique(first, second)` for what is its key now")
}

/// Its own row is not for a tenant's rows to reference: their schema tells already whose they are, and a rename or a drop of one
/// tenant would lock such a table in the schemas of all of them.
const fn own_tenant(model: &ModelDef, models: &[&ModelDef]) -> Result<(), Message> {
    if !matches!(model.placement, PlacementKind::Tenant) {
        return Ok(());
    }
    let mut i = 0;
    while i < model.columns.len() {
        let column = &model.columns[i];
        i += 1;
        let Some(target) = &column.references else {
            continue;
        };
        let mut j = 0;
        while j < models.len() {
            let is_target =
                equal(models[j].name, target.model) && equal(models[j].module, target.module);
            if is_target && models[j].is_tenant {
                return Err(Message::new()
                    .push("`")
                    .push(model.name)
                    .push(".")
                    .push(column.field)
                    .push("`, in each tenant's schema, references `")
                    .push(target.model)
                    .push("`, whose rows are the tenants: a rename or a drop of one tenant would lock this table of every tenant\nhelp: leave the field out, since the schema tells whose the row is, and read the tenant's row with `scope.row::<")
                    .push(target.model)
                    .push(">()`; to name another tenant, keep its key in a field of type `TenantKey`"));
            }
            j += 1;
        }
    }
    Ok(())
}

const fn different_tables(a: &ModelDef, b: &ModelDef) -> Result<(), Message> {
    let same_model = equal(a.name, b.name) && equal(a.module, b.module);
    if same_model {
        return Err(Message::new()
            .push("model `")
            .push(a.name)
            .push("` is listed twice\nhelp: remove one of the two"));
    }
    if a.placement as u8 != b.placement as u8 || !equal(a.table, b.table) {
        return Ok(());
    }
    Err(Message::new()
        .push("models `")
        .push(a.name)
        .push("` and `")
        .push(b.name)
        .push("` are both stored in ")
        .push(a.placement.as_str())
        .push(" table `")
        .push(a.table)
        .push("`\nhelp: give one of them another table with `table = \"...\"`"))
}

/// Each tenant has one row.
const fn one_is_tenant(a: &ModelDef, b: &ModelDef) -> Result<(), Message> {
    if !(a.is_tenant && b.is_tenant) {
        return Ok(());
    }
    Err(Message::new()
        .push("the rows of both `")
        .push(a.name)
        .push("` and `")
        .push(b.name)
        .push("` are the tenants, and each tenant has one row\nhelp: take `tenant` off one of the two, and give it a field of type `Fk<..>` to the other"))
}

/// No name that one model writes for an index or a check is that of another's index, check or table.
const fn different_names(a: &ModelDef, b: &ModelDef) -> Result<(), Message> {
    if a.placement as u8 != b.placement as u8 {
        return Ok(());
    }
    let mut i = 0;
    while let Some(name) = a.written_name(i) {
        let mut j = 0;
        while let Some(other) = b.written_name(j) {
            if equal(name, other) {
                return Err(same_name(a, b, name));
            }
            j += 1;
        }
        if equal(name, b.table) {
            return Err(same_name(a, b, name));
        }
        i += 1;
    }
    let mut j = 0;
    while let Some(name) = b.written_name(j) {
        if equal(name, a.table) {
            return Err(same_name(a, b, name));
        }
        j += 1;
    }
    Ok(())
}

const fn same_name(a: &ModelDef, b: &ModelDef, name: &str) -> Message {
    Message::new()
        .push("models `")
        .push(a.name)
        .push("` and `")
        .push(b.name)
        .push("` both have something called `")
        .push(name)
        .push("`, and the names of tables, indexes and constraints differ within a schema\nhelp: write another `name = \"...\"` in one of them")
}

const fn targets_listed(model: &ModelDef, models: &[&ModelDef]) -> Result<(), Message> {
    let mut i = 0;
    while i < model.columns.len() {
        let column = &model.columns[i];
        i += 1;
        if let Some(target) = &column.references
            && !is_listed(target, models)
        {
            return Err(unlisted(model.name, column.field, target.model));
        }
    }
    i = 0;
    while i < model.foreign_keys.len() {
        let key = &model.foreign_keys[i];
        i += 1;
        if !is_listed(&key.references, models) {
            return Err(unlisted(model.name, key.columns[0], key.references.model));
        }
    }
    Ok(())
}

const fn is_listed(target: &Reference, models: &[&ModelDef]) -> bool {
    let mut i = 0;
    while i < models.len() {
        if equal(models[i].name, target.model) && equal(models[i].module, target.module) {
            return true;
        }
        i += 1;
    }
    false
}

const fn unlisted(model: &str, field: &str, target: &str) -> Message {
    Message::new()
        .push("`")
        .push(model)
        .push(".")
        .push(field)
        .push("` references `")
        .push(target)
        .push("`, which is not listed in this schema\nhelp: add `")
        .push(target)
        .push("` to the `schema!` list")
}
