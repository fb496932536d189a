//! The input of `#[derive(Embedded)]`, and of what the macros of such structs call.

use darling::FromMeta;
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Fields, Item, Path, Token, braced, parse_quote};

use super::args::{self, Root};
use super::embeds::{self, Handed};
use super::item;
use super::model::{Configured, ModelSpec};
use crate::errors::Errors;
use crate::vocabulary::Place;

/// A model or embedded struct, and what is known of the structs that it embeds so far.
#[derive(Debug)]
pub(crate) struct WithEmbedded {
    /// The model's attribute; none of an embedded struct.
    pub(crate) model: Option<Configured>,
    pub(crate) item: Item,
    pub(crate) handed: Vec<Handed>,
}

impl Parse for WithEmbedded {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let model = if input.peek(Token![struct]) {
            input.parse::<Token![struct]>()?;
            None
        } else {
            Some(input.parse()?)
        };
        let content;
        braced!(content in input);
        let item = item::parse(content.parse()?)?;
        let mut handed = Vec::new();
        while !input.is_empty() {
            handed.push(input.parse()?);
        }
        Ok(Self {
            model,
            item,
            handed,
        })
    }
}

/// The arguments of `#[embedded(...)]`.
#[derive(Debug, Default, FromMeta)]
struct EmbeddedArgs {
    #[darling(rename = "crate")]
    root: Option<Root>,
}

/// The path of tenantry, if that is right.
pub(crate) fn root(item: &Item) -> Path {
    let mut errors = Errors::default();
    let root = arguments(item, &mut errors);
    drop(errors.finish());
    root
}

fn arguments(item: &Item, errors: &mut Errors) -> Path {
    let attributes = match item {
        Item::Struct(item) => &item.attrs[..],
        Item::Enum(item) => &item.attrs[..],
        Item::Union(item) => &item.attrs[..],
        _ => &[],
    };
    let items = args::nested(attributes, "embedded", errors);
    let args: EmbeddedArgs = args::sound(Place::Embedded, &items, errors);
    args.root
        .map_or_else(|| parse_quote!(::tenantry), |root| root.0)
}

/// Reads the struct below `#[derive(Embedded)]`.
///
/// For an item that is no struct with named fields there is only the path of tenantry.
///
/// `known` are the structs that it embeds.
pub(crate) fn parse(
    item: &Item,
    known: &[(&Path, &Handed)],
    errors: &mut Errors,
) -> Result<ModelSpec, Path> {
    let root = arguments(item, errors);
    let Item::Struct(item) = item else {
        errors.at(
            Span::call_site(),
            "`Embedded` is for structs with named fields, each of which is a column\nhelp: for an enum as a column, write `#[derive(Column)]`",
        );
        return Err(root);
    };
    if !matches!(item.fields, Fields::Named(_)) || item.fields.is_empty() {
        errors.on(
            &item.ident,
            format!(
                "the fields of an embedded struct have names, since they are columns, and there is one at least\nhelp: write `struct {} {{ city: String, ... }}`; for a value of one column, `#[derive(Column)]`",
                item.ident.unraw()
            ),
        );
        return Err(root);
    }
    if item.generics.lt_token.is_some() && !item.generics.params.is_empty() {
        errors.on(
            &item.generics,
            "an embedded struct is the same columns wherever it is, so it has no type, lifetime or const parameters\nhelp: take the parameters off, and write a struct for each case",
        );
        return Err(root);
    }
    let fields = embeds::fields(item, known, errors);
    Ok(ModelSpec::embedded(item, root, fields))
}
