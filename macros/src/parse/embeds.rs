//! Fields with `#[field(embed)]`: the structs that a model embeds, and their fields as columns of the model.
//!
//! A model's attribute sees its own tokens only. So the derive of such a struct makes a `macro_rules!` of its name too, which hands on the
//! fields, and a model that embeds the struct expands by way of it.

use darling::ast::NestedMeta;
use darling::util::SpannedValue;
use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, Ident, Item, ItemStruct, Path, Token, Type, braced};

use super::args::Text;
use super::field::{FieldArgs, FieldSpec, Within};
use super::{item, types};
use crate::errors::Errors;
use crate::names;
use crate::sql::renamed::renamed;
use crate::sql::strict::is_null_of_nulls;

/// Content that the macro of an embedded struct hands on.
#[derive(Debug)]
pub(crate) enum Handed {
    /// The struct, and what those hand on that it embeds, in their order.
    Fields(Box<ItemStruct>, Vec<Self>),
    /// Nothing, since the struct is wrong, of which its own derive tells.
    Rejected,
    /// Nothing, since it is no embedded struct, or another name of one.
    Without,
}

/// A field with a struct of which nothing is known.
#[derive(Debug)]
pub(crate) struct Unknown {
    pub(crate) member: Ident,
    /// The position that its first column would have.
    pub(crate) first: usize,
    pub(crate) is_option: bool,
}

/// The structs that a model embeds, each once, by the paths that are written.
pub(crate) fn embedded(item: &Item) -> Vec<&Path> {
    match item {
        Item::Struct(item) => within(item),
        _ => Vec::new(),
    }
}

