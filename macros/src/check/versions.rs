//! Rules about columns that only tenants of some versions have: `since` and `until`.

use darling::util::SpannedValue;
use proc_macro2::Span;

use crate::errors::Errors;
use crate::parse::args::{Text, Word};
use crate::parse::field::FieldSpec;
use crate::parse::model::ModelSpec;
use crate::parse::placement::Placement;
use crate::parse::types;

pub(super) fn check(spec: &ModelSpec, field: &FieldSpec, errors: &mut Errors) {
    let args = &field.args;
    let both = [("since", &args.since), ("until", &args.until)];
    let given = both
        .into_iter()
        .filter_map(|(word, id)| Some((word, id.as_ref()?)));
    for (word, id) in given {
        check_id(word, id, errors);
        check_is_of_a_table(spec, word, id.span(), errors);
        check_is_of_tenants(spec.placement, word, id.span(), errors);
        check_stays(field, word, id.span(), errors);
    }
    check_stand_in(field, errors);
    check_order(field, errors);
}

/// A migration is named by its id, which names its folder too.
fn check_id(word: &str, id: &SpannedValue<Text>, errors: &mut Errors) {
    if position(&id.0).is_none() {
        errors.value(
            id,
            format!(
                "`{}` is no id of a migration\nhelp: write the name of its folder, as in `{word} = \"0007_notes\"`",
                id.0
            ),
        );
    }
}

/// The number in an id.
fn position(id: &str) -> Option<i32> {
    let (number, name) = id.split_once('_')?;
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let is_number = number.len() >= 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_id = is_number && !name.is_empty() && name.chars().all(is_name);
    number.parse().ok().filter(|_| is_id)
}

/// A view has the columns of its query.
fn check_is_of_a_table(spec: &ModelSpec, word: &str, span: Span, errors: &mut Errors) {
    if !spec.is_table() && !spec.is_embedded() {
        errors.at(
            span,
            format!(
                "a view has all columns of its query wherever it is\nhelp: remove `{word}`, and have `Options::serves` leave out tenants whose view is another one"
            ),
        );
    }
}

/// The shared schema is at one version, for all tenants.
fn check_is_of_tenants(placement: Placement, word: &str, span: Span, errors: &mut Errors) {
    if placement == Placement::Shared {
        errors.at(
            span,
            format!(
                "`{word}` is for columns that some tenants have and others have not, and the shared schema is the same for all of them\n\
                 help: remove `{word}`, and apply the migration before this version of the application runs"
            ),
        );
    }
}

/// A column can be missing only where nothing but its own value needs it.
fn check_stays(field: &FieldSpec, word: &str, span: Span, errors: &mut Errors) {
    let args = &field.args;
    let needed = [
        (args.key.is_present(), "key", "rows are found by it"),
        (
            args.auto_now_add.is_present(),
            "auto_now_add",
            "its value is the time of a write",
        ),
        (
            args.auto_now.is_present(),
            "auto_now",
            "its value is the time of a write",
        ),
        (args.version.is_present(), "version", "each write checks it"),
        (
            args.soft_delete.is_present(),
            "soft_delete",
            "each query asks it",
        ),
        (
            args.generated.is_some(),
            "generated",
            "its value is computed of others",
        ),
        (
            args.constraint.is_some(),
            "constraint = false",
            "deletes of shared rows look for it in all tenants",
        ),
    ];
    for (_, argument, why) in needed.into_iter().filter(|(is_there, ..)| *is_there) {
        errors.at(
            span,
            format!(
                "a column with `{argument}` can't be missing in some tenants: {why}\n\
                 help: remove `{word}`, and have `Options::serves` leave out tenants that are not migrated"
            ),
        );
    }
}

/// Rows of tenants without the column are read with a value that is always the same.
fn check_stand_in(field: &FieldSpec, errors: &mut Errors) {
    let args = &field.args;
    let Some((word, span)) = word(field) else {
        return;
    };
    match &args.default {
        Some(default) if default.literal.is_none() => errors.value(
            default,
            format!(
                "rows of tenants without the column are read with its default, which has to be a literal: SQL could give another value each time\n\
                 help: write one, as `default = \"none\"`, or remove `{word}`"
            ),
        ),
        None if types::inside_option(&field.ty).is_none() && !is_refused(field) => errors.at(
            span,
            format!(
                "rows of tenants without the column have no value for the field\n\
                 help: say which they are read with, as `{word} = \"...\", default = \"none\"`, or make it an `Option`"
            ),
        ),
        _ => {}
    }
}

fn word(field: &FieldSpec) -> Option<(&'static str, Span)> {
    let args = &field.args;
    let since = args.since.as_ref().map(|id| ("since", id.span()));
    since.or_else(|| args.until.as_ref().map(|id| ("until", id.span())))
}

/// Whether [`check_stays`] has said something of the field.
fn is_refused(field: &FieldSpec) -> bool {
    let args = &field.args;
    let words = [
        args.key,
        args.auto_now_add,
        args.auto_now,
        args.version,
        args.soft_delete,
    ];
    words.into_iter().any(Word::is_present) || args.generated.is_some()
}

/// A column is added before it is dropped.
fn check_order(field: &FieldSpec, errors: &mut Errors) {
    let (Some(since), Some(until)) = (&field.args.since, &field.args.until) else {
        return;
    };
    if let (Some(from), Some(to)) = (position(&since.0), position(&until.0))
        && from >= to
    {
        errors.value(
            until,
            format!(
                "no tenant has the column: it is added by `{}`, and dropped by `{}` before\n\
                 help: exchange `since` and `until`, or remove one of the two",
                since.0, until.0
            ),
        );
    }
}
