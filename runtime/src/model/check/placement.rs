//! Rules on which placement may reference which.

use super::Message;
use crate::model::{Model, ModelDef, Placement, PlacementKind};
use crate::value::{FieldType, SqlType};

/// A shared model references shared models only.
///
/// # Errors
///
/// The message to panic with, when the field of the shared model `M` references a tenant model.
pub const fn reference<M: Model>(field: &str, ty: &FieldType) -> Result<(), Message> {
    let Some(target) = ty.references else {
        return Ok(());
    };
    match (<M::Placement as Placement>::KIND, target.placement) {
        (PlacementKind::Shared, PlacementKind::Tenant) => Err(Message::new()
            .push("shared model `")
            .push(M::NAME)
            .push("` references tenant model `")
            .push(target.model)
            .push("` through field `")
            .push(field)
            .push("`\na `")
            .push(M::NAME)
            .push("` row exists once, a `")
            .push(target.model)
            .push("` row exists once per tenant: there is no one row to point at\nhelp: place `")
            .push(M::NAME)
            .push("` with `#[tenant_model]`, or place `")
            .push(target.model)
            .push("` with `#[shared_model]`")),
        _ => Ok(()),
    }
}

/// A type that is spelt as a reference is one.
///
/// # Errors
///
/// The message to panic with, when the field's type is an `Fk` of somebody else.
pub const fn spelling(field: &str, ty: &FieldType) -> Result<(), Message> {
    if let Some(target) = &ty.references {
        // What can't lead to a view is told by another rule.
        if !target.column.is_empty() || target.is_view {
            return Ok(());
        }
        return Err(Message::new()
            .push("field `")
            .push(field)
            .push("` references `")
            .push(target.model)
            .push("`, whose key has several columns, and a field is one column\nhelp: write a field for each column of that key and `foreign_key(first, second, references = ")
            .push(target.model)
            .push(")` above the struct, or give `")
            .push(target.model)
            .push("` a key of its own and `unique(first, second)` for what is its key now"));
    }
    Err(Message::new()
        .push("the type of field `")
        .push(field)
        .push("` is called `Fk`, and is not that of tenantry\nhelp: write `tenantry::Fk<...>`"))
}

/// Returns whether a reference can do without a constraint: only a tenant's to a shared row can.
///
/// # Errors
///
/// The message to panic with, when both models have the same placement.
pub const fn without_constraint<M: Model>(field: &str, ty: &FieldType) -> Result<(), Message> {
    let Some(target) = ty.references else {
        // That it is no reference is told by another rule.
        return Ok(());
    };
    match (<M::Placement as Placement>::KIND, target.placement) {
        (PlacementKind::Tenant, PlacementKind::Shared)
        // That this can't be is told by another rule too.
        | (PlacementKind::Shared, PlacementKind::Tenant) => Ok(()),
        _ => Err(Message::new()
            .push("field `")
            .push(field)
            .push("` of `")
            .push(M::NAME)
            .push("` references `")
            .push(target.model)
            .push("` without a constraint, and both are placed alike\na constraint costs more with each tenant only where a tenant's row references a shared one\nhelp: remove `constraint = false`")),
    }
}

/// A shared model holds no bare id, by the field's name.
///
/// Called for fields named `*_id` or `*_ids` that are neither the key nor marked `not_a_reference`.
///
/// # Errors
///
/// The message to panic with, when the field is an integer, a UUID or an array of such.
pub const fn bare_id<M: Model>(field: &str, ty: &FieldType) -> Result<(), Message> {
    let (item, several) = match ty.sql {
        SqlType::Array(item) => (*item, true),
        one => (one, false),
    };
    let bare = ty.references.is_none() && (item.is_integer() || matches!(item, SqlType::Uuid));
    if !bare {
        return Ok(());
    }
    let help = if several {
        "help: make a model of the pairs, with two `Fk` fields, or write `#[field(not_a_reference)]` if they are no rows' ids"
    } else {
        "help: give it the type `Fk<Model>`, or write `#[field(not_a_reference)]` if it is no row's id"
    };
    Err(Message::new()
        .push("field `")
        .push(field)
        .push("` of shared model `")
        .push(M::NAME)
        .push("` looks like the id of a row, but says not of which model\nan id of a tenant's row means a different row in every tenant, so a shared row can't hold one\n")
        .push(help))
}

/// A model that is tied to another by more than a foreign key is placed at least as strictly.
///
/// # Errors
///
/// The message to panic with, when `M` is shared and `other` is a tenant model.
pub const fn at_least_as_strict<M: Model>(other: &ModelDef) -> Result<(), Message> {
    match (<M::Placement as Placement>::KIND, other.placement) {
        (PlacementKind::Shared, PlacementKind::Tenant) => Err(Message::new()
            .push("`")
            .push(M::NAME)
            .push("` must be placed as strictly as `")
            .push(other.name)
            .push("`, or more strictly\na `")
            .push(M::NAME)
            .push("` names a `")
            .push(other.name)
            .push("` by id, and that id means a different row in every tenant\nhelp: annotate `")
            .push(M::NAME)
            .push("` with `#[tenant_model]`")),
        _ => Ok(()),
    }
}
