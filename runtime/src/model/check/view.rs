//! Rules on what reads and references views.

use super::{Message, overlay_named};
use crate::model::{Model, Placement, PlacementKind};
use crate::value::FieldType;

/// A table references no view, and another view only one that has a key.
///
/// # Errors
///
/// The message to panic with, when the field of `M` references a view.
pub const fn to_view<M: Model>(field: &str, ty: &FieldType) -> Result<(), Message> {
    let Some(target) = ty.references else {
        return Ok(());
    };
    if !target.is_view {
        return Ok(());
    }
    let is_to_tenant = matches!(
        (<M::Placement as Placement>::KIND, target.placement),
        (PlacementKind::Shared, PlacementKind::Tenant)
    );
    if is_to_tenant || M::IS_VIEW && !target.column.is_empty() && !target.is_overlay {
        // The first is told by another rule.
        return Ok(());
    }
    let message = Message::new()
        .push("field `")
        .push(field)
        .push("` of `")
        .push(M::NAME)
        .push("` references the ")
        .push(if target.is_overlay {
            "overlay `"
        } else {
            "view `"
        })
        .push(target.model);
    if target.is_overlay {
        return Err(message.push(
            "`, whose rows are now one model's and now the other's\nhelp: keep the value of its key in a field of that type, and look with `find`; or reference one of the two models",
        ));
    }
    if M::IS_VIEW {
        return Err(message
            .push("`, whose rows have no key\nhelp: write `#[field(key)]` above the field of `")
            .push(target.model)
            .push("` that no two of its rows share"));
    }
    Err(message.push(
        "`, and the database looks for rows in tables alone\nhelp: reference the model whose table the view has its key from, as in `Fk<Customer>`",
    ))
}

/// A shared view reads what all tenants share, and nothing of one.
///
/// # Errors
///
/// The message to panic with, when the shared view `V` reads the tenant model `M`.
pub const fn view_reads<V: Model, M: Model>() -> Result<(), Message> {
    if M::IS_OVERLAY {
        return overlay_named(M::DEF);
    }
    match (
        <V::Placement as Placement>::KIND,
        <M::Placement as Placement>::KIND,
    ) {
        (PlacementKind::Shared, PlacementKind::Tenant) => Err(Message::new()
            .push("shared view `")
            .push(V::NAME)
            .push("` reads tenant model `")
            .push(M::NAME)
            .push("`\nthere is one `")
            .push(V::NAME)
            .push("` for all tenants, and a table of `")
            .push(M::NAME)
            .push("` in each tenant's schema\nhelp: write `#[tenant_view]` in place of `#[shared_view]`; rows of all tenants are asked for with `across`")),
        _ => Ok(()),
    }
}

/// A statement writes rows of tables.
///
/// # Errors
///
/// The message to panic with, when `M` is a view.
pub const fn written<M: Model>() -> Result<(), Message> {
    // That SQL does not name an overlay at all is told by another rule.
    if !M::IS_VIEW || M::IS_OVERLAY {
        return Ok(());
    }
    Err(Message::new()
        .push("`")
        .push(M::NAME)
        .push("` is a view, which is read and never written\nhelp: write the rows of the tables that its SELECT reads"))
}
