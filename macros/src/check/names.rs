//! Rules about names.

use std::collections::{HashMap, HashSet};

use darling::util::SpannedValue;
use syn::ext::IdentExt;

use crate::errors::Errors;
use crate::names::{SYSTEM_COLUMNS, constant, objection, plain};
use crate::parse::args::Text;
use crate::parse::field::{FieldSpec, Taken};
use crate::parse::members::{Embedded, Member};
use crate::parse::model::ModelSpec;
use crate::parse::types;

/// PostgreSQL's limit.
const MOST_COLUMNS: usize = 1600;

pub(super) fn check(spec: &ModelSpec, errors: &mut Errors) {
    check_table(spec, errors);
    check_column_count(spec, errors);
    check_columns(spec, errors);
    check_distinct_constraints(spec, errors);
    check_distinct_inverses(spec, errors);
    check_members(spec, errors);
}

/// Names of columns are valid, and no two are the same.
pub(super) fn check_columns(spec: &ModelSpec, errors: &mut Errors) {
    check_distinct_columns(spec, errors);
    check_distinct_constants(spec, errors);
    for field in &spec.fields {
        check_column(field, errors);
        check_was_of_another(spec, field, errors);
        check_setter(spec, field, errors);
    }
}

/// A new row takes an embedded struct by the name of its field, which is no column's.
pub(super) fn check_members(spec: &ModelSpec, errors: &mut Errors) {
    for member in spec.members() {
        let Member::Embedded(Embedded { member, .. }) = member else {
            continue;
        };
        let mut fields = spec.fields.iter();
        if let Some(field) = fields.find(|field| member.unraw() == field.name()) {
            errors.at(
                member.span(),
                format!(
                    "a new row takes both the embedded struct and a column by the name `{}`\nhelp: rename the field, or give its columns another `prefix`",
                    field.name()
                ),
            );
        }
    }
}

fn check_table(spec: &ModelSpec, errors: &mut Errors) {
    check_was(spec.was.as_ref(), &spec.table, errors);
    if let Some(objection) = objection(&spec.table) {
        let (what, argument) = if spec.is_table() {
            ("table", "table")
        } else {
            ("view", "name")
        };
        errors.value(
            &spec.table,
            format!(
                "{what} name `{}` {objection}\nhelp: write `{argument} = \"{}\"`",
                &**spec.table,
                plain(&spec.table)
            ),
        );
    }
}

/// A former name that is the present one says nothing, and is most likely meant for another place.
fn check_was(was: Option<&SpannedValue<Text>>, now: &str, errors: &mut Errors) {
    if let Some(was) = was.filter(|was| was.0 == now) {
        errors.value(
            was,
            format!(
                "`{now}` is the name that it has now\nhelp: write the former name, or remove `was`"
            ),
        );
    }
}

/// A former name that another field has by now is that one's.
fn check_was_of_another(spec: &ModelSpec, field: &FieldSpec, errors: &mut Errors) {
    let Some(was) = &field.args.was else {
        return;
    };
    let mut others = spec
        .fields
        .iter()
        .filter(|other| !std::ptr::eq(*other, field));
    if others.any(|other| other.column() == *was.0) {
        errors.value(
            was,
            format!(
                "`{}` is another field of this model now\nhelp: remove `was`, and tell `makemigrations` the new names with \
                 `--rename`",
                &*was.0
            ),
        );
    }
}

fn check_column(field: &FieldSpec, errors: &mut Errors) {
    let column = field.column();
    check_was(field.args.was.as_ref(), &column, errors);
    if SYSTEM_COLUMNS.contains(&column.as_str()) {
        errors.at(
            field.column_span(),
            format!(
                "PostgreSQL has a column `{column}` of its own in every table\nhelp: write `#[field(column = \"{column}_\")]`"
            ),
        );
    } else if let Some(objection) = objection(&column) {
        errors.at(
            field.column_span(),
            format!(
                "column name `{column}` {objection}\nhelp: write `#[field(column = \"{}\")]`",
                plain(&column)
            ),
        );
    }
}

fn check_column_count(spec: &ModelSpec, errors: &mut Errors) {
    let count = spec.fields.len();
    if count > MOST_COLUMNS {
        errors.at(
            spec.ident.span(),
            format!(
                "model `{}` has {count} columns, and PostgreSQL's tables have {MOST_COLUMNS} at most",
                spec.ident
            ),
        );
    }
}

