//! Rules of views.

use std::collections::BTreeSet;

use syn::ext::IdentExt;

use super::slots::mistaken;
use crate::errors::Errors;
use crate::names;
use crate::parse::args::name_of;
use crate::parse::model::ModelSpec;
use crate::parse::placement::Placement;
use crate::parse::view::{ViewSlot, ViewSpec};
use crate::sql::dialect::foreign_spelling;
use crate::sql::effect::Effect;
use crate::sql::functions::foreign_functions;
use crate::sql::names::strange_names;
use crate::sql::outputs;
use crate::sql::placeholders::strange_placeholders;
use crate::sql::relations::Relation;
use crate::sql::settings::{reads_search_path, sets_meaning};
use crate::sql::texts::hidden_names;
use crate::sql::tokens::Token;

/// Checks the rules of the query of a view, up to the first that it breaks: what follows would be told of the same mistake.
pub(super) fn check(spec: &ModelSpec, view: &ViewSpec, errors: &mut Errors) {
    let rules: [ViewRule; 9] = [
        one_query,
        no_parameters,
        reading_only,
        no_settings,
        spelling,
        slots,
        qualified,
        own_names,
        columns,
    ];
    if let Some(why) = rules.iter().find_map(|rule| rule(spec, view)) {
        errors.at(view.span, why);
    }
}

type ViewRule = fn(&ModelSpec, &ViewSpec) -> Option<String>;

/// It is one `SELECT`, which may have a `WITH` before it.
fn one_query(_: &ModelSpec, view: &ViewSpec) -> Option<String> {
    if view.tokens.contains(&Token::Symbol(';')) {
        return Some(
            "these are several statements, and a view is one SELECT\nhelp: keep the SELECT; what else is to be done belongs into a migration"
                .to_owned(),
        );
    }
    let mut words = view.tokens.iter();
    match words.find(|token| **token != Token::Symbol('(')) {
        Some(token) if token.is_any(&["select", "with"]) => None,
        Some(Token::Word(word)) => Some(format!(
            "a view is a SELECT, and `{word}` begins something else\nhelp: write `SELECT ...`"
        )),
        Some(_) => Some("a view is a SELECT\nhelp: write `SELECT ...`".to_owned()),
        None => Some("this view has no query\nhelp: write its SELECT".to_owned()),
    }
}

/// It has no gaps for values.
fn no_parameters(_: &ModelSpec, view: &ViewSpec) -> Option<String> {
    let parameter = view.tokens.iter().find_map(|token| match token {
        Token::Parameter(number) => Some(format!("${number}")),
        _ => None,
    });
    let other = || strange_placeholders(&view.tokens).next();
    let found = parameter.or_else(|| other().map(|placeholder| placeholder.text));
    found.map(|found| {
        format!(
            "`{found}` is a gap for a value, and a view has none\nhelp: give it a column for what varies, and say which is meant where it is queried: `query().filter(..)`"
        )
    })
}

/// It changes and locks nothing.
fn reading_only(_: &ModelSpec, view: &ViewSpec) -> Option<String> {
    let locks = view
        .tokens
        .windows(2)
        .any(|pair| pair[0].is("for") && pair[1].is_any(&["update", "share", "no", "key"]));
    if locks {
        return Some(
            "whoever read this view would lock rows, and a view is only read\nhelp: remove `FOR ...`, and lock rows of the tables where they are changed"
                .to_owned(),
        );
    }
    let is_into = view.tokens.iter().any(|token| token.is("into"));
    (view.effect == Effect::Writes || is_into).then(|| {
        "this query writes, and a view is only read\nhelp: keep what it selects".to_owned()
    })
}

/// It means the same in all sessions.
fn no_settings(_: &ModelSpec, view: &ViewSpec) -> Option<String> {
    if let Some(why) = sets_meaning(&view.tokens) {
        return Some(why.to_owned());
    }
    reads_search_path(&view.tokens).then(|| {
        "`search_path` is read, and no table is found by it: all names are qualified, whatever the session\nhelp: write `{Model}` for a table"
            .to_owned()
    })
}

/// Nothing is spelt as another database or language has it, and the query is whole.
fn spelling(_: &ModelSpec, view: &ViewSpec) -> Option<String> {
    let sign = view.tokens.iter().find_map(|token| match token {
        Token::Symbol(sign @ ('{' | '}' | '`')) => Some(sign),
        _ => None,
    });
    if let Some(sign) = sign {
        return Some(format!(
            "`{sign}` means nothing outside of a text\nhelp: write `{{Model}}` for a table, and double quotes around a name"
        ));
    }
    foreign_spelling(&view.tokens).map(|(what, help)| format!("{what}\nhelp: {help}"))
}

