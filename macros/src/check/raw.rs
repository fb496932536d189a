//! Rules of `sql!`.

use std::collections::BTreeSet;

use super::slots::{check_columns, check_slots, check_tables};
use crate::errors::Errors;
use crate::names;
use crate::parse::args::name_of;
use crate::parse::raw::{RawSpec, Slot};
use crate::sql::dialect::foreign_spelling;
use crate::sql::functions::foreign_functions;
use crate::sql::names::strange_names;
use crate::sql::placeholders::{Placeholder, strange_placeholders};
use crate::sql::relations::Relation;
use crate::sql::settings::{reads_search_path, sets_meaning};
use crate::sql::texts::hidden_names;
use crate::sql::tokens::Token;

/// Words that a statement of `sql!` can begin with.
const BEGINNINGS: [&str; 10] = [
    "select", "insert", "update", "delete", "merge", "with", "values", "table", "truncate", "lock",
];

/// Checks the rules of a statement, up to the first that it breaks: what follows would be told of the same mistake.
///
/// A text that breaks one of the first is no statement of rows to PostgreSQL, or sets what others mean. The others find what is
/// most likely a mistake, or may lead out of the scope's schemas: `unchecked` leaves these to the statement's author.
pub(crate) fn raw(spec: &RawSpec, errors: &mut Errors) {
    let always: [Rule; 6] = [
        check_no_setting,
        check_one_statement,
        check_beginning,
        check_signs,
        check_placeholders,
        check_parameters,
    ];
    let of_authors: [Rule; 11] = [
        check_likely_signs,
        check_spelling,
        check_likely_placeholders,
        check_reads_no_search_path,
        check_relations,
        check_functions,
        check_names,
        check_texts,
        check_slots,
        check_tables,
        check_columns,
    ];
    let of_authors = of_authors.iter().filter(|_| !spec.unchecked);
    for rule in always.iter().chain(of_authors) {
        rule(spec, errors);
        if !errors.is_empty() {
            return;
        }
    }
}

type Rule = fn(&RawSpec, &mut Errors);

/// No statement has others mean something else afterwards.
fn check_no_setting(spec: &RawSpec, errors: &mut Errors) {
    if let Some(why) = sets_meaning(&spec.tokens) {
        errors.at(spec.span, why);
    }
}

/// No statement means something that depends on the session.
fn check_reads_no_search_path(spec: &RawSpec, errors: &mut Errors) {
    if reads_search_path(&spec.tokens) {
        errors.at(
            spec.span,
            format!(
                "`search_path` is read, and no table is found by it: all names are qualified, whatever the session\nhelp: write `{{Model}}` for a table, or {ESCAPE}"
            ),
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

/// No name with a dot is of a schema that the statement spells out.
fn check_names(spec: &RawSpec, errors: &mut Errors) {
    let models = spec
        .slots
        .iter()
        .filter_map(|slot| slot.model.segments.last());
    let tables = models.map(|segment| names::table(&segment.ident)).collect();
    if let Some(name) = strange_names(&spec.tokens, &tables).first() {
        errors.at(
            spec.span,
            format!(
                "`{name}` is no column of a relation in this statement, so its first part is a schema, and which schema is used is not the statement's to say\nhelp: write `{{Model}}` for a table and give it an alias for its columns, or {ESCAPE}"
            ),
        );
    }
}

/// No text is taken for SQL or for a name, which nobody looks at.
fn check_texts(spec: &RawSpec, errors: &mut Errors) {
    if let Some((name, why)) = hidden_names(&spec.tokens) {
        errors.at(
            spec.span,
            format!("`{name}` {why}, and so reaches what no slot shows\nhelp: {ESCAPE}"),
        );
    }
}

/// How to have a statement run whose names are not looked at.
const ESCAPE: &str = "if it has to be, write `sql!(unchecked \"...\")`, and have it reviewed";

/// No sign stands in the statement that PostgreSQL's SQL does not have.
fn check_signs(spec: &RawSpec, errors: &mut Errors) {
    let brace = spec.tokens.iter().find_map(|token| match token {
        Token::Symbol(sign @ ('{' | '}')) => Some(sign),
        _ => None,
    });
    if let Some(sign) = brace {
        errors.at(
            spec.span,
            format!(
                "`{sign}` means nothing outside of a text\nhelp: write `{{Model}}` for a table, or `$1` for a value"
            ),
        );
    }
}

/// No sign stands in the statement that is an operator of nobody's, most likely.
fn check_likely_signs(spec: &RawSpec, errors: &mut Errors) {
    if spec.tokens.contains(&Token::Symbol('`')) {
        errors.at(spec.span, "``` quotes no names\nhelp: write double quotes");
    }
}

/// Nothing is spelt as another database or language has it, and the statement is whole.
fn check_spelling(spec: &RawSpec, errors: &mut Errors) {
    if let Some((what, help)) = foreign_spelling(&spec.tokens) {
        errors.at(spec.span, format!("{what}\nhelp: {help}"));
    }
}

/// Values are given by PostgreSQL's parameters.
fn check_placeholders(spec: &RawSpec, errors: &mut Errors) {
    let mut all = strange_placeholders(&spec.tokens);
    if let Some(placeholder) = all.find(|placeholder| placeholder.is_certain) {
        errors.at(spec.span, no_parameter(&placeholder));
    }
}

/// No parameter is written as a text, nor as an operator before a column.
fn check_likely_placeholders(spec: &RawSpec, errors: &mut Errors) {
    if let Some((text, parameter)) = spec.tokens.iter().find_map(parameter_as_text) {
        errors.at(
            spec.span,
            format!(
                "`{text}` is a text, in which `{parameter}` is no parameter\nhelp: write `{parameter}` by itself, and bind a value with all that belongs to it"
            ),
        );
    } else if let Some(placeholder) = strange_placeholders(&spec.tokens).next() {
        errors.at(spec.span, no_parameter(&placeholder));
    }
}

fn no_parameter(placeholder: &Placeholder) -> String {
    let operator = match placeholder.text.strip_prefix('@') {
        Some(value) => format!("; an absolute value is `abs({value})`"),
        None => String::new(),
    };
    format!(
        "`{}` is no parameter of PostgreSQL\nhelp: write `$1`, `$2` and so on, and bind the values in that order{operator}",
        placeholder.text
    )
}

/// A text that is nothing but a parameter, also as a pattern: the text and the parameter.
fn parameter_as_text(token: &Token) -> Option<(&str, &str)> {
    let Token::Text(text) = token else {
        return None;
    };
    let inside = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let parameter = inside.trim_matches('%');
    let number = parameter.strip_prefix('$')?;
    let is_number = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
    // More digits are a price.
    (is_number && number.len() == 1).then_some((text, parameter))
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
