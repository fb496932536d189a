//! Rules on the two models of an overlay.

use super::Message;
use super::equal::equal;
use crate::model::{ColumnDef, IndexDef, IndexPart, Model, ModelDef, PlacementKind};
use crate::value::{FieldType, SqlType};

/// A side of an overlay is a table where it belongs, in which no two rows have the same key.
///
/// # Errors
///
/// The message to panic with, when `M` can't be the side of the overlay `O` that is placed so.
pub const fn overlaid<O: Model, M: Model>(side: PlacementKind) -> Result<(), Message> {
    let word = match side {
        PlacementKind::Tenant => "own",
        PlacementKind::Shared => "shared",
    };
    if M::IS_VIEW {
        return Err(Message::new()
            .push("`")
            .push(M::NAME)
            .push("` has no table of its own, so nothing keeps two of its rows from having the same key\nhelp: name the model of a table, as in `")
            .push(word)
            .push(" = Product`"));
    }
    let message = Message::new().push("`").push(M::NAME);
    match (M::DEF.placement, side) {
        (PlacementKind::Shared, PlacementKind::Tenant) => {
            return Err(message.push("` is a shared model, and `own` names that of the tenants\nhelp: write the model with `#[tenant_model]` behind `own`, and the shared one behind `shared`"));
        }
        (PlacementKind::Tenant, PlacementKind::Shared) => {
            return Err(message.push("` is a tenant's model, and `shared` names that of the rows which all tenants have\nhelp: write the model with `#[shared_model]` behind `shared`; rows of two models of a tenant are put together by a `#[tenant_view]`"));
        }
        _ => {}
    }
    let Some(keys) = columns_of_key(O::DEF, M::DEF) else {
        // That it lacks one is told at the field.
        return Ok(());
    };
    if is_unique(M::DEF, O::DEF, &keys) {
        return Ok(());
    }
    let message = message
        .push("` may have several rows of one key of `")
        .push(O::NAME);
    Err(match O::DEF.key {
        [_] => message
            .push("`\nhelp: write `#[field(unique)]` above the field `")
            .push(O::DEF.columns[O::DEF.key[0]].field)
            .push("` of `")
            .push(M::NAME)
            .push("`"),
        _ => message
            .push(
                "`\nhelp: write `unique(...)` with the fields of that key into the attribute of `",
            )
            .push(M::NAME)
            .push("`"),
    })
}

/// The most columns that a key has.
const MOST: usize = 8;

/// The names of a model's columns that are the key of an overlay.
const fn columns_of_key(overlay: &ModelDef, model: &ModelDef) -> Option<[&'static str; MOST]> {
    let mut names = [""; MOST];
    let mut i = 0;
    while i < overlay.key.len() {
        match model.field(overlay.columns[overlay.key[i]].field) {
            Some(def) => names[i] = def.name,
            None => return None,
        }
        i += 1;
    }
    Some(names)
}

/// Whether no two rows of a model have the same values in some columns: so it is if some of these are unique.
const fn is_unique(model: &ModelDef, overlay: &ModelDef, keys: &[&str; MOST]) -> bool {
    let mut is_key = true;
    let mut i = 0;
    while i < model.key.len() {
        is_key = is_key && is_among(model.columns[model.key[i]].name, keys);
        i += 1;
    }
    if is_key {
        return true;
    }
    i = 0;
    while i < overlay.key.len() {
        if let Some(def) = model.field(overlay.columns[overlay.key[i]].field)
            && def.unique
        {
            return true;
        }
        i += 1;
    }
    i = 0;
    while i < model.indexes.len() {
        if makes_unique(&model.indexes[i], keys) {
            return true;
        }
        i += 1;
    }
    false
}

const fn makes_unique(index: &IndexDef, keys: &[&str; MOST]) -> bool {
    if !index.unique || index.filter.is_some() {
        return false;
    }
    let mut i = 0;
    while i < index.parts.len() {
        match index.parts[i] {
            IndexPart::Column(name) if is_among(name, keys) => {}
            _ => return false,
        }
        i += 1;
    }
    true
}

const fn is_among(name: &str, keys: &[&str; MOST]) -> bool {
    let mut i = 0;
    while i < MOST {
        if equal(name, keys[i]) {
            return true;
        }
        i += 1;
    }
    false
}

/// The fields of an overlay from one to before another are those of both models, of the same types.
///
/// # Errors
///
/// The message to panic with, when one of them lacks such a field, or has another type of it.
pub const fn overlaid_fields<O: Model>(
    first: usize,
    end: usize,
    own: &ModelDef,
    shared: &ModelDef,
) -> Result<(), Message> {
    let mut position = first;
    while position < end {
        if let Err(message) = in_model::<O>(position, own) {
            return Err(message);
        }
        if let Err(message) = in_model::<O>(position, shared) {
            return Err(message);
        }
        position += 1;
    }
    Ok(())
}

const fn in_model<O: Model>(position: usize, model: &ModelDef) -> Result<(), Message> {
    let field = &O::DEF.columns[position];
    let message = Message::new().push("field `").push(field.field);
    let Some(other) = model.field(field.field) else {
        return Err(message
            .push("` of overlay `")
            .push(O::NAME)
            .push("` is no field of `")
            .push(model.name)
            .push("`, and an overlay has what both of its models have\nhelp: give `")
            .push(model.name)
            .push("` the field too, or leave it out here; whether a row is the tenant's own is told by `#[field(own)]` above a `bool`"));
    };
    if is_schemas_own(&field.sql) {
        return Err(message.push("` has an enum type of PostgreSQL's, of which each schema has another\nhelp: take `enum_type` off the enum, which is a text then, or leave the field out"));
    }
    let message = message
        .push("` of `")
        .push(model.name)
        .push("` and that of overlay `")
        .push(O::NAME);
    if !are_alike(field, other) {
        return Err(message.push("` are of different types\nhelp: give it one type in the overlay and in both models: fields that all of them have can be those of one struct with `#[derive(Embedded)]`"));
    }
    if other.nullable && !field.nullable {
        return Err(message.push("` differ: only the first can be null\nhelp: write `Option<...>` around the type in the overlay; of a field of its key, take it off in the model"));
    }
    let is_versioned = other.since.is_some() || other.until.is_some();
    if is_versioned && is_of_key(O::DEF, position) {
        return Err(message.push("` are what rows are found by, and some tenants have no such column\nhelp: take another field as the key of the overlay, or remove `since` and `until`"));
    }
    Ok(())
}

