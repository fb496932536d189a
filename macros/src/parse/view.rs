//! The query of `#[tenant_view(sql = "...")]` and `#[shared_view(sql = "...")]`.

use darling::FromMeta;
use darling::util::SpannedValue;
use proc_macro2::Span;
use tenantry_sql::Kind;

use super::args::{Root, Text, Word};
use super::field::FieldSpec;
use super::placement::{Form, Placement};
use super::raw::{self, Slot};
use crate::errors::Errors;
use crate::sql::effect::{Effect, effect};
use crate::sql::relations::{Relation, relations};
use crate::sql::slots::{SLOT, take_out};
use crate::sql::tokens::{Token, tokens};

/// The arguments of the attribute.
#[derive(Debug, Default, FromMeta)]
pub(crate) struct ViewArgs {
    pub(crate) sql: Option<SpannedValue<Text>>,
    pub(crate) name: Option<SpannedValue<Text>>,
    #[darling(rename = "crate")]
    pub(crate) root: Option<Root>,
}

/// A query, taken apart.
#[derive(Debug)]
pub(crate) struct ViewSpec {
    pub(crate) span: Span,
    pub(crate) tokens: Vec<Token>,
    pub(crate) relations: Vec<Relation>,
    pub(crate) effect: Effect,
    pub(crate) slots: Vec<ViewSlot>,
    /// The texts before, between and behind the slots.
    pub(crate) texts: Vec<String>,
}

/// A name whose schema the placement decides.
#[derive(Debug)]
pub(crate) enum ViewSlot {
    /// `{Customer}` or `{Customer.email}`.
    Model(Slot),
    /// `"{tenant}".customers`.
    Named(Placement, String),
}

/// Stands before the number of a name with its schema, while slots are taken out.
const NAMED: char = '\u{2}';

/// Takes a query apart; what is wrong goes to `errors`.
pub(crate) fn parse(sql: &SpannedValue<Text>, errors: &mut Errors) -> Option<ViewSpec> {
    let span = sql.span();
    let mut told = |message: String| errors.at(span, message);
    let (text, named) = named(&sql.0).map_err(&mut told).ok()?;
    let slotted = take_out(&text)
        .map_err(|message| told(message.to_owned()))
        .ok()?;
    let tokens = tokens(&slotted.text).map_err(|message| told(message.to_owned()));
    let mut tokens = tokens.ok()?;
    let mut text = slotted.text.trim();
    if tokens.last() == Some(&Token::Symbol(';')) && text.ends_with(';') {
        tokens.pop();
        text = text[..text.len() - 1].trim_end();
    }
    let mut named = named.into_iter();
    let slots = slotted.slots.iter().map(|inside| {
        if inside.starts_with(NAMED)
            && let Some((placement, name)) = named.next()
        {
            return Ok(ViewSlot::Named(placement, name));
        }
        raw::slot(inside, span).map(ViewSlot::Model)
    });
    let slots: Vec<ViewSlot> = slots.collect::<Result<_, _>>().map_err(&mut told).ok()?;
    Some(ViewSpec {
        span,
        relations: relations(&tokens),
        effect: effect(&tokens),
        tokens,
        slots,
        texts: text.split(SLOT).map(str::to_owned).collect(),
    })
}

