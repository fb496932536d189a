//! Rules of `sql!`.

use std::collections::BTreeSet;

use crate::errors::Errors;
use crate::parse::args::name_of;
use crate::parse::raw::{RawSpec, Slot};
use crate::sql::functions::foreign_functions;
use crate::sql::relations::Relation;
use crate::sql::tokens::Token;

/// What a statement of `sql!` can begin with.
const BEGINNINGS: [&str; 10] = [
    "select", "insert", "update", "delete", "merge", "with", "values", "table", "truncate", "lock",
];

/// Checks all rules of a statement.
pub(crate) fn raw(spec: &RawSpec, errors: &mut Errors) {
    check_no_search_path(spec, errors);
    check_one_statement(spec, errors);
    check_beginning(spec, errors);
    check_relations(spec, errors);
    check_functions(spec, errors);
    check_parameters(spec, errors);
}

/// No statement means something that depends on the session.
fn check_no_search_path(spec: &RawSpec, errors: &mut Errors) {
    if spec
        .texts
        .iter()
        .any(|text| text.to_lowercase().contains("search_path"))
    {
        errors.at(
            spec.span,
            "no statement sets or reads `search_path`: all names are qualified, whatever the session\nhelp: write `{Model}` for a table",
        );
    }
}

fn check_one_statement(spec: &RawSpec, errors: &mut Errors) {
    if spec.tokens.contains(&Token::Symbol(';')) {
        errors.at(
            spec.span,
            "these are several statements\nhelp: write `sql!` for each of them, and run them in one transaction",
        );
    }
}

fn check_beginning(spec: &RawSpec, errors: &mut Errors) {
    let first = spec
        .tokens
        .iter()
        .find(|token| **token != Token::Symbol('('));
    match first {
        None => errors.at(spec.span, "the statement is empty"),
        Some(Token::Word(word)) if BEGINNINGS.contains(&word.as_str()) => {}
        Some(Token::Word(word)) => errors.at(
            spec.span,
            format!(
                "`sql!` is for statements that read and write rows, and `{word}` begins no such\nhelp: what changes tables belongs into a migration; transactions are methods of a scope"
            ),
        ),
        Some(_) => errors.at(spec.span, "a statement begins with a word such as `SELECT`"),
    }
}

/// Every table is that of a model.
fn check_relations(spec: &RawSpec, errors: &mut Errors) {
    for relation in &spec.relations {
        match relation {
            Relation::Name(name) => errors.at(
                spec.span,
                format!(
                    "`{name}` is the name of a table, and which schema it is in is not the statement's to say\nhelp: write `{{Model}}` for the table of a model"
                ),
            ),
            Relation::Slot { slot, .. } => {
                if let Some(Slot {
                    model,
                    field: Some(field),
                }) = spec.slots.get(*slot)
                {
                    let model = name_of(model);
                    errors.at(
                        spec.span,
                        format!(
                            "`{{{model}.{field}}}` is a column, and a table belongs here\nhelp: write `{{{model}}}`"
                        ),
                    );
                }
            }
        }
    }
}

/// No function is that of a schema which is spelt out: it might be another tenant's.
fn check_functions(spec: &RawSpec, errors: &mut Errors) {
    for name in foreign_functions(&spec.tokens) {
        // `INSERT INTO acme.users (...)` looks the same, and is reported as a table.
        if !spec.relations.contains(&Relation::Name(name.clone())) {
            errors.at(
                spec.span,
                format!(
                    "`{name}` is a function in a schema that the statement names, and which schema is used is not the statement's to say\nhelp: only functions of `pg_catalog` are called with their schema"
                ),
            );
        }
    }
}

/// The parameters are `$1` to `$n`.
fn check_parameters(spec: &RawSpec, errors: &mut Errors) {
    let numbers = parameters(spec);
    let missing = (1..)
        .zip(&numbers)
        .find(|(expected, number)| expected != *number);
    if let Some((expected, number)) = missing {
        let message = if *number == 0 {
            "there is no parameter `$0`\nhelp: the first is `$1`".to_owned()
        } else {
            format!(
                "parameter `${number}` is used, and `${expected}` is not\nhelp: number the parameters without gaps"
            )
        };
        errors.at(spec.span, message);
    }
}

/// The numbers of the parameters, each once.
pub(crate) fn parameters(spec: &RawSpec) -> BTreeSet<u32> {
    let numbers = spec.tokens.iter().filter_map(|token| match token {
        Token::Parameter(number) => Some(*number),
        _ => None,
    });
    numbers.collect()
}
