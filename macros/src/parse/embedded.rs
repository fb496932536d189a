//! The input of `#[derive(Embedded)]`, and of what the macros of such structs call.

use darling::FromMeta;
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Fields, Item, Path, braced, parse_quote};

use super::args::{self, Root};
use super::embeds::Handed;
use super::field::FieldSpec;
use super::item;
use super::model::{Configured, ModelSpec};
use crate::errors::Errors;
use crate::vocabulary::Place;

/// A model, and what is known of the structs that it embeds so far.
#[derive(Debug)]
pub(crate) struct WithEmbedded {
    pub(crate) model: Configured,
    pub(crate) item: Item,
    pub(crate) handed: Vec<Handed>,
}

impl Parse for WithEmbedded {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let model = input.parse()?;
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

/// Reads the struct below `#[derive(Embedded)]`.
///
/// For an item that is no struct with named fields there is only the path of tenantry.
pub(crate) fn parse(item: &Item, errors: &mut Errors) -> Result<ModelSpec, Path> {
    let attributes = match item {
        Item::Struct(item) => &item.attrs[..],
        Item::Enum(item) => &item.attrs[..],
        Item::Union(item) => &item.attrs[..],
        _ => &[],
    };
    let items = args::nested(attributes, "embedded", errors);
    let args: EmbeddedArgs = args::sound(Place::Embedded, &items, errors);
    let root = args
        .root
        .map_or_else(|| parse_quote!(::tenantry), |root| root.0);
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
    let fields = item
        .fields
        .iter()
        .filter_map(|field| FieldSpec::parse(item, field, errors));
    let fields = fields.collect();
    Ok(ModelSpec::embedded(item, root, fields))
}
