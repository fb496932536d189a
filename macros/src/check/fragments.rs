//! Rules about SQL in a model's attributes.

use proc_macro2::Span;

use crate::errors::Errors;
use crate::parse::field::FieldSpec;
use crate::parse::index::Part;
use crate::parse::model::ModelSpec;
use crate::parse::placement::Placement;
use crate::parse::types;
use crate::sql::fragment::{Known, KnownColumn, objection};
use crate::sql::stable::{Kept, changes};
use crate::sql::texts::hidden_names;
use crate::sql::tokens::tokens;

/// SQL names columns of its table and nothing of another schema, and is whole. What is empty is told elsewhere.
pub(super) fn check(spec: &ModelSpec, errors: &mut Errors) {
    let known = Known {
        table: spec.table.to_string(),
        columns: spec.fields.iter().map(column).collect(),
        tenant: spec.placement == Placement::Tenant,
        computed: Vec::new(),
        itself: None,
    };
    let mut review = |what: &str, sql: &str, span: Span, known: &Known| {
        if sql.trim().is_empty() {
            return;
        }
        let objection = objection(sql, known).or_else(|| hidden(sql));
        let objection = objection.or_else(|| match what {
            "expression" | "filter" => changes(&tokens(sql).ok()?, Kept::Index),
            "generated column" => changes(&tokens(sql).ok()?, Kept::Column),
            _ => None,
        });
        if let Some(objection) = objection {
            errors.at(span, format!("this {what} {objection}"));
        }
    };
    for field in &spec.fields {
        if let Some(check) = &field.args.check {
            review("check", &check.0, check.span(), &known);
        }
    }
    for index in &spec.indexes {
        for part in &index.parts {
            if let Part::Expression(sql) = part {
                review("expression", sql, sql.span(), &known);
            }
        }
        if let Some(filter) = &index.filter {
            review("filter", &filter.0, filter.span(), &known);
        }
    }
    for check in &spec.checks {
        review("check", &check.condition, check.condition.span(), &known);
    }
    let is_computed = |field: &&FieldSpec| field.args.generated.is_some();
    let computed = spec.fields.iter().filter(is_computed);
    let mut known = Known {
        computed: computed.clone().map(FieldSpec::column).collect(),
        ..known
    };
    for field in computed {
        known.itself = Some(field.column());
        if let Some(sql) = &field.args.generated {
            review("generated column", &sql.0, sql.span(), &known);
        }
    }
    let known = Known {
        columns: Vec::new(),
        ..known
    };
    for default in spec
        .fields
        .iter()
        .filter_map(|field| field.args.default.as_ref())
    {
        if default.literal.is_none() {
            review("default", &default.sql, default.ends.first, &known);
        }
    }
}

/// Says that a text in it is taken for SQL or for a name, if so.
fn hidden(sql: &str) -> Option<String> {
    let (name, why) = hidden_names(&tokens(sql).ok()?)?;
    Some(format!(
        "has `{name}`, which {why}\nhelp: write it in a migration"
    ))
}

fn column(field: &FieldSpec) -> KnownColumn {
    KnownColumn {
        field: field.name(),
        name: field.column(),
        plain: types::is_plain(&field.ty),
    }
}