/// Each slot names a model that it can read.
fn slots(spec: &ModelSpec, view: &ViewSpec) -> Option<String> {
    let models = view.slots.iter().filter_map(|slot| match slot {
        ViewSlot::Model(slot) => Some(slot),
        ViewSlot::Named(..) => None,
    });
    let own = &spec.ident;
    for slot in models.clone() {
        let last = slot.model.segments.last();
        let is_alone = slot.model.segments.len() == 1;
        if is_alone && last.is_some_and(|it| it.ident.unraw() == own.unraw()) {
            return Some(format!(
                "the view `{own}` reads itself\nhelp: read the tables that its rows come from"
            ));
        }
    }
    let models: Vec<_> = models.collect();
    if let Some((what, help)) = mistaken(models.iter().copied()) {
        // A view has no gaps for values.
        let help = help.split(", or `$1`").next().unwrap_or_default();
        return Some(format!("{what}\nhelp: {help}"));
    }
    let of_tenant = view.slots.iter().find_map(|slot| match slot {
        ViewSlot::Named(Placement::Tenant, name) => Some(name),
        _ => None,
    });
    of_tenant
        .filter(|_| spec.placement == Placement::Shared)
        .map(|name| {
            format!(
                "the shared view `{own}` reads `\"{{tenant}}\".{name}`, which each tenant has for itself\nhelp: write `#[tenant_view]` in place of `#[shared_view]`; rows of all tenants are asked for with `across`"
            )
        })
}

/// Every table and function has a slot before its name, or is PostgreSQL's.
fn qualified(_: &ModelSpec, view: &ViewSpec) -> Option<String> {
    for relation in &view.relations {
        match relation {
            Relation::Name(name) if name.contains('.') => {
                return Some(format!(
                    "`{name}` is in a schema that the query names, and which schema is meant is not the query's to say\nhelp: write `{{Model}}` for the table of a model, or `\"{{tenant}}\"` or `\"{{shared}}\"` in place of the schema"
                ));
            }
            Relation::Name(name) => {
                return Some(format!(
                    "`{name}` has no schema, and would be looked for along the `search_path` of whoever migrates\nhelp: write `{{Model}}` for the table of a model, or `\"{{tenant}}\".{name}` or `\"{{shared}}\".{name}`"
                ));
            }
            Relation::Slot { slot, .. } => {
                if let Some(ViewSlot::Model(slot)) = view.slots.get(*slot)
                    && let Some(field) = &slot.field
                {
                    let model = name_of(&slot.model);
                    return Some(format!(
                        "`{{{model}.{field}}}` is a column, and a table belongs here\nhelp: write `{{{model}}}`"
                    ));
                }
            }
        }
    }
    let function = foreign_functions(&view.tokens).into_iter().next();
    function.map(|name| {
        format!(
            "`{name}` is a function in a schema that the query names, and which schema is meant is not the query's to say\nhelp: write `\"{{tenant}}\"` or `\"{{shared}}\"` in place of the schema"
        )
    })
}

/// Every other name is of something that the query has.
fn own_names(_: &ModelSpec, view: &ViewSpec) -> Option<String> {
    let tables = view.slots.iter().map(|slot| match slot {
        ViewSlot::Model(slot) => slot
            .model
            .segments
            .last()
            .map(|last| names::table(&last.ident)),
        ViewSlot::Named(_, name) => Some(name.clone()),
    });
    let tables: BTreeSet<String> = tables.flatten().collect();
    if let Some(name) = strange_names(&view.tokens, &tables).first() {
        return Some(format!(
            "`{name}` is no column of a table in this query, so its first part is a schema, and which schema is meant is not the query's to say\nhelp: give the table an alias for its columns, as in `FROM {{Model}} m`"
        ));
    }
    hidden_names(&view.tokens).map(|(name, why)| {
        format!(
            "`{name}` {why}, and so reaches what no slot shows\nhelp: write the name itself, with its slot"
        )
    })
}

/// It gives a column for each field.
fn columns(spec: &ModelSpec, view: &ViewSpec) -> Option<String> {
    if outputs::has_all(&view.tokens) {
        return Some(
            "`*` is other columns as soon as the table has others\nhelp: name each column"
                .to_owned(),
        );
    }
    let (given, fields) = (outputs::count(&view.tokens)?, spec.fields.len());
    let words = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    (given != fields).then(|| {
        format!(
            "the query gives {}, and `{}` has {}\nhelp: select a column for each field, in their order, under its name",
            words(given, "column"),
            spec.ident,
            words(fields, "field")
        )
    })
}