fn check_distinct_columns(spec: &ModelSpec, errors: &mut Errors) {
    let mut seen: HashMap<String, &FieldSpec> = HashMap::new();
    let mut told = HashSet::new();
    for field in &spec.fields {
        let column = field.column();
        // Of two embedded structs it is one mistake, however many columns they share.
        let member = |it: &FieldSpec| {
            it.within
                .as_ref()
                .map_or_else(|| it.ident.clone(), |it| it.member.clone())
        };
        let is_new = |earlier: &&&FieldSpec| told.insert((member(earlier), member(field)));
        if let Some(earlier) = seen.get(&column).filter(is_new) {
            let help = match field.within.as_ref().or(earlier.within.as_ref()) {
                Some(_) => {
                    "give an embedded struct another prefix with `#[field(embed, prefix = \"...\")]`"
                }
                None => "give one of them another column with `#[field(column = \"...\")]`",
            };
            errors.at(
                field.column_span(),
                format!(
                    "fields `{}` and `{}` are both stored in column `{column}`\nhelp: {help}",
                    earlier.path(),
                    field.path()
                ),
            );
        }
        seen.entry(column).or_insert(field);
    }
}

/// No two fields differ by the case of their letters only, since their constants are in capitals.
fn check_distinct_constants(spec: &ModelSpec, errors: &mut Errors) {
    let mut seen: HashMap<String, &FieldSpec> = HashMap::new();
    // A name with capitals has been refused already.
    let plain = spec
        .fields
        .iter()
        .filter(|field| objection(&field.column()).is_none());
    for field in plain {
        let constant = constant(&field.ident).to_string();
        // One column of two fields has been told already.
        let other = seen.get(&constant);
        if let Some(earlier) = other.filter(|earlier| earlier.column() != field.column()) {
            errors.at(
                field.ident.span(),
                format!(
                    "the columns of fields `{}` and `{}` would both be called `{}::{constant}`\nhelp: rename one of the fields",
                    earlier.name(),
                    field.name(),
                    spec.ident
                ),
            );
        }
        seen.entry(constant).or_insert(field);
    }
}

/// Names that are written for indexes and checks are valid, and no two are the same.
fn check_distinct_constraints(spec: &ModelSpec, errors: &mut Errors) {
    let indexes = spec.indexes.iter().filter_map(|index| index.name.as_ref());
    let checks = spec.checks.iter().filter_map(|check| check.name.as_ref());
    let mut seen: Vec<&SpannedValue<Text>> = Vec::new();
    for name in indexes.chain(checks) {
        let text = &name.0;
        if let Some(objection) = objection(text) {
            errors.value(
                name,
                format!(
                    "name `{text}` {objection}\nhelp: write `name = \"{}\"`",
                    plain(text)
                ),
            );
        }
        let table = &**spec.table;
        if *text == *table || *text == format!("{table}_pkey") {
            let what = if *text == *table { "table" } else { "key" };
            errors.value(
                name,
                format!("the model's {what} is called `{text}` already\nhelp: rename this one"),
            );
        }
        if seen.iter().any(|earlier| earlier.0 == *text) {
            errors.value(
                name,
                format!("two constraints are called `{text}`\nhelp: rename one of the two"),
            );
        }
        seen.push(name);
    }
}

/// No two relations to one model are called the same from there.
fn check_distinct_inverses(spec: &ModelSpec, errors: &mut Errors) {
    let mut seen = Vec::new();
    for field in &spec.fields {
        let (Some(inverse), Some(target)) = (&field.args.inverse, types::referenced(&field.ty))
        else {
            continue;
        };
        let constant = inverse.0.to_uppercase();
        if seen.contains(&(target, constant.clone())) {
            errors.value(
                inverse,
                format!(
                    "two fields make the constant `{constant}` of the same model\nhelp: give one of them another name"
                ),
            );
        }
        seen.push((target, constant));
    }
}

/// The method that sets a field of a new row is not called as the function that makes one.
fn check_setter(spec: &ModelSpec, field: &FieldSpec, errors: &mut Errors) {
    let is_set = (spec.is_table() || spec.is_embedded())
        && matches!(field.taken(), Taken::OrNull | Taken::OrFilled);
    if is_set && field.ident.unraw() == "new" {
        errors.at(
            field.ident.span(),
            format!(
                "the method that sets field `new` would be called as `New{}::new`\nhelp: rename the field, and write `#[field(column = \"new\")]`",
                spec.ident.unraw()
            ),
        );
    }
}
