//! A struct and its `#[tenant_model(...)]` or `#[shared_model(...)]`, or that of a view.

use std::collections::HashSet;

use darling::FromMeta;
use darling::ast::NestedMeta;
use darling::util::SpannedValue;
use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Fields, Item, ItemStruct, Meta, Path, Token, Visibility, braced, parse_quote,
};

use super::args::{self, Root, Text, Word};
use super::docs;
use super::embeds::{self, Handed, Unknown};
use super::field::FieldSpec;
use super::foreign_key::ForeignKeySpec;
use super::index::{CheckSpec, ExclusionSpec, IndexSpec};
use super::members::{Member, members};
use super::overlay::{self, OverlayArgs, OverlaySpec};
use super::placement::{self, Declaration, Form, Placement};
use super::view::{self, ViewArgs, ViewSpec};
use crate::errors::Errors;
use crate::names;
use crate::vocabulary::Place;

/// A model as written.
#[derive(Debug)]
pub(crate) struct ModelSpec {
    pub(crate) placement: Placement,
    /// The path of tenantry.
    pub(crate) root: Path,
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    /// Attributes that make the struct conditional, to be repeated on all that is generated.
    pub(crate) conditions: Vec<Attribute>,
    pub(crate) comment: Option<String>,
    pub(crate) table: SpannedValue<String>,
    /// The table's former name.
    pub(crate) was: Option<SpannedValue<Text>>,
    pub(crate) fields: Vec<FieldSpec>,
    pub(crate) indexes: Vec<IndexSpec>,
    pub(crate) checks: Vec<CheckSpec>,
    pub(crate) foreign_keys: Vec<ForeignKeySpec>,
    pub(crate) as_strict_as: Vec<Path>,
    /// Where it is said that each row is a tenant.
    pub(crate) tenant: Word,
    kind: Kind,
    /// Fields with structs of which nothing is known, so that the model is a stand-in.
    pub(crate) unknown: Vec<Unknown>,
    /// The query of a view, unless something is wrong with it.
    pub(crate) view: Option<ViewSpec>,
    /// The models of an overlay, unless something is wrong with them.
    pub(crate) overlay: Option<OverlaySpec>,
}

/// Form of a struct whose fields are columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Table,
    View,
    /// No model, but a part of several.
    Embedded,
}

impl ModelSpec {
    /// An embedded struct: its fields, as if they were those of a table without a name.
    pub(super) fn embedded(
        item: &ItemStruct,
        root: Path,
        (fields, unknown): (Vec<FieldSpec>, Vec<Unknown>),
    ) -> Self {
        Self {
            placement: Placement::Tenant,
            root,
            ident: item.ident.clone(),
            vis: item.vis.clone(),
            conditions: Vec::new(),
            comment: None,
            table: SpannedValue::new(String::new(), item.ident.span()),
            was: None,
            fields,
            indexes: Vec::new(),
            checks: Vec::new(),
            foreign_keys: Vec::new(),
            as_strict_as: Vec::new(),
            tenant: Word::default(),
            kind: Kind::Embedded,
            unknown,
            view: None,
            overlay: None,
        }
    }

    /// The fields of the struct.
    pub(crate) fn members(&self) -> Vec<Member<'_>> {
        members(&self.fields)
    }

    /// Whether it is a part of models, and none itself.
    pub(crate) fn is_embedded(&self) -> bool {
        self.kind == Kind::Embedded
    }

    /// The positions of the key's fields, in their order; the best guess if none is marked, and none of a view.
    pub(crate) fn key(&self) -> Vec<usize> {
        let fields = self.fields.iter().enumerate();
        let marked = fields.filter(|(_, field)| field.args.key.is_present());
        let marked: Vec<usize> = marked.map(|(position, _)| position).collect();
        if !marked.is_empty() || self.kind != Kind::Table {
            return marked;
        }
        let named = self.fields.iter().position(|f| f.ident == "id");
        vec![named.unwrap_or_default()]
    }

    /// Whether it has a table of its own, and is no view.
    pub(crate) fn is_table(&self) -> bool {
        self.kind == Kind::Table
    }

    /// The positions of the fields of a foreign key.
    pub(crate) fn positions(&self, key: &ForeignKeySpec) -> Vec<usize> {
        let position = |ident: &Ident| {
            let mut fields = self.fields.iter();
            fields.position(|field| field.ident.unraw() == ident.unraw())
        };
        key.fields.iter().filter_map(position).collect()
    }

    /// Whether the key is that field alone.
    pub(crate) fn is_key(&self, position: usize) -> bool {
        self.key() == [position]
    }
}

