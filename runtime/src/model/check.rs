//! The rules of placement, evaluated by the compiler.
//!
//! The macros emit a constant for each check that panics *at the field's type* with the message made here: so the
//! compiler underlines the field, and prints nothing of this crate. Constant evaluation has no `String`, hence the
//! fixed buffer.

#![allow(
    clippy::result_large_err,
    reason = "the message is a value of the compiler's, and never moved at run time"
)]

use super::{Model, ModelDef, Placement, PlacementKind};
use crate::value::Field;

const CAPACITY: usize = 1024;

/// A message composed during compilation.
#[derive(Debug, Clone, Copy)]
pub struct Message {
    text: [u8; CAPACITY],
    length: usize,
}

impl Message {
    const fn new() -> Self {
        Self {
            text: [0; CAPACITY],
            length: 0,
        }
    }

    /// Appends a text; what does not fit is left out.
    const fn push(mut self, text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut i = 0;
        while i < bytes.len() && self.length < CAPACITY {
            self.text[self.length] = bytes[i];
            self.length += 1;
            i += 1;
        }
        self
    }

    /// The message as text.
    pub const fn as_str(&self) -> &str {
        let (text, _) = self.text.split_at(self.length);
        match std::str::from_utf8(text) {
            Ok(text) => text,
            Err(_) => "a name in this message was too long to print",
        }
    }
}

/// A shared model references shared models only: R1.
///
/// # Errors
///
/// The message to panic with, when the field of type `F` of the shared model `M` references a tenant model.
pub const fn reference<M: Model, F: Field>(field: &str) -> Result<(), Message> {
    let Some(target) = F::TYPE.references else {
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

/// A shared model holds no bare id: R4, by the field's name.
///
/// Called for fields named `*_id` that are neither the key nor marked `not_a_reference`.
///
/// # Errors
///
/// The message to panic with, when the field of type `F` is an integer or a UUID.
pub const fn bare_id<M: Model, F: Field>(field: &str) -> Result<(), Message> {
    use crate::value::SqlType;
    let bare = F::TYPE.references.is_none()
        && (F::TYPE.sql.is_integer() || matches!(F::TYPE.sql, SqlType::Uuid));
    if !bare {
        return Ok(());
    }
    Err(Message::new()
        .push("field `")
        .push(field)
        .push("` of shared model `")
        .push(M::NAME)
        .push("` looks like the id of a row, but says not of which model\nan id of a tenant's row means a different row in every tenant, so a shared row can't hold one\nhelp: give it the type `Fk<Model>`, or write `#[field(not_a_reference)]` if it is no row's id"))
}

/// A model that is tied to another by more than a foreign key is placed at least as strictly: R4.
///
/// # Errors
///
/// The message to panic with, when `M` is shared and `Other` is a tenant model.
pub const fn at_least_as_strict<M: Model, Other: Model>() -> Result<(), Message> {
    match (
        <M::Placement as Placement>::KIND,
        <Other::Placement as Placement>::KIND,
    ) {
        (PlacementKind::Shared, PlacementKind::Tenant) => Err(Message::new()
            .push("`")
            .push(M::NAME)
            .push("` must be placed as strictly as `")
            .push(Other::NAME)
            .push("`, or more strictly\na `")
            .push(M::NAME)
            .push("` names a `")
            .push(Other::NAME)
            .push("` by id, and that id means a different row in every tenant\nhelp: annotate `")
            .push(M::NAME)
            .push("` with `#[tenant_model]`")),
        _ => Ok(()),
    }
}

/// The models of a `schema!` list fit together: R5.
///
/// `complete` says that the list names every model itself, so that a reference to a model outside it is an error.
///
/// # Errors
///
/// The message to panic with, when two models share a table or a reference leads out of the list.
pub const fn listed(models: &[&ModelDef], complete: bool) -> Result<(), Message> {
    let mut i = 0;
    while i < models.len() {
        let mut j = i + 1;
        while j < models.len() {
            if let Err(message) = different_tables(models[i], models[j]) {
                return Err(message);
            }
            j += 1;
        }
        if complete && let Err(message) = targets_listed(models[i], models) {
            return Err(message);
        }
        i += 1;
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

const fn targets_listed(model: &ModelDef, models: &[&ModelDef]) -> Result<(), Message> {
    let mut i = 0;
    while i < model.columns.len() {
        let column = &model.columns[i];
        i += 1;
        let Some(target) = &column.references else {
            continue;
        };
        let mut found = false;
        let mut j = 0;
        while j < models.len() {
            found |= equal(models[j].name, target.model) && equal(models[j].module, target.module);
            j += 1;
        }
        if !found {
            return Err(Message::new()
                .push("`")
                .push(model.name)
                .push(".")
                .push(column.field)
                .push("` references `")
                .push(target.model)
                .push("`, which is not listed in this schema\nhelp: add `")
                .push(target.model)
                .push("` to the `schema!` list"));
        }
    }
    Ok(())
}

/// Whether two texts are equal; `==` is not for constants yet.
const fn equal(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