/// Puts a slot in the place of each name that is written with the slot of its schema.
fn named(sql: &str) -> Result<(String, Vec<(Placement, String)>), String> {
    let all: Vec<_> = tenantry_sql::tokens(sql).collect();
    let (mut text, mut names, mut end) = (String::new(), Vec::new(), 0);
    for (at, token) in all.iter().enumerate() {
        let inside = token.text.strip_prefix("\"{");
        let Some(schema) = inside.and_then(|it| it.strip_suffix("}\"")) else {
            continue;
        };
        let placement = match (token.kind, schema) {
            (Kind::Quoted, "tenant") => Placement::Tenant,
            (Kind::Quoted, "shared") => Placement::Shared,
            _ => {
                return Err(format!(
                    "`{}` is no slot\nhelp: write `{{Model}}` for the table of a model, or `\"{{tenant}}\".name` or `\"{{shared}}\".name` for what no model says",
                    token.text
                ));
            }
        };
        let name = match all.get(at + 1..at + 3) {
            Some([dot, name]) if dot.is_sign(".") => name.name(),
            _ => None,
        };
        let Some(name) = name else {
            return Err(format!(
                "`{}` is a schema, and what is meant in it has to follow\nhelp: write `{}.name`",
                token.text, token.text
            ));
        };
        let last = &all[at + 2];
        text.push_str(&sql[end..token.start]);
        text.push('{');
        text.push(NAMED);
        text.push('}');
        end = last.start + last.text.len();
        names.push((placement, name.into_owned()));
    }
    text.push_str(&sql[end..]);
    Ok((text, names))
}

/// Reads the query that was given, or says that there is none.
pub(super) fn query(
    sql: Option<SpannedValue<Text>>,
    view: Span,
    errors: &mut Errors,
) -> Option<ViewSpec> {
    let Some(sql) = sql else {
        errors.at(
            view,
            "a view has a query, and this has none\nhelp: write `sql = \"SELECT ...\"` into its attribute",
        );
        return None;
    };
    // That something else is wrong has been told.
    (!sql.0.is_empty() || errors.is_empty()).then(|| parse(&sql, errors))?
}

/// Takes a field as a column of a view or an overlay, which nobody writes.
pub(super) fn column(field: &mut FieldSpec, form: Form, errors: &mut Errors) {
    let args = &field.args;
    let mut written = vec![
        ("given", args.given.span()),
        ("unique", args.unique.span()),
        ("index", args.index.span()),
        ("auto_now_add", args.auto_now_add.span()),
        ("auto_now", args.auto_now.span()),
        ("version", args.version.span()),
        ("soft_delete", args.soft_delete.span()),
        ("not_a_reference", args.not_a_reference.span()),
        ("default", args.default.as_ref().map(SpannedValue::span)),
        ("check", args.check.as_ref().map(SpannedValue::span)),
        (
            "check_with",
            args.check_with.as_ref().map(SpannedValue::span),
        ),
        ("generated", args.generated.as_ref().map(SpannedValue::span)),
        ("on_delete", args.on_delete.as_ref().map(SpannedValue::span)),
        (
            "constraint",
            args.constraint.as_ref().map(SpannedValue::span),
        ),
        ("was", args.was.as_ref().map(SpannedValue::span)),
    ];
    let mut whose = "those of a view are what its query gives";
    if form == Form::Overlay {
        whose = "those of an overlay are what both of its models have";
        let bounds = [
            ("max_length", args.max_length.as_ref()),
            ("precision", args.precision.as_ref()),
            ("scale", args.scale.as_ref()),
        ];
        let bounds = bounds.into_iter();
        written.extend(bounds.map(|(name, bound)| (name, bound.map(SpannedValue::span))));
    }
    let told = written
        .into_iter()
        .find_map(|(name, span)| Some((name, span?)));
    if let Some((name, span)) = told {
        errors.at(
            span,
            format!("`{name}` is for columns of tables, and {whose}\nhelp: remove `{name}`"),
        );
    }
    // Its values come from the query. Those of a key of several fields are given in any case.
    let key = args.key.span().filter(|_| !field.is_part);
    field.args.given = key.map_or_else(Word::default, Word::at);
}

/// A column of an embedded struct, which says of it what a view has too: the struct may be a table's as well. A view has a column of the
/// bounds that the struct gives it, as one whose fields say them itself.
pub(super) fn embedded_column(field: &mut FieldSpec, form: Form) {
    let args = std::mem::take(&mut field.args);
    field.args.column = args.column;
    if form == Form::View {
        field.args.max_length = args.max_length;
        field.args.precision = args.precision;
        field.args.scale = args.scale;
    }
}
