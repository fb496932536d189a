//! Objects that are no tables, a file for each kind. It tells the number of the schema, the kind in words, a name, and a
//! definition: a statement that makes the object, where PostgreSQL has one.

use crate::structure::members::{CatalogueQuery, SchemaMember, SchemaMembers};

/// Returns what is asked about the kinds of objects that there are.
pub(super) fn objects(members: &SchemaMembers) -> Vec<CatalogueQuery> {
    asked(members, OBJECTS)
}

/// Returns what is asked about operators, collations, and what full text search is made of.
pub(super) fn operators(members: &SchemaMembers) -> Vec<CatalogueQuery> {
    asked(members, OPERATORS)
}

/// Of which members something is told, and by which part of a statement.
type Told = (fn(&SchemaMember) -> bool, &'static str);

const OBJECTS: &[Told] = &[
    (|it| it.is("enum"), include_str!("enums.sql")),
    (|it| it.is("domain"), include_str!("domains.sql")),
    (|it| it.is("range"), include_str!("ranges.sql")),
    (|it| it.is("composite"), include_str!("composites.sql")),
    (|it| it.is("sequence"), include_str!("sequences.sql")),
    (|it| it.is("function"), include_str!("functions.sql")),
    (|it| it.is("aggregate"), include_str!("aggregates.sql")),
    (
        |it| it.is("view") || it.is("materialized view"),
        include_str!("views.sql"),
    ),
    (
        |it| it.is("foreign table"),
        include_str!("foreign_tables.sql"),
    ),
    (|it| it.is("statistics"), include_str!("statistics.sql")),
    // An extension's table may have triggers, rules and policies that are not the extension's.
    (|it| it.has.triggers, include_str!("triggers.sql")),
    (|it| it.has.rules, include_str!("rules.sql")),
    (|it| it.has.policies, include_str!("policies.sql")),
];

const OPERATORS: &[Told] = &[
    (|it| it.is("operator"), include_str!("operators.sql")),
    (
        |it| it.is("operator family"),
        include_str!("operator_families.sql"),
    ),
    (
        |it| it.is("operator class"),
        include_str!("operator_classes.sql"),
    ),
    (|it| it.is("collation"), include_str!("collations.sql")),
    (|it| it.is("dictionary"), include_str!("dictionaries.sql")),
    (
        |it| it.is("configuration"),
        include_str!("configurations.sql"),
    ),
];

fn asked(members: &SchemaMembers, all: &[Told]) -> Vec<CatalogueQuery> {
    let asked = all.iter().map(|&(is_told, sql)| CatalogueQuery {
        sql,
        about: members.numbers(is_told),
    });
    asked.filter(|it| !it.about.is_empty()).collect()
}
