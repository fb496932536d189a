//! Rules on foreign keys of several columns.

use super::overlay::are_alike;
use super::{Message, equal};
use crate::model::{ColumnDef, Model, ModelDef, Placement, PlacementKind};
use crate::value::{FieldType, SqlType};

/// The fields of a foreign key of `M` are the key of another model, in its order, which has rows where `M` is.
///
/// # Errors
///
/// The message to panic with, when they are not, or there is no one row to point at.
pub const fn foreign_key<M: Model>(
    fields: &[&str],
    types: &[FieldType],
    target: &ModelDef,
) -> Result<(), Message> {
    if target.view.is_some() || target.overlay.is_some() {
        return Err(Message::new()
            .push("`foreign_key` references the view `")
            .push(target.name)
            .push("`, and the database looks for rows in tables alone\nhelp: reference the model whose table it has its key from"));
    }
    if matches!(<M::Placement as Placement>::KIND, PlacementKind::Shared)
        && matches!(target.placement, PlacementKind::Tenant)
    {
        return Err(Message::new()
            .push("shared model `")
            .push(M::NAME)
            .push("` references tenant model `")
            .push(target.name)
            .push("` through `foreign_key`\na `")
            .push(M::NAME)
            .push("` row exists once, a `")
            .push(target.name)
            .push("` row exists once per tenant: there is no one row to point at\nhelp: place `")
            .push(M::NAME)
            .push("` with `#[tenant_model]`, or place `")
            .push(target.name)
            .push("` with `#[shared_model]`"));
    }
    // Of a model that was rejected nothing is known.
    if target.columns.is_empty() || types.len() < 2 {
        return Ok(());
    }
    if target.key.len() == 1 {
        return Err(Message::new()
            .push("the key of `")
            .push(target.name)
            .push("` is one column\nhelp: give a field the type `Fk<")
            .push(target.name)
            .push(">`, and remove `foreign_key`"));
    }
    if target.key.len() != types.len() {
        return Err(names(
            Message::new()
                .push("the key of `")
                .push(target.name)
                .push("` has other columns: ")
                .push(target.columns[target.key[0]].field),
            target,
        )
        .push("\nhelp: name a field for each of them, in that order"));
    }
    let mut i = 0;
    while i < types.len() {
        let column = ColumnDef::of("", "", types[i]);
        let part = &target.columns[target.key[i]];
        if !are_alike(&column, part) && !are_one_enum(&column, part, M::DEF, target) {
            return Err(names(
                Message::new()
                    .push("field `")
                    .push(fields[i])
                    .push("` is not of the type of `")
                    .push(target.name)
                    .push(".")
                    .push(part.field)
                    .push("`\nhelp: give it that type, or an `Option` of it; the fields stand in the order of the key: ")
                    .push(target.columns[target.key[0]].field),
                target,
            ));
        }
        i += 1;
    }
    Ok(())
}

/// Adds the names of a key's other fields.
const fn names(mut message: Message, target: &ModelDef) -> Message {
    let mut i = 1;
    while i < target.key.len() {
        message = message.push(", ").push(target.columns[target.key[i]].field);
        i += 1;
    }
    message
}

/// Whether two columns have one enum type of PostgreSQL's: each schema has its own.
const fn are_one_enum(a: &ColumnDef, b: &ColumnDef, of_a: &ModelDef, of_b: &ModelDef) -> bool {
    match (&a.sql, &b.sql) {
        (SqlType::Enum(a), SqlType::Enum(b)) => {
            equal(a, b) && of_a.placement as u8 == of_b.placement as u8
        }
        _ => false,
    }
}