const fn is_of_key(overlay: &ModelDef, position: usize) -> bool {
    let mut i = 0;
    while i < overlay.key.len() {
        if overlay.key[i] == position {
            return true;
        }
        i += 1;
    }
    false
}

/// Whether values of two columns are those of one type of the application's. Bounds of texts and decimals are the models' own.
pub(super) const fn are_alike(a: &ColumnDef, b: &ColumnDef) -> bool {
    let same_range = match (a.range, b.range) {
        (None, None) => true,
        (Some(a), Some(b)) => a.0 == b.0 && a.1 == b.1,
        _ => false,
    };
    let same_target = match (&a.references, &b.references) {
        (None, None) => true,
        (Some(a), Some(b)) => equal(a.model, b.model) && equal(a.module, b.module),
        _ => false,
    };
    are_one_type(&a.sql, &b.sql)
        && same_range
        && same_target
        && a.null_items == b.null_items
        && same_labels(a.labels, b.labels)
        && same_labels(a.item_labels, b.item_labels)
}

const fn are_one_type(a: &SqlType, b: &SqlType) -> bool {
    match (a, b) {
        (SqlType::Text | SqlType::Varchar(_), SqlType::Text | SqlType::Varchar(_))
        | (SqlType::Numeric | SqlType::Decimal(..), SqlType::Numeric | SqlType::Decimal(..))
        | (SqlType::SmallInt, SqlType::SmallInt)
        | (SqlType::Integer, SqlType::Integer)
        | (SqlType::BigInt, SqlType::BigInt)
        | (SqlType::Real, SqlType::Real)
        | (SqlType::Double, SqlType::Double)
        | (SqlType::Boolean, SqlType::Boolean)
        | (SqlType::Bytea, SqlType::Bytea)
        | (SqlType::Uuid, SqlType::Uuid)
        | (SqlType::TimestampTz, SqlType::TimestampTz)
        | (SqlType::Timestamp, SqlType::Timestamp)
        | (SqlType::Date, SqlType::Date)
        | (SqlType::Time, SqlType::Time)
        | (SqlType::Jsonb, SqlType::Jsonb)
        | (SqlType::Interval, SqlType::Interval)
        | (SqlType::Inet, SqlType::Inet)
        | (SqlType::Cidr, SqlType::Cidr)
        | (SqlType::MacAddr, SqlType::MacAddr) => true,
        (SqlType::Range(a), SqlType::Range(b)) | (SqlType::Array(a), SqlType::Array(b)) => {
            are_one_type(a, b)
        }
        (SqlType::Extension(a), SqlType::Extension(b)) => {
            equal(a.type_name(), b.type_name()) && equal(a.schema_name(), b.schema_name())
        }
        _ => false,
    }
}

const fn same_labels(a: Option<&[&str]>, b: Option<&[&str]>) -> bool {
    let (a, b) = match (a, b) {
        (None, None) => return true,
        (Some(a), Some(b)) => (a, b),
        _ => return false,
    };
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if !equal(a[i], b[i]) {
            return false;
        }
        i += 1;
    }
    true
}

/// Whether each schema has a type of its own.
const fn is_schemas_own(sql: &SqlType) -> bool {
    match sql {
        SqlType::Enum(_) => true,
        SqlType::Array(item) => is_schemas_own(item),
        _ => false,
    }
}

/// The mark of a tenant's own rows is a `bool`.
///
/// # Errors
///
/// The message to panic with, when the field is something else.
pub const fn overlay_mark(field: &str, ty: &FieldType) -> Result<(), Message> {
    if matches!(ty.sql, SqlType::Boolean) && !ty.nullable {
        return Ok(());
    }
    Err(Message::new()
        .push("field `")
        .push(field)
        .push("` tells whether a row is the tenant's own, which is so or not\nhelp: give it the type `bool`, or remove `own`"))
}

/// Deleted rows hide others only where they are still there.
///
/// # Errors
///
/// The message to panic with, when deleted rows of `M` are gone.
pub const fn overlays_deleted<M: Model>() -> Result<(), Message> {
    let mut i = 0;
    while i < M::DEF.columns.len() {
        if M::DEF.columns[i].soft_delete {
            return Ok(());
        }
        i += 1;
    }
    Err(Message::new()
        .push("a deleted row of `")
        .push(M::NAME)
        .push("` is gone, and hides nothing\nhelp: remove `deleted_hides`, or write `#[field(soft_delete)] deleted_at: Option<Timestamp>` into `")
        .push(M::NAME)
        .push("`"))
}

/// SQL names tables and views, and no overlay.
///
/// # Errors
///
/// The message to panic with, when the model is an overlay.
pub const fn overlay_named(model: &ModelDef) -> Result<(), Message> {
    if model.overlay.is_none() {
        return Ok(());
    }
    Err(Message::new()
        .push("`")
        .push(model.name)
        .push("` is an overlay, which is in no database\nhelp: ask with `")
        .push(model.name)
        .push("::query()`, or name the two models that it is made of"))
}