/// The arguments of the attribute.
#[derive(Debug, Default, FromMeta)]
struct ModelArgs {
    table: Option<SpannedValue<Text>>,
    was: Option<SpannedValue<Text>>,
    #[darling(multiple)]
    index: Vec<IndexSpec>,
    #[darling(multiple)]
    unique: Vec<IndexSpec>,
    #[darling(multiple)]
    exclude: Vec<ExclusionSpec>,
    #[darling(multiple)]
    check: Vec<CheckSpec>,
    #[darling(multiple)]
    foreign_key: Vec<ForeignKeySpec>,
    #[darling(multiple)]
    as_strict_as: Vec<Paths>,
    tenant: Word,
    #[darling(rename = "crate")]
    root: Option<Root>,
}

/// `as_strict_as(User, billing::Account)`.
#[derive(Debug)]
struct Paths(Vec<Path>);

impl FromMeta for Paths {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        let form = "expected models in parentheses, as in `as_strict_as(User)`";
        let Meta::List(list) = item else {
            return Err(darling::Error::custom(form).with_span(item));
        };
        let paths = list.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)?;
        if paths.is_empty() {
            return Err(darling::Error::custom(form).with_span(item));
        }
        Ok(Self(paths.into_iter().collect()))
    }
}

/// Reads the attribute and the struct below it.
///
/// Each mistake goes to `errors` and counts as not written, so that the rest can be looked at all the same. For an item
/// that is no struct with named fields there is only the path of tenantry. `known` are the structs that it embeds.
pub(crate) fn parse(
    declaration: Declaration,
    attribute: TokenStream,
    item: &Item,
    known: &[(&Path, &Handed)],
    errors: &mut Errors,
) -> Result<ModelSpec, Path> {
    let (args, body) = arguments(declaration, attribute, errors);
    let root = args
        .root
        .map_or_else(|| parse_quote!(::tenantry), |root| root.0);
    let Some(item) = named_struct(declaration, item, errors) else {
        return Err(root);
    };
    placement::check_once(declaration, item, errors);
    if has_a_field_twice(item) {
        // The compiler says so of the struct itself.
        return Err(root);
    }
    let (mut fields, unknown) = embeds::fields(item, known, errors);
    let is_key = |field: &&mut FieldSpec| field.args.key.is_present();
    if fields.iter_mut().filter(is_key).count() > 1 {
        let parts = fields.iter_mut().filter(is_key);
        parts.for_each(|field| field.is_part = true);
    }
    let form = declaration.form;
    for field in fields.iter_mut().filter(|_| form != Form::Table) {
        if field.within.is_some() {
            view::embedded_column(field, form);
        } else {
            view::column(field, form, errors);
        }
    }
    let (view, overlay) = match body {
        Body::Table => (None, None),
        Body::View(sql) => (view::query(sql, item.ident.span(), errors), None),
        Body::Overlay(args) => (None, overlay::models(args, item.ident.span(), errors)),
    };
    let uniques = args.unique.into_iter().map(|index| IndexSpec {
        unique: true,
        ..index
    });
    let conditions = item.attrs.iter().filter(|a| a.path().is_ident("cfg"));
    Ok(ModelSpec {
        placement: declaration.placement,
        root,
        ident: item.ident.clone(),
        vis: item.vis.clone(),
        conditions: conditions.cloned().collect(),
        comment: docs::comment(&item.attrs),
        table: args.table.map_or_else(
            || SpannedValue::new(names::table(&item.ident), item.ident.span()),
            |table| table.map_ref(|name| name.0.clone()),
        ),
        was: args.was,
        fields,
        indexes: uniques
            .chain(args.index)
            .chain(args.exclude.into_iter().map(|exclusion| exclusion.0))
            .collect(),
        checks: args.check,
        foreign_keys: args.foreign_key,
        as_strict_as: args
            .as_strict_as
            .into_iter()
            .flat_map(|paths| paths.0)
            .collect(),
        tenant: args.tenant,
        kind: match form {
            Form::Table => Kind::Table,
            Form::View | Form::Overlay => Kind::View,
        },
        unknown,
        view,
        overlay,
    })
}

