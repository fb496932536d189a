//! Rules about indexes, unique and exclusion constraints, and checks of a struct's attribute.

use syn::ext::IdentExt;

use crate::errors::{Errors, unknown};
use crate::parse::field::FieldSpec;
use crate::parse::index::{IndexSpec, Part, is_operator};
use crate::parse::model::ModelSpec;
use crate::parse::types;

/// PostgreSQL's limit.
const MOST_PARTS: usize = 32;

/// Access methods: PostgreSQL's own, and those of known extensions.
const METHODS: [&str; 10] = [
    "btree", "hash", "gin", "gist", "spgist", "brin", "bloom", "rum", "hnsw", "ivfflat",
];

/// Access methods whose indexes have one part.
const OF_ONE_PART: [&str; 2] = ["hash", "spgist"];

/// Access methods that find rows which exclude each other.
const EXCLUDING: [&str; 4] = ["gist", "spgist", "btree", "hash"];

pub(super) fn check(spec: &ModelSpec, errors: &mut Errors) {
    for index in &spec.indexes {
        check_part_count(index, errors);
        check_fields(spec, index, errors);
        check_expressions(index, errors);
        check_method(index, errors);
        check_operators(spec, index, errors);
        check_comparisons(index, errors);
    }
    check_distinct_indexes(spec, errors);
    for check in &spec.checks {
        if check.condition.trim().is_empty() {
            errors.value(
                &check.condition,
                "this check has no condition\nhelp: write one, or remove `check`",
            );
        }
    }
}

fn check_part_count(index: &IndexSpec, errors: &mut Errors) {
    let kind = index.word();
    let count = index.parts.len();
    if count == 0 {
        let example = match index.operators {
            Some(_) => "exclude(room = \"=\", during = \"&&\")".to_owned(),
            None => format!("{kind}(first, second)"),
        };
        errors.at(
            index.span,
            format!("`{kind}` names no field\nhelp: write `{example}`"),
        );
    } else if count > MOST_PARTS {
        errors.at(
            index.span,
            format!(
                "`{kind}` has {count} parts, and PostgreSQL's indexes have {MOST_PARTS} at most"
            ),
        );
    }
}

/// The fields exist, and each is named once.
fn check_fields(spec: &ModelSpec, index: &IndexSpec, errors: &mut Errors) {
    let known: Vec<String> = spec.fields.iter().map(FieldSpec::name).collect();
    let mut seen = Vec::new();
    for part in &index.parts {
        let Part::Field(ident) = part else {
            continue;
        };
        let name = ident.unraw().to_string();
        if !known.contains(&name) {
            let message = match name.as_str() {
                "unique" => {
                    "unknown field `unique`\nhelp: write `unique(...)` in place of `index(...)`"
                        .to_owned()
                }
                _ => unknown("field", &name, &known),
            };
            errors.at(ident.span(), message);
        }
        if seen.contains(&name) {
            errors.at(
                ident.span(),
                format!("field `{name}` is named twice\nhelp: remove one of the two"),
            );
        }
        seen.push(name);
    }
}

/// Rows of an exclusion constraint are compared by operators, and not only by `=`, by which they are unique.
fn check_comparisons(index: &IndexSpec, errors: &mut Errors) {
    let Some(operators) = &index.operators else {
        return;
    };
    for operator in operators.iter().filter(|it| !is_operator(it)) {
        errors.value(
            operator,
            format!(
                "`{}` is no operator\nhelp: write `\"=\"` for what has to differ, `\"&&\"` for ranges that must not overlap, or another operator that gives the same in both directions",
                operator.as_str()
            ),
        );
    }
    let is_hashed = index.method.as_ref().is_some_and(|it| it.0 == "hash");
    if !operators.is_empty() && !is_hashed && operators.iter().all(|it| it.as_str() == "=") {
        errors.at(
            index.span,
            "rows that exclude each other by being equal are unique\nhelp: write `unique(...)`, which upserts can name",
        );
    }
}

