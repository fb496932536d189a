//! The input of `#[derive(Column)]`.

use darling::FromMeta;
use darling::util::SpannedValue;
use proc_macro2::Ident;
use syn::{Attribute, Data, DeriveInput, Fields, GenericParam, Meta, Path, Type, parse_quote};

use super::args::{self, Function, Root, Text, value_span};
use crate::errors::{Errors, unknown};
use crate::names::{self, Case};
use crate::vocabulary::Place;

/// A type whose values are a column's.
#[derive(Debug)]
pub(crate) struct ColumnSpec {
    /// The path of tenantry.
    pub(crate) root: Path,
    pub(crate) ident: Ident,
    pub(crate) shape: Shape,
    /// The function that checks what a newtype wraps.
    pub(crate) check_with: Option<Function>,
}

/// The kind of type.
#[derive(Debug)]
pub(crate) enum Shape {
    /// A struct around one value.
    Newtype { inner: Box<Type> },
    /// An enum without fields.
    Enum {
        variants: Vec<VariantSpec>,
        /// The name of the type of PostgreSQL's that it is; none for a text.
        type_name: Option<SpannedValue<String>>,
    },
}

/// A variant and the text that is stored for it.
#[derive(Debug)]
pub(crate) struct VariantSpec {
    pub(crate) ident: Ident,
    pub(crate) label: SpannedValue<String>,
}

#[derive(Debug, Default, FromMeta)]
struct TypeArgs {
    rename_all: Option<CaseArg>,
    #[darling(rename = "crate")]
    root: Option<Root>,
    check_with: Option<SpannedValue<Function>>,
    enum_type: Option<SpannedValue<Text>>,
}

#[derive(Debug, Default, FromMeta)]
struct VariantArgs {
    rename: Option<SpannedValue<Text>>,
}

#[derive(Debug)]
struct CaseArg(Case);

impl FromMeta for CaseArg {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        let Text(given) = Text::from_meta(item)?;
        let known = Case::ALL.iter().find(|(name, _)| *name == given);
        known.map(|(_, case)| Self(*case)).ok_or_else(|| {
            let names = Case::ALL.map(|(name, _)| name.to_owned());
            darling::Error::custom(unknown("case", &given, &names)).with_span(&value_span(item))
        })
    }
}

/// Reads a type; what is wrong goes to `errors`. For a type that can be no column there is only the path of tenantry.
pub(crate) fn parse(input: &DeriveInput, errors: &mut Errors) -> Result<ColumnSpec, Path> {
    let args: TypeArgs = arguments(Place::Type, &input.attrs, errors);
    if has_parameters(input) {
        errors.on(
            &input.generics,
            "a column's type has no parameters\nhelp: take the parameters off",
        );
    }
    let case = args.rename_all.as_ref().map(|case| case.0);
    let type_name = args.enum_type.as_ref();
    let type_name = type_name.map(|name| name.map_ref(|text| text.0.clone()));
    if let (Some(name), Data::Struct(_)) = (&type_name, &input.data) {
        errors.at(
            name.span(),
            "`enum_type` is for enums, whose variants are the labels of the type\nhelp: remove it",
        );
    }
    let shape = match &input.data {
        Data::Struct(data) => newtype(&input.ident, &data.fields, case, errors),
        Data::Enum(data) => variants(
            &input.ident,
            (data, type_name),
            case.unwrap_or_default(),
            errors,
        ),
        Data::Union(_) => {
            errors.on(&input.ident, "a union can't be a column");
            None
        }
    };
    let root = args
        .root
        .map_or_else(|| parse_quote!(::tenantry), |root| root.0);
    if let (Some(check), Some(Shape::Enum { .. })) = (&args.check_with, &shape) {
        errors.at(
            check.span(),
            "the values of an enum are its variants, and none is refused\nhelp: remove `check_with`",
        );
    }
    match shape {
        Some(shape) => Ok(ColumnSpec {
            root,
            ident: input.ident.clone(),
            shape,
            check_with: args.check_with.map(|check| (*check).clone()),
        }),
        None => Err(root),
    }
}

/// Whether a type has parameters, and nothing else is wrong with it that would be told too.
fn has_parameters(input: &DeriveInput) -> bool {
    let mut parameters = input.generics.params.iter();
    match &input.data {
        Data::Struct(_) | Data::Union(_) => parameters.next().is_some(),
        // Of variants with fields these are told. Without any, rustc tells of a parameter that no field uses.
        Data::Enum(data) => {
            data.variants
                .iter()
                .all(|variant| matches!(variant.fields, Fields::Unit))
                && parameters.clone().next().is_some()
                && parameters.all(|parameter| matches!(parameter, GenericParam::Const(_)))
        }
    }
}

fn newtype(
    ident: &Ident,
    fields: &Fields,
    case: Option<Case>,
    errors: &mut Errors,
) -> Option<Shape> {
    if case.is_some() {
        errors.on(
            ident,
            "`rename_all` is for enums, whose variants have labels",
        );
    }
    for attribute in fields.iter().flat_map(|field| &field.attrs) {
        if attribute.path().is_ident("column") {
            errors.on(
                attribute,
                "the value inside of a newtype has no arguments\nhelp: remove the attribute; arguments of a column stand at the model's field, in `#[field(...)]`",
            );
        }
    }
    match fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Some(Shape::Newtype {
            inner: Box::new(fields.unnamed[0].ty.clone()),
        }),
        _ => {
            errors.on(
                ident,
                format!(
                    "a struct can be a column if it wraps one value, as `struct {ident}(i64);`\nhelp: store `{ident}` as `Json<{ident}>`"
                ),
            );
            None
        }
    }
}

fn variants(
    ident: &Ident,
    (data, type_name): (&syn::DataEnum, Option<SpannedValue<String>>),
    case: Case,
    errors: &mut Errors,
) -> Option<Shape> {
    if data.variants.is_empty() {
        errors.on(ident, "an enum without variants has no values to store");
        return None;
    }
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            errors.on(
                variant,
                format!(
                    "an enum can be a column if its variants have no fields\nhelp: store `{ident}` as `Json<{ident}>`"
                ),
            );
        }
    }
    let variants = data.variants.iter().map(|variant| {
        let args: VariantArgs = arguments(Place::Variant, &variant.attrs, errors);
        let label = args.rename.map_or_else(
            || SpannedValue::new(names::label(&variant.ident, case), variant.ident.span()),
            |rename| rename.map_ref(|text| text.0.clone()),
        );
        VariantSpec {
            ident: variant.ident.clone(),
            label,
        }
    });
    Some(Shape::Enum {
        variants: variants.collect(),
        type_name,
    })
}

/// The arguments of all `#[column(...)]` among some attributes together.
fn arguments<T: FromMeta + Default>(
    place: Place,
    attributes: &[Attribute],
    errors: &mut Errors,
) -> T {
    let items = args::nested(attributes, "column", errors);
    args::sound(place, &items, errors)
}