/// Where the rows come from, as far as the attribute says it.
enum Body {
    Table,
    View(Option<SpannedValue<Text>>),
    Overlay(OverlayArgs),
}

/// The arguments of the attribute, those of a view as if it were a table, and where the rows come from.
fn arguments(
    declaration: Declaration,
    attribute: TokenStream,
    errors: &mut Errors,
) -> (ModelArgs, Body) {
    let items = match NestedMeta::parse_meta_list(attribute) {
        // The compiler says of that form itself that attributes have none.
        Ok(items) if is_key_value(&items) => Vec::new(),
        Ok(items) => items,
        Err(error) => {
            errors.syntax(error);
            let unread = SpannedValue::new(Text(String::new()), Span::call_site());
            return (ModelArgs::default(), Body::View(Some(unread)));
        }
    };
    let (table, root, body) = match declaration.form {
        Form::Table => return (args::sound(Place::Model, &items, errors), Body::Table),
        Form::View => {
            let args: ViewArgs = args::sound(Place::View, &items, errors);
            (args.name, args.root, Body::View(args.sql))
        }
        Form::Overlay => {
            let mut args: OverlayArgs = args::sound(Place::Overlay, &items, errors);
            (None, args.root.take(), Body::Overlay(args))
        }
    };
    let args = ModelArgs {
        table,
        root,
        ..ModelArgs::default()
    };
    (args, body)
}

/// Whether the attribute is written as `#[tenant_model = "..."]`.
fn is_key_value(items: &[NestedMeta]) -> bool {
    matches!(items, [NestedMeta::Lit(_)])
        && Span::call_site()
            .source_text()
            .and_then(|text| text.chars().find(|c| ['=', '(', '{'].contains(c)))
            == Some('=')
}

fn has_a_field_twice(item: &ItemStruct) -> bool {
    let mut seen = HashSet::new();
    let mut names = item.fields.iter().filter_map(|field| field.ident.as_ref());
    names.any(|name| !seen.insert(name.unraw()))
}

/// Attribute for the derive that reads a struct whose attributes are conditional: `tenant_model { table = "people" }`.
#[derive(Debug)]
pub(crate) struct Configured {
    pub(crate) declaration: Declaration,
    pub(crate) attribute: TokenStream,
}

impl Parse for Configured {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let path: Path = input.parse()?;
        let declaration =
            Declaration::of(&path).ok_or_else(|| input.error("expected a model's attribute"))?;
        let content;
        braced!(content in input);
        Ok(Self {
            declaration,
            attribute: content.parse()?,
        })
    }
}

/// The path of tenantry in a model's arguments, which are checked elsewhere.
pub(crate) fn root(attribute: &TokenStream) -> Path {
    let items = NestedMeta::parse_meta_list(attribute.clone()).unwrap_or_default();
    let given = items.iter().find_map(|item| match item {
        NestedMeta::Meta(meta) if meta.path().is_ident("crate") => Root::from_meta(meta).ok(),
        _ => None,
    });
    given.map_or_else(|| parse_quote!(::tenantry), |root| root.0)
}

/// The item as a struct with named fields and without parameters.
fn named_struct<'a>(
    declaration: Declaration,
    item: &'a Item,
    errors: &mut Errors,
) -> Option<&'a ItemStruct> {
    let attribute = declaration.attribute();
    let Item::Struct(item) = item else {
        errors.on(
            item,
            format!("`#[{attribute}]` is for structs with named fields\nhelp: for an enum as a column, write `#[derive(Column)]`"),
        );
        return None;
    };
    if !matches!(item.fields, Fields::Named(_)) {
        errors.on(
            &item.ident,
            format!(
                "a model's fields have names, since they are columns\nhelp: write `struct {} {{ #[field(key)] id: i64, ... }}`",
                item.ident
            ),
        );
        return None;
    }
    if item.generics.lt_token.is_some() && !item.generics.params.is_empty() {
        errors.on(
            &item.generics,
            "a model is one table, so it has no type, lifetime or const parameters\nhelp: take the parameters off, and write a model for each table",
        );
        return None;
    }
    Some(item)
}
