//! Rules about a field's arguments.

use darling::util::SpannedValue;
use proc_macro2::{Ident, Span};
use quote::ToTokens;

use crate::errors::Errors;
use crate::names;
use crate::parse::field::FieldSpec;
use crate::parse::model::ModelSpec;
use crate::parse::placement::Placement;
use crate::parse::types;

/// PostgreSQL's limit for `character varying`.
const LONGEST_TEXT: u32 = 10_485_760;

/// PostgreSQL's limit for the digits of a `numeric`.
const MOST_DIGITS: u32 = 1000;

pub(super) fn check(spec: &ModelSpec, field: &FieldSpec, errors: &mut Errors) {
    check_unconditional(field, errors);
    check_key_is_not_optional(field, errors);
    check_given_is_a_key(field, errors);
    check_key_is_not_indexed(field, errors);
    check_one_origin(field, errors);
    check_length(field, errors);
    check_digits(field, errors);
    check_sql(field, errors);
    check_delete_action(field, errors);
    check_constraint(field, errors);
    check_inverse(field, errors);
    check_not_a_reference(spec, field, errors);
    check_with_a_value(field, errors);
    check_prefix(field, errors);
}

/// All fields of a model are always there: its columns and statements are fixed when the macro runs.
fn check_unconditional(field: &FieldSpec, errors: &mut Errors) {
    for condition in &field.conditions {
        errors.on(
            condition,
            "a field of a model can't be conditional, since its column can't be\nhelp: put the field into a model of its own",
        );
    }
}

fn check_key_is_not_optional(field: &FieldSpec, errors: &mut Errors) {
    if let (true, Some(inner)) = (field.args.key.is_present(), types::inside_option(&field.ty)) {
        errors.on(
            &field.ty,
            format!(
                "a key can't be null\nhelp: write `{}`",
                inner.to_token_stream()
            ),
        );
    }
}

fn check_given_is_a_key(field: &FieldSpec, errors: &mut Errors) {
    if let (Some(given), false) = (field.args.given.span(), field.args.key.is_present()) {
        errors.at(
            given,
            "`given` is for keys; other columns are given unless they have a default\nhelp: remove `given`",
        );
    }
}

fn check_key_is_not_indexed(field: &FieldSpec, errors: &mut Errors) {
    let args = &field.args;
    for (word, name) in [(args.unique, "unique"), (args.index, "index")] {
        let is_key = args.key.is_present() && !field.is_part;
        if let (true, Some(span)) = (is_key, word.span()) {
            errors.at(
                span,
                format!("a key is unique and indexed by itself\nhelp: remove `{name}`"),
            );
        }
    }
    if let (false, true, Some(span)) = (
        args.key.is_present(),
        args.unique.is_present(),
        args.index.span(),
    ) {
        errors.at(
            span,
            "a unique column is indexed by itself\nhelp: remove `index`",
        );
    }
}

/// A column's values come from one place.
fn check_one_origin(field: &FieldSpec, errors: &mut Errors) {
    let args = &field.args;
    let mut origins: Vec<(&str, Span)> = Vec::new();
    origins.extend(args.given.span().map(|span| ("given", span)));
    origins.extend(args.default.as_ref().map(|value| ("default", value.span())));
    origins.extend(args.auto_now_add.span().map(|span| ("auto_now_add", span)));
    origins.extend(args.auto_now.span().map(|span| ("auto_now", span)));
    origins.extend(args.version.span().map(|span| ("version", span)));
    origins.extend(args.soft_delete.span().map(|span| ("soft_delete", span)));
    let generated = args.generated.as_ref().map(SpannedValue::span);
    origins.extend(generated.map(|span| ("generated", span)));
    if let [(first, _), rest @ ..] = &origins[..] {
        for (second, span) in rest {
            errors.at(
                *span,
                format!(
                    "`{first}` and `{second}` both say where the values come from\nhelp: remove one of the two"
                ),
            );
        }
    }
    let own = [
        (args.auto_now.span(), "auto_now"),
        (args.version.span(), "version"),
        (args.soft_delete.span(), "soft_delete"),
        (generated, "generated"),
    ];
    for (span, name) in own {
        if let (true, Some(span)) = (args.key.is_present(), span) {
            errors.at(
                span,
                format!("a key never changes, and `{name}` would change it\nhelp: remove `{name}`"),
            );
        }
    }
}

fn check_length(field: &FieldSpec, errors: &mut Errors) {
    let Some(length) = &field.args.max_length else {
        return;
    };
    if length.0 == 0 {
        errors.value(
            length,
            "no text fits into 0 characters\nhelp: write how many a text may have",
        );
    } else if length.0 > LONGEST_TEXT {
        errors.value(
            length,
            format!(
                "PostgreSQL bounds texts to {LONGEST_TEXT} characters at most\nhelp: remove `max_length`"
            ),
        );
    }
}

