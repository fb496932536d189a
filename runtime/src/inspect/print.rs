//! The source of the models.

use std::fmt::Write as _;

use super::draft::{Draft, DraftEnum, DraftField, DraftForeignKey, DraftIndex, DraftOrigin};
use super::names::{is_table_of, is_usual_label, unraw};
use crate::model::{OnDelete, PlacementKind};

/// The widest line that rustfmt leaves alone.
const WIDTH: usize = 100;

/// Writes a model, with what it does not say as comments above it.
pub(super) fn model(draft: &Draft, notes: &[String]) -> String {
    let mut text = String::new();
    text.push_str(&self::notes(notes));
    text.push_str(&doc(draft.comment.as_deref(), ""));
    let attribute = match draft.placement {
        PlacementKind::Shared => "shared_model",
        PlacementKind::Tenant => "tenant_model",
    };
    let mut arguments = Vec::new();
    if !is_table_of(&draft.name, &draft.table) {
        arguments.push(format!("table = {}", literal(&draft.table)));
    }
    arguments.extend(draft.indexes.iter().map(|it| index(&draft.fields, it)));
    arguments.extend(draft.checks.iter().map(|it| {
        let (name, condition) = (literal(&it.name), literal(&it.condition));
        format!("check(name = {name}, {condition})")
    }));
    let keys = draft.foreign_keys.iter();
    arguments.extend(keys.map(|it| foreign_key(&draft.fields, it)));
    text.push_str(&attributed(attribute, &arguments, ""));
    text.push_str("#[derive(Debug)]\n");
    let _ = writeln!(text, "pub struct {} {{", draft.name);
    for one in &draft.fields {
        text.push_str(&field(one));
    }
    text.push_str("}\n");
    text
}

/// Writes why there is no model, and the like.
pub(super) fn notes(notes: &[String]) -> String {
    let mut text = String::new();
    for note in notes {
        // A default or a type may have several lines.
        let note = note.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(text, "// {note}");
    }
    text
}

/// Writes an enum.
pub(super) fn labels(one: &DraftEnum) -> String {
    let mut text = "#[derive(Column, Debug, Clone, Copy, PartialEq, Eq)]\n".to_owned();
    let _ = writeln!(text, "pub enum {} {{", one.name);
    for (variant, label) in one.variants.iter().zip(&one.labels) {
        if !is_usual_label(label) {
            let _ = writeln!(text, "    #[column(rename = {})]", literal(label));
        }
        let _ = writeln!(text, "    {variant},");
    }
    text.push_str("}\n");
    text
}

fn field(field: &DraftField) -> String {
    let mut text = doc(field.comment.as_deref(), "    ");
    let mut arguments: Vec<String> = Vec::new();
    let mut add = |argument: &str| arguments.push(argument.to_owned());
    if field.is_key {
        add("key");
        if field.origin == DraftOrigin::Given && !field.is_part {
            add("given");
        }
    }
    if unraw(&field.name) != field.column {
        add(&format!("column = {}", literal(&field.column)));
    }
    if let Some(bounds) = &field.bounds {
        add(bounds);
    }
    if field.unique {
        add("unique");
    }
    if field.index {
        add("index");
    }
    match &field.origin {
        DraftOrigin::Given | DraftOrigin::Key => {}
        DraftOrigin::Default { shown, .. } => add(&format!("default = {shown}")),
        DraftOrigin::Generated(sql) => add(&format!("generated = {}", literal(sql))),
    }
    if let Some(argument) = on_delete(field.on_delete) {
        add(&argument);
    }
    if field.not_a_reference {
        add("not_a_reference");
    }
    if !arguments.is_empty() {
        text.push_str(&attributed("field", &arguments, "    "));
    }
    let rust = if field.nullable {
        format!("Option<{}>", field.rust)
    } else {
        field.rust.clone()
    };
    let _ = writeln!(text, "    pub {}: {rust},", field.name);
    text
}

fn on_delete(action: OnDelete) -> Option<String> {
    let word = match action {
        OnDelete::Restrict => "restrict",
        OnDelete::Cascade => "cascade",
        OnDelete::SetNull => "set_null",
        OnDelete::SetDefault => "set_default",
        OnDelete::NoAction => return None,
    };
    Some(format!("on_delete = \"{word}\""))
}

fn foreign_key(fields: &[DraftField], key: &DraftForeignKey) -> String {
    let named = key.fields.iter().map(|at| fields[*at].name.clone());
    let mut parts: Vec<String> = named.collect();
    parts.push(format!("references = {}", key.model));
    parts.extend(on_delete(key.on_delete));
    let name = key.name.as_deref();
    parts.extend(name.map(|name| format!("name = {}", literal(name))));
    format!("foreign_key({})", parts.join(", "))
}

fn index(fields: &[DraftField], index: &DraftIndex) -> String {
    let parts = index.parts.iter().map(|part| match part {
        Ok(at) => fields[*at].name.clone(),
        Err(sql) => literal(sql),
    });
    let mut operators = index.operators.iter();
    let mut parts: Vec<String> = parts
        .map(|part| match operators.next() {
            Some(operator) => format!("{part} = {}", literal(operator)),
            None => part,
        })
        .collect();
    for (word, text) in [
        ("filter", &index.filter),
        ("name", &index.name),
        ("method", &index.method),
    ] {
        if let Some(text) = text {
            parts.push(format!("{word} = {}", literal(text)));
        }
    }
    let word = match index.operators[..] {
        [] if index.unique => "unique",
        [] => "index",
        _ => "exclude",
    };
    format!("{word}({})", parts.join(", "))
}

/// An attribute, in one line where there is room.
fn attributed(name: &str, arguments: &[String], indent: &str) -> String {
    if arguments.is_empty() {
        return format!("{indent}#[{name}]\n");
    }
    let line = format!("{indent}#[{name}({})]", arguments.join(", "));
    if line.len() <= WIDTH && !line.contains('\n') {
        return line + "\n";
    }
    let inner = format!(",\n{indent}    ");
    format!(
        "{indent}#[{name}(\n{indent}    {}\n{indent})]\n",
        arguments.join(&inner)
    )
}

fn doc(comment: Option<&str>, indent: &str) -> String {
    let lines = comment.into_iter().flat_map(|text| text.split('\n'));
    let lines = lines.map(|line| format!("{indent}/// {line}").trim_end().to_owned() + "\n");
    lines.collect()
}

/// A text as a literal of Rust, as it is read best.
pub(super) fn literal(text: &str) -> String {
    let is_plain = !text.contains(['"', '\\', '\r']);
    if is_plain && !text.contains('\n') {
        return format!("\"{text}\"");
    }
    let hashes = if text.contains("\"#") { "##" } else { "#" };
    if text.contains("\"##") || text.contains(['\r', '\0']) {
        return format!("{text:?}");
    }
    format!("r{hashes}\"{text}\"{hashes}")
}
