//! Rules about what an argument's column must hold, as far as the type's spelling shows it.
//!
//! Where the spelling does not show it, the expansion has a constant that asks the type: see [`demands`].

use darling::util::SpannedValue;
use proc_macro2::Span;

use crate::errors::Errors;
use crate::parse::field::FieldSpec;
use crate::parse::types::{self, Holds};

/// Demand of an argument on its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Text,
    Numeric,
    Integer,
    Time,
    NullableTime,
    ForeignKey,
    Nullable,
    /// A value that the database can make up.
    Generated,
}

/// An argument and what it asks of its column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demand {
    pub(crate) argument: &'static str,
    pub(crate) span: Span,
    pub(crate) wanted: Wanted,
}

/// All that a field's arguments ask of its column.
pub(crate) fn demands(field: &FieldSpec) -> Vec<Demand> {
    let args = &field.args;
    let mut demands = Vec::new();
    let mut ask = |argument, span: Option<Span>, wanted| {
        demands.extend(span.map(|span| Demand {
            argument,
            span,
            wanted,
        }));
    };
    let generated = field.is_generated_key() && args.default.is_none();
    ask(
        "key",
        args.key.span().filter(|_| generated),
        Wanted::Generated,
    );
    ask(
        "max_length",
        args.max_length.as_ref().map(SpannedValue::span),
        Wanted::Text,
    );
    ask(
        "precision",
        args.precision.as_ref().map(SpannedValue::span),
        Wanted::Numeric,
    );
    ask("auto_now_add", args.auto_now_add.span(), Wanted::Time);
    ask("auto_now", args.auto_now.span(), Wanted::Time);
    ask("version", args.version.span(), Wanted::Integer);
    ask("soft_delete", args.soft_delete.span(), Wanted::NullableTime);
    let on_delete = args.on_delete.as_ref();
    ask(
        "on_delete",
        on_delete.map(SpannedValue::span),
        Wanted::ForeignKey,
    );
    ask(
        "constraint",
        args.constraint.as_ref().map(SpannedValue::span),
        Wanted::ForeignKey,
    );
    let set_null = on_delete.filter(|value| value.variant == "SetNull");
    ask(
        "on_delete",
        set_null.map(SpannedValue::span),
        Wanted::Nullable,
    );
    demands
}

/// Whether the spelling of a field's type answers a demand, and how.
///
/// Names that the language does not keep for itself may be the user's own, so they can please a demand and not fail it.
pub(crate) fn answer(field: &FieldSpec, wanted: Wanted) -> Option<bool> {
    let optional = types::inside_option(&field.ty).is_some();
    if types::referenced(&field.ty).is_some() {
        return Some(match wanted {
            Wanted::ForeignKey => true,
            Wanted::Nullable => optional,
            _ => false,
        });
    }
    let holds = types::holds(&field.ty)?;
    let pleased = match wanted {
        Wanted::Text => holds == Holds::Text,
        Wanted::Numeric => holds == Holds::Numeric,
        Wanted::Integer => holds == Holds::Integer && !optional,
        Wanted::Time => holds == Holds::Time,
        Wanted::NullableTime => holds == Holds::Time && optional,
        Wanted::ForeignKey => false,
        Wanted::Nullable => optional,
        // That a key can't be null is said by a rule of its own.
        Wanted::Generated => matches!(holds, Holds::Integer | Holds::Uuid),
    };
    (pleased || types::is_plain(&field.ty)).then_some(pleased)
}

pub(super) fn check(field: &FieldSpec, errors: &mut Errors) {
    for demand in demands(field) {
        if answer(field, demand.wanted) == Some(false)
            && let Some(message) = message(demand)
        {
            errors.at(demand.span, message);
        }
    }
}

/// Why an argument does not fit; nothing where another rule says it.
fn message(demand: Demand) -> Option<String> {
    let argument = demand.argument;
    let text = match demand.wanted {
        Wanted::Text => format!("`{argument}` is for texts\nhelp: remove it, or give the field the type `String`"),
        Wanted::Numeric => format!("`{argument}` and `scale` are for decimals\nhelp: remove them, or give the field the type `Decimal`"),
        Wanted::Integer => format!("`{argument}` counts updates, so it is for a whole number that is not null\nhelp: give the field the type `i64`"),
        Wanted::Time => format!("`{argument}` is for moments and dates\nhelp: give the field the type `Timestamp`"),
        Wanted::NullableTime => format!("`{argument}` is the time when the row was deleted, and null until then\nhelp: give the field the type `Option<Timestamp>`"),
        Wanted::ForeignKey => format!("`{argument}` is for foreign keys\nhelp: give the field the type `Fk<Model>`, or remove `{argument}`"),
        Wanted::Generated => "the database fills in keys that are whole numbers or UUIDs only\nhelp: write `#[field(key, given)]` for a key that the application gives, or add a `default`".to_owned(),
        Wanted::Nullable => return None,
    };
    Some(text)
}
