//! The input of `#[derive(Row)]`.

use darling::FromMeta;
use darling::util::SpannedValue;
use proc_macro2::Ident;
use syn::{
    Attribute, Data, DeriveInput, Fields, GenericParam, Generics, Path, Type, Visibility,
    parse_quote,
};

use super::args::{self, Root, Text};
use super::docs;
use crate::errors::Errors;
use crate::vocabulary::Place;

/// A struct that is read from a row.
#[derive(Debug)]
pub(crate) struct RowSpec {
    /// The path of tenantry.
    pub(crate) root: Path,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) fields: Vec<RowField>,
}

/// A field, and where it is read from.
#[derive(Debug)]
pub(crate) struct RowField {
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) docs: Vec<Attribute>,
    /// The name of its column in statements that were written by hand, if it has another.
    pub(crate) column: Option<SpannedValue<String>>,
    /// The beginning of the names of its columns there.
    pub(crate) prefix: Option<SpannedValue<String>>,
}

#[derive(Debug, Default, FromMeta)]
struct StructArgs {
    #[darling(rename = "crate")]
    root: Option<Root>,
}

#[derive(Debug, Default, FromMeta)]
struct FieldArgs {
    column: Option<SpannedValue<Text>>,
    prefix: Option<SpannedValue<Text>>,
}

/// Reads a struct; what is wrong goes to `errors`. What is no struct with fields has none here.
pub(crate) fn parse(input: &DeriveInput, errors: &mut Errors) -> RowSpec {
    let items = args::nested(&input.attrs, "row", errors);
    let args: StructArgs = args::sound(Place::Row, &items, errors);
    for parameter in &input.generics.params {
        if let GenericParam::Lifetime(lifetime) = parameter {
            errors.on(
                lifetime,
                "a row owns its values, so it has no lifetimes: the answer that it is read from is gone\nhelp: take `String` for `&str` and `Vec<u8>` for `&[u8]`, and the parameter off",
            );
        }
    }
    RowSpec {
        root: args
            .root
            .map_or_else(|| parse_quote!(::tenantry), |root| root.0),
        vis: input.vis.clone(),
        ident: input.ident.clone(),
        generics: input.generics.clone(),
        fields: fields(input, errors),
    }
}

fn fields(input: &DeriveInput, errors: &mut Errors) -> Vec<RowField> {
    let ident = &input.ident;
    let fields = match &input.data {
        Data::Struct(data) => &data.fields,
        Data::Enum(_) => {
            errors.on(
                ident,
                "an enum is one value and no row\nhelp: derive `Column` for it, and make it the type of a struct's field",
            );
            return Vec::new();
        }
        Data::Union(_) => {
            errors.on(ident, "a union is no row\nhelp: make it a struct");
            return Vec::new();
        }
    };
    match fields {
        Fields::Named(fields) if !fields.named.is_empty() => fields
            .named
            .iter()
            .filter_map(|given| field(given, errors))
            .collect(),
        Fields::Unnamed(fields) if !fields.unnamed.is_empty() => {
            errors.on(
                ident,
                format!(
                    "the fields of a row have names, and those of `{ident}` have none\nhelp: name them, as in `struct {ident} {{ name: String }}`; rows are read into a plain tuple without a derive"
                ),
            );
            Vec::new()
        }
        _ => {
            errors.on(
                ident,
                format!(
                    "`{ident}` has no fields, so there is nothing to read\nhelp: name some, as in `struct {ident} {{ name: String }}`; whether there are rows is told by `exists`, and how many by `count`"
                ),
            );
            Vec::new()
        }
    }
}

fn field(given: &syn::Field, errors: &mut Errors) -> Option<RowField> {
    let items = args::nested(&given.attrs, "row", errors);
    let args: FieldArgs = args::sound(Place::RowField, &items, errors);
    let text = |text: SpannedValue<Text>| text.map_ref(|text| text.0.clone());
    Some(RowField {
        vis: given.vis.clone(),
        ident: given.ident.clone()?,
        ty: given.ty.clone(),
        docs: docs::attributes(&given.attrs),
        column: args.column.map(text),
        prefix: args.prefix.map(text),
    })
}
