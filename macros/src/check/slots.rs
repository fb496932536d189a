//! Rules of the slots of `sql!`.

use heck::ToUpperCamelCase;
use syn::Path;

use crate::errors::Errors;
use crate::parse::args::name_of;
use crate::parse::raw::{RawSpec, Slot};
use crate::sql::relations::Relation;
use crate::sql::tokens::Token;

/// A slot has a model's name as its struct is called, and not that of a variable, nor a column's constant.
pub(super) fn check_slots(spec: &RawSpec, errors: &mut Errors) {
    if let Some((what, help)) = mistaken(spec.slots.iter()) {
        errors.at(spec.span, format!("{what}\nhelp: {help}"));
    }
}

/// The first slot that names no model or field: why not, and what is meant.
pub(super) fn mistaken<'a>(mut slots: impl Iterator<Item = &'a Slot>) -> Option<(String, String)> {
    slots.find_map(|Slot { model, field }| {
        let name = name_of(model);
        let written = match field {
            Some(field) => format!("{name}.{field}"),
            None => name.clone(),
        };
        if !name.contains(char::is_uppercase) {
            let meant = name.to_upper_camel_case();
            let help = format!(
                "write `{{{meant}}}` if that is the model, or `$1` for a value, which is bound where the statement is run"
            );
            return Some((format!("`{{{written}}}` names no model"), help));
        }
        if let Some((what, help)) = in_capitals(model) {
            return Some((format!("`{{{written}}}` {what}"), help));
        }
        let constant = field.as_ref()?.to_string();
        is_constant(&constant).then(|| {
            (
                format!("`{{{written}}}` names a constant, and a slot has the field"),
                format!("write `{{{name}.{}}}`", constant.to_lowercase()),
            )
        })
    })
}

/// Whether a name is spelt as constants are, which a single capital is not.
fn is_constant(name: &str) -> bool {
    let has_capital = name.contains(char::is_uppercase);
    name.len() > 1 && has_capital && !name.contains(char::is_lowercase)
}

/// How a path is written whose last name is in capitals, as no struct is called: what it names, and what is meant.
fn in_capitals(model: &Path) -> Option<(&'static str, String)> {
    let last = model.segments.last()?.ident.to_string();
    // `A1` may be a struct.
    let has_capitals = last.chars().filter(|letter| letter.is_uppercase()).count() > 1;
    if !is_constant(&last) || !has_capitals {
        return None;
    }
    let name = name_of(model);
    let is_of_type = name
        .rsplit_once("::")
        .is_some_and(|(before, _)| before.contains(char::is_uppercase));
    if is_of_type {
        let help = format!("write {}", meant(model));
        return Some(("names a constant, and a slot has the field", help));
    }
    let meant = last.to_lowercase().to_upper_camel_case();
    let help = format!(
        "write `{{{meant}}}` if that is the model; a struct of this name is imported as another: `use {name} as {meant};`"
    );
    Some(("names no model", help))
}

/// A table's slot stands where a table does, or before a dot.
pub(super) fn check_tables(spec: &RawSpec, errors: &mut Errors) {
    let is_relation = |wanted: usize| {
        spec.relations
            .iter()
            .any(|relation| matches!(relation, Relation::Slot { slot, .. } if *slot == wanted))
    };
    for (position, token) in spec.tokens.iter().enumerate() {
        let Token::Slot(number) = token else {
            continue;
        };
        let Some(Slot { model, field: None }) = spec.slots.get(*number) else {
            continue;
        };
        let dotted = spec.tokens.get(position + 1) == Some(&Token::Symbol('.'));
        if !is_relation(*number) && !dotted {
            errors.at(
                spec.span,
                format!(
                    "`{{{}}}` is a table, and a column belongs here\nhelp: write {}",
                    name_of(model),
                    meant(model)
                ),
            );
            return;
        }
    }
}

/// The likely meaning of a path that stands where a column belongs.
fn meant(model: &Path) -> String {
    let name = name_of(model);
    let first = |name: &str, is: fn(char) -> bool| name.chars().next().is_some_and(is);
    let rest_is_capital = |name: &str| !name.contains(|letter: char| letter.is_lowercase());
    match name.rsplit_once("::") {
        // A model's constants stand for its columns in Rust.
        Some((model, constant))
            if model.contains(char::is_uppercase) && rest_is_capital(constant) =>
        {
            format!("`{{{model}.{}}}`", constant.to_lowercase())
        }
        None if first(&name, char::is_lowercase) => format!(
            "`$1` for a value, and bind it where the statement is run; a column is `{{Model.{name}}}`"
        ),
        _ => format!("`{{{name}.field}}`"),
    }
}

/// A column's model has its table in the statement.
pub(super) fn check_columns(spec: &RawSpec, errors: &mut Errors) {
    let name = |slot: &Slot| {
        slot.model
            .segments
            .last()
            .map(|segment| segment.ident.clone())
    };
    let tables: Vec<_> = spec
        .slots
        .iter()
        .filter(|slot| slot.field.is_none())
        .map(name)
        .collect();
    let stray = spec
        .slots
        .iter()
        .find(|slot| slot.field.is_some() && !tables.contains(&name(slot)));
    if let Some(Slot {
        model,
        field: Some(field),
    }) = stray
    {
        let model = name_of(model);
        errors.at(
            spec.span,
            format!(
                "`{{{model}.{field}}}` is a column of `{model}`, whose table the statement does not have\nhelp: add `{{{model}}}`, as in `FROM {{{model}}}`"
            ),
        );
    }
}