/// SQL that is written is not empty.
fn check_expressions(index: &IndexSpec, errors: &mut Errors) {
    for part in &index.parts {
        if let Part::Expression(sql) = part
            && sql.trim().is_empty()
        {
            errors.value(
                sql,
                "this expression is empty\nhelp: name a field, or write an expression such as `\"lower(email)\"`",
            );
        }
    }
    if let Some(filter) = index
        .filter
        .as_ref()
        .filter(|filter| filter.0.trim().is_empty())
    {
        errors.value(
            filter,
            "this filter has no condition\nhelp: write one, or remove `filter`",
        );
    }
}

/// An access method has operators for the types of its fields, as far as their spelling shows them.
///
/// An extension can bring more, so a column in quotes is left to PostgreSQL.
fn check_operators(spec: &ModelSpec, index: &IndexSpec, errors: &mut Errors) {
    // A unique index has been told that it has no method, and an exclusion constraint has the operators of an extension.
    let is_plain = !index.unique && index.operators.is_none();
    let Some(method) = index.method.as_ref().filter(|_| is_plain) else {
        return;
    };
    let has_none: &[&str] = match method.0.as_str() {
        "gin" | "gist" => &[
            "i16", "i32", "i64", "u8", "u16", "u32", "f32", "f64", "bool", "String",
        ],
        "spgist" => &[
            "i16", "i32", "i64", "u8", "u16", "u32", "f32", "f64", "bool",
        ],
        "brin" => &["bool"],
        _ => return,
    };
    for part in &index.parts {
        let Part::Field(ident) = part else {
            continue;
        };
        let name = ident.unraw().to_string();
        let field = spec.fields.iter().find(|field| field.name() == name);
        let spelt = field.and_then(|field| types::plain(&field.ty));
        if let Some(spelt) = spelt.filter(|spelt| has_none.contains(&spelt.as_str())) {
            errors.at(
                ident.span(),
                format!(
                    "access method `{0}` has no operators for a field of type `{spelt}`\nhelp: remove `method`, or, if an extension brings them, write the column in quotes, as `\"{1}\"`",
                    method.0,
                    field.map_or(name, FieldSpec::column)
                ),
            );
        }
    }
}

/// No index is there twice.
fn check_distinct_indexes(spec: &ModelSpec, errors: &mut Errors) {
    type Shape<'a> = (&'a str, Vec<String>, Option<&'a str>, Option<&'a str>);
    let mut seen: Vec<Shape<'_>> = Vec::new();
    for index in &spec.indexes {
        let parts = index.parts.iter().map(|part| match part {
            Part::Field(ident) => ident.unraw().to_string(),
            Part::Expression(sql) => format!("\"{}\"", sql.as_str()),
        });
        let shape = (
            index.word(),
            parts.collect::<Vec<_>>(),
            index.filter.as_ref().map(|filter| filter.0.as_str()),
            index.method.as_ref().map(|method| method.0.as_str()),
        );
        if !shape.1.is_empty() && seen.contains(&shape) {
            errors.at(
                index.span,
                "the same is asked for twice\nhelp: remove one of the two",
            );
        }
        seen.push(shape);
    }
}

fn check_method(index: &IndexSpec, errors: &mut Errors) {
    let Some(method) = &index.method else {
        return;
    };
    if index.operators.is_some() {
        if !EXCLUDING.contains(&method.0.as_str()) {
            errors.value(
                method,
                "rows exclude each other by an index of `gist`, `spgist`, `btree` or `hash`\nhelp: remove `method`: it is `gist`, which has all operators of ranges",
            );
        }
    } else if index.unique {
        errors.value(
            method,
            "only `btree` indexes can be unique, and they are it already\nhelp: remove `method`",
        );
    } else if !METHODS.contains(&method.0.as_str()) {
        let known = METHODS.map(str::to_owned);
        errors.value(method, unknown("access method", &method.0, &known));
    } else if OF_ONE_PART.contains(&method.0.as_str()) && index.parts.len() > 1 {
        errors.value(
            method,
            format!(
                "an index of access method `{}` has one part\nhelp: write an index for each field, or remove `method`",
                method.0
            ),
        );
    }
}
