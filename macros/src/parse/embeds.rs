//! Fields with `#[field(embed)]`: the structs that a model embeds, and their fields as columns of the model.
//!
//! A model's attribute sees its own tokens only. So the derive of such a struct makes a `macro_rules!` of its name too, which hands on the
//! fields, and a model that embeds the struct expands by way of it.

use darling::ast::NestedMeta;
use darling::util::SpannedValue;
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, Item, ItemStruct, Path, Type, braced};

use super::args::Text;
use super::field::{FieldArgs, FieldSpec, Within};
use super::{item, types};
use crate::errors::Errors;
use crate::names;
use crate::sql::renamed::renamed;

/// Content that the macro of an embedded struct hands on.
#[derive(Debug)]
pub(crate) enum Handed {
    Fields(Box<ItemStruct>),
    /// Nothing, since the struct is wrong, of which its own derive tells.
    Rejected,
}

/// The structs that a model embeds, each once, by the paths that are written.
pub(crate) fn embedded(item: &Item) -> Vec<&Path> {
    let Item::Struct(item) = item else {
        return Vec::new();
    };
    let mut paths = Vec::new();
    for field in item.fields.iter().filter(|field| is_embed(&field.attrs)) {
        if let Some(path) = path(&field.ty)
            && !paths.contains(&path)
        {
            paths.push(path);
        }
    }
    paths
}

/// Whether `#[field(embed)]` stands above a field.
fn is_embed(attributes: &[Attribute]) -> bool {
    let fields = attributes.iter().filter(|a| a.path().is_ident("field"));
    let mut lists = fields.filter_map(|attribute| attribute.meta.require_list().ok());
    lists.any(|list| {
        let items = NestedMeta::parse_meta_list(list.tokens.clone()).unwrap_or_default();
        items
            .iter()
            .any(|item| matches!(item, NestedMeta::Meta(meta) if meta.path().is_ident("embed")))
    })
}

/// The path of a type that can be an embedded struct: a macro is called so, too.
fn path(ty: &Type) -> Option<&Path> {
    match ty {
        Type::Path(path) if path.qself.is_none() => {
            let segments = path.path.segments.iter();
            let mut plain = segments.map(|segment| segment.arguments.is_none());
            plain.all(|plain| plain).then_some(&path.path)
        }
        _ => None,
    }
}

/// The columns of a field with `embed`: those of its struct. What is wrong with the field goes to `errors`.
///
/// There are none if nothing is known of the struct.
pub(super) fn columns(
    member: &FieldSpec,
    known: &[(&Path, &Handed)],
    errors: &mut Errors,
) -> Option<Vec<FieldSpec>> {
    check_alone(member, errors);
    let prefix = prefix(member, errors);
    let Some(path) = path(&member.ty) else {
        if let Some(inner) = types::inside_option(&member.ty) {
            errors.on(
                &member.ty,
                format!(
                    "an embedded struct is there in each row, and its columns can't be null as a whole\nhelp: write `{0}`, and make each of its fields that can be null an `Option`; or store it as `Option<Json<{0}>>`",
                    inner.to_token_stream()
                ),
            );
            return Some(Vec::new());
        }
        errors.on(
            &member.ty,
            "`embed` is for a struct with `#[derive(Embedded)]`, which the type names without more\nhelp: write the struct's name, or remove `embed`",
        );
        return Some(Vec::new());
    };
    let handed = known.iter().find(|(known, _)| *known == path);
    let Some((_, Handed::Fields(item))) = handed else {
        return None;
    };
    // Names and texts stand at the model's field: there a model is told what is wrong with what it embeds.
    let at = Ident::new("_", path.span()).span();
    let item: ItemStruct = syn::parse2(moved(quote!(#item), at)).ok()?;
    // The struct's derive has told of its fields.
    let mut told = Errors::default();
    let fields = item.fields.iter();
    let fields = fields.filter_map(|field| FieldSpec::parse(&item, field, &mut told));
    let fields: Vec<FieldSpec> = fields.collect();
    drop(told.finish());
    let names = fields.iter().map(FieldSpec::column);
    let names: Vec<(String, String)> = names
        .map(|name| (name.clone(), format!("{prefix}{name}")))
        .collect();
    let fields = fields.into_iter().enumerate();
    let fields = fields.map(|(at, field)| {
        let mut field = column(member, field, at, &prefix);
        let args = &mut field.args;
        for sql in [&mut args.check, &mut args.generated].into_iter().flatten() {
            let text = renamed(&sql.0, &names);
            *sql = sql.map_ref(|_| Text(text));
        }
        field
    });
    Some(fields.collect())
}

/// A field of an embedded struct, as a field of the model.
fn column(member: &FieldSpec, field: FieldSpec, at: usize, prefix: &str) -> FieldSpec {
    let span = member.ident.span();
    let name = format!("{prefix}{}", field.name());
    let ident = match syn::parse_str::<Ident>(&name) {
        Ok(_) => Ident::new(&name, span),
        Err(_) if prefix.is_empty() => Ident::new_raw(&name, span),
        Err(_) => Ident::new(&format!("{name}_"), span),
    };
    let (place, field_name) = (field.ident.span(), field.name());
    let prefixed = |text: String| SpannedValue::new(Text(format!("{prefix}{text}")), place);
    let column = field.column();
    let args = FieldArgs {
        column: (column != field.name()).then(|| prefixed(column)),
        was: field.args.was.map(|was| prefixed(was.0.clone())),
        ..field.args
    };
    FieldSpec {
        ident,
        vis: member.vis.clone(),
        args,
        within: Some(Within {
            member: member.ident.clone(),
            ty: member.ty.clone(),
            field: field_name,
            at,
        }),
        ..field
    }
}

/// The beginning of the names of the struct's columns: the field's own name, unless another is given.
fn prefix(member: &FieldSpec, errors: &mut Errors) -> String {
    let Some(prefix) = &member.args.prefix else {
        return format!("{}_", member.name());
    };
    let objection = names::objection(&prefix.0).filter(|_| !prefix.0.is_empty());
    if let Some(objection) = objection {
        errors.value(
            prefix,
            format!(
                "`{}` stands before the names of columns, and {objection}\nhelp: write `prefix = \"{}\"`, or `prefix = \"\"` for the names as they are",
                prefix.0,
                names::plain(&prefix.0)
            ),
        );
        return String::new();
    }
    prefix.0.clone()
}

/// A field with `embed` is no column, and has nothing of one.
fn check_alone(member: &FieldSpec, errors: &mut Errors) {
    if let Some((name, span)) = member.args.of_a_column() {
        errors.at(
            span,
            format!(
                "`{name}` is for a column, and an embedded struct is several\nhelp: write it above a field of `{}`, or above the model",
                member.ty.to_token_stream()
            ),
        );
    }
}

/// All of some tokens at a place.
fn moved(tokens: TokenStream, at: Span) -> TokenStream {
    let moved = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => {
            let mut moved_group = Group::new(group.delimiter(), moved(group.stream(), at));
            moved_group.set_span(at);
            TokenTree::Group(moved_group)
        }
        mut other => {
            other.set_span(at);
            other
        }
    });
    moved.collect()
}

impl Parse for Handed {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let content;
        braced!(content in input);
        if content.is_empty() {
            return Ok(Self::Rejected);
        }
        let tokens: TokenStream = content.parse()?;
        match item::parse(tokens)? {
            Item::Struct(item) => Ok(Self::Fields(Box::new(item))),
            other => Err(syn::Error::new(other.span(), "expected a struct")),
        }
    }
}