/// The same for a struct. One that embeds itself has no end, of which the compiler tells.
fn within(item: &ItemStruct) -> Vec<&Path> {
    let mut paths = Vec::new();
    for field in item.fields.iter().filter(|field| is_embed(&field.attrs)) {
        if let Some(path) = path(&field.ty)
            && !types::is_struct_itself(&field.ty, &item.ident)
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

/// The path of a type that can be an embedded struct, or an `Option` of one: a macro is called so, too.
fn path(ty: &Type) -> Option<&Path> {
    match types::inside_option(ty).unwrap_or(ty) {
        inner if types::is_plain(inner) => None,
        Type::Path(path) if path.qself.is_none() => {
            let segments = path.path.segments.iter();
            let mut plain = segments.map(|segment| segment.arguments.is_none());
            plain.all(|plain| plain).then_some(&path.path)
        }
        _ => None,
    }
}

/// The columns of a struct's fields. What is wrong with the fields goes to `errors`.
///
/// There are none of a struct of which nothing is known, which is told elsewhere.
pub(super) fn fields(
    item: &ItemStruct,
    known: &[(&Path, &Handed)],
    errors: &mut Errors,
) -> (Vec<FieldSpec>, Vec<Unknown>) {
    let (mut fields, mut unknown) = (Vec::new(), Vec::new());
    for field in &item.fields {
        match FieldSpec::parse(item, field, errors) {
            Some(field) if field.args.embed.is_present() => match columns(&field, known, errors) {
                Some(columns) => fields.extend(columns),
                None => unknown.push(Unknown {
                    member: field.ident,
                    first: fields.len(),
                    is_option: types::inside_option(&field.ty).is_some(),
                }),
            },
            field => fields.extend(field),
        }
    }
    (fields, unknown)
}

/// The columns of a field with `embed`: those of its struct. What is wrong with the field goes to `errors`.
fn columns(
    member: &FieldSpec,
    known: &[(&Path, &Handed)],
    errors: &mut Errors,
) -> Option<Vec<FieldSpec>> {
    check_alone(member, errors);
    let prefix = prefix(member, errors);
    let Some(path) = path(&member.ty) else {
        errors.on(
            &member.ty,
            "`embed` is for a struct with `#[derive(Embedded)]`, or an `Option` of one, which the type names without more\nhelp: write the struct's name, or remove `embed`",
        );
        return Some(Vec::new());
    };
    let (_, handed) = known.iter().find(|(known, _)| *known == path)?;
    let (item, handed) = match handed {
        Handed::Fields(item, handed) => (item, handed),
        Handed::Rejected | Handed::Without => return None,
    };
    // Names and texts stand at the model's field: there a model is told what is wrong with what it embeds.
    let at = Ident::new("_", path.span()).span();
    let item: ItemStruct = syn::parse2(moved(quote!(#item), at)).ok()?;
    let known: Vec<_> = within(&item).into_iter().zip(handed).collect();
    // The struct's derive has told of its fields.
    let mut told = Errors::default();
    let (fields, unknown) = fields(&item, &known, &mut told);
    drop(told.finish());
    if !unknown.is_empty() {
        return None;
    }
    if types::inside_option(&member.ty).is_some() {
        check_or_none(member, &fields, errors);
    }
    let names = fields.iter().map(FieldSpec::column);
    let names: Vec<(String, String)> = names
        .map(|name| (name.clone(), format!("{prefix}{name}")))
        .collect();
    let mut first = 0;
    let mut inside: Option<Ident> = None;
    let columns = fields.into_iter().enumerate().map(|(at, field)| {
        let of = field.within.as_ref().map(|within| within.member.clone());
        if of != inside {
            (first, inside) = (at, of);
        }
        let mut field = column(member, field, (at, first), &prefix);
        let is_or_none = field.is_or_none();
        let args = &mut field.args;
        for sql in [&mut args.check, &mut args.generated].into_iter().flatten() {
            let text = renamed(&sql.0, &names);
            *sql = sql.map_ref(|_| Text(text));
        }
        let all: Vec<&str> = names.iter().map(|(_, name)| &**name).collect();
        if let Some(check) = args.check.as_mut().filter(|_| is_or_none)
            && !is_null_of_nulls(&check.0, &all)
        {
            let all: Vec<_> = all.iter().map(|name| format!("\"{name}\"")).collect();
            let text = format!("num_nonnulls({}) = 0 OR ({})", all.join(", "), check.0);
            *check = check.map_ref(|_| Text(text));
        }
        field
    });
    Some(columns.collect())
}

/// A field of an embedded struct, as a field of the model. It has a position among all columns of the struct, and those of the struct that it is
/// in there begin at one.
fn column(
    member: &FieldSpec,
    field: FieldSpec,
    (at, first): (usize, usize),
    prefix: &str,
) -> FieldSpec {
    let span = member.ident.span();
    let name = format!("{prefix}{}", field.name());
    let ident = match syn::parse_str::<Ident>(&name) {
        Ok(_) => Ident::new(&name, span),
        Err(_) if prefix.is_empty() => Ident::new_raw(&name, span),
        Err(_) => Ident::new(&format!("{name}_"), span),
    };
    let place = field.ident.span();
    let prefixed = |text: String| SpannedValue::new(Text(format!("{prefix}{text}")), place);
    let column = field.column();
    let embedded = types::inside_option(&member.ty);
    let within = Within {
        member: member.ident.clone(),
        ty: member.ty.clone(),
        embedded: embedded.unwrap_or(&member.ty).clone(),
        field: field.path(),
        at,
        steps: field
            .within
            .as_ref()
            .map_or_else(Vec::new, |inner| [&[first], &inner.steps[..]].concat()),
        declared_at: field.within.as_ref().map_or(at, |inner| inner.declared_at),
        or_none: embedded.is_some() || field.is_or_none(),
        or_none_inside: field.is_or_none(),
        sends_default: embedded.is_some() && field.args.default.is_some(),
    };
    let mut args = FieldArgs {
        column: (column != field.name()).then(|| prefixed(column)),
        was: field.args.was.map(|was| prefixed(was.0.clone())),
        ..field.args
    };
    if within.or_none {
        // The database would fill it in where there is no struct, too. So the program does where there is one.
        args.default = None;
    }
    FieldSpec {
        ident,
        vis: member.vis.clone(),
        args,
        within: Some(within),
        ..field
    }
}

/// A struct that may not be there has nothing that the database fills in.
fn check_or_none(member: &FieldSpec, fields: &[FieldSpec], errors: &mut Errors) {
    let told = fields.iter().find_map(|field| {
        let args = &field.args;
        let default = args.default.as_ref();
        let what = if args.version.is_present() {
            "`version`"
        } else if args.soft_delete.is_present() {
            "`soft_delete`"
        } else if args.auto_now.is_present() {
            "`auto_now`"
        } else if args.auto_now_add.is_present() {
            "`auto_now_add`"
        } else if args.generated.is_some() {
            "`generated`"
        } else if default.is_some_and(|default| default.literal.is_none()) {
            "a default in SQL"
        } else {
            return None;
        };
        Some((field, what))
    });
    if let Some((field, what)) = told {
        errors.on(
            &member.ty,
            format!(
                "`{}` has {what}, which the database fills in where the `Option` is `None`, too\nhelp: take the `Option` off, or `{}` out of the struct",
                field.path(),
                field.path()
            ),
        );
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
        if content.peek(Token![!]) {
            content.parse::<Token![!]>()?;
            return Ok(Self::Without);
        }
        let fields;
        braced!(fields in content);
        let Item::Struct(item) = item::parse(fields.parse()?)? else {
            return Err(content.error("expected a struct"));
        };
        let mut within = Vec::new();
        while !content.is_empty() {
            within.push(content.parse()?);
        }
        Ok(Self::Fields(Box::new(item), within))
    }
}

impl ToTokens for Handed {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Fields(item, within) => quote!({ { #item } #(#within)* }),
            Self::Rejected => quote!({}),
            Self::Without => quote!({!}),
        });
    }
}