fn check_digits(field: &FieldSpec, errors: &mut Errors) {
    match (&field.args.precision, &field.args.scale) {
        (None, Some(scale)) => errors.value(
            scale,
            "`scale` says how many of the digits are behind the point, so it needs `precision`\nhelp: write `precision = 12, scale = 2`",
        ),
        (Some(precision), _) if precision.0 == 0 || precision.0 > MOST_DIGITS => errors.value(
            precision,
            format!("`precision` is from 1 to {MOST_DIGITS} digits"),
        ),
        (Some(precision), Some(scale)) if scale.0 > precision.0 => errors.value(
            scale,
            format!(
                "{} digits behind the point are more than the {} in all\nhelp: `precision` counts all digits, `scale` those behind the point",
                scale.0, precision.0
            ),
        ),
        _ => {}
    }
}

/// SQL that is written is not empty.
fn check_sql(field: &FieldSpec, errors: &mut Errors) {
    if let Some(check) = field
        .args
        .check
        .as_ref()
        .filter(|sql| sql.0.trim().is_empty())
    {
        errors.value(
            check,
            "this check has no condition\nhelp: write one, or remove `check`",
        );
    }
    if let Some(expression) = field
        .args
        .generated
        .as_ref()
        .filter(|sql| sql.0.trim().is_empty())
    {
        errors.value(
            expression,
            "this column is computed of nothing\nhelp: write an expression over other columns, as `generated = \"lower(email)\"`",
        );
    }
    if let Some(default) = field
        .args
        .default
        .as_ref()
        .filter(|default| default.sql.trim().is_empty())
    {
        errors.value(
            default,
            "this default has no value\nhelp: write `default = \"\"` for an empty text",
        );
    }
}

/// Refuses an action on delete that cannot happen to the column.
fn check_delete_action(field: &FieldSpec, errors: &mut Errors) {
    let Some(action) = &field.args.on_delete else {
        return;
    };
    let target = types::referenced(&field.ty);
    if let (Some(target), "SetNull", None) =
        (target, action.variant, types::inside_option(&field.ty))
    {
        errors.value(
            action,
            format!(
                "the column can't be null, so a delete can't make it null\nhelp: write `Option<Fk<{}>>`, or another action",
                target.to_token_stream()
            ),
        );
    }
    if field.args.generated.is_some() && ["SetNull", "SetDefault"].contains(&action.variant) {
        errors.value(
            action,
            "the column is computed of others, so a delete can't set it\nhelp: choose another action",
        );
    } else if action.variant == "SetDefault" && field.args.default.is_none() {
        errors.value(
            action,
            "the column has no default, so a delete can't set it\nhelp: add `default = ...`, or choose another action",
        );
    }
}

/// Whoever writes a reference looks for its row, which the database does not where it computes the column.
fn check_constraint(field: &FieldSpec, errors: &mut Errors) {
    if let (Some(constraint), true) = (&field.args.constraint, field.args.generated.is_some()) {
        errors.at(
            constraint.span(),
            "the column is computed of others, so that only the database can check what it references\nhelp: remove `constraint = false`",
        );
    }
}

/// The other side of a foreign key is named by a constant of the model that it references.
fn check_inverse(field: &FieldSpec, errors: &mut Errors) {
    let Some(inverse) = &field.args.inverse else {
        return;
    };
    if types::referenced(&field.ty).is_none() {
        errors.value(
            inverse,
            "`inverse` adds to the model that the field references, so the type must say which\nhelp: write the type as `Fk<Model>` or `Option<Fk<Model>>`",
        );
    }
    if syn::parse_str::<Ident>(&inverse.0.to_uppercase()).is_err() {
        errors.value(
            inverse,
            format!(
                "`{}` can't be the name of a constant\nhelp: write a name as that of a field, as `inverse = \"invoices\"`",
                inverse.0
            ),
        );
    }
}

/// Somebody gives the column the values that are checked.
fn check_with_a_value(field: &FieldSpec, errors: &mut Errors) {
    if let (Some(check), true) = (&field.args.check_with, field.args.generated.is_some()) {
        errors.at(
            check.span(),
            "nobody gives the column a value that could be checked\nhelp: check what it is computed of, or write `check = \"...\"` for the database",
        );
    }
}

/// `not_a_reference` answers a question that is asked of the ids in shared models.
fn check_not_a_reference(spec: &ModelSpec, field: &FieldSpec, errors: &mut Errors) {
    let Some(span) = field.args.not_a_reference.span() else {
        return;
    };
    // Nobody knows yet where an embedded struct is.
    if !spec.is_embedded() && spec.placement == Placement::Tenant {
        errors.at(
            span,
            "only shared models are asked whether an id is a reference\nhelp: remove `not_a_reference`",
        );
    } else if types::referenced(&field.ty).is_some() || !names::is_of_ids(&field.name()) {
        errors.at(
            span,
            "`not_a_reference` is for a field named `*_id` or `*_ids` that is no foreign key\nhelp: remove `not_a_reference`",
        );
    }
}

/// A prefix is that of several columns.
fn check_prefix(field: &FieldSpec, errors: &mut Errors) {
    if let (Some(prefix), false) = (&field.args.prefix, field.args.embed.is_present()) {
        errors.at(
            prefix.span(),
            "`prefix` stands before the names of an embedded struct's columns\nhelp: write `embed` beside it, or for the name of one column `column = \"...\"`",
        );
    }
}
