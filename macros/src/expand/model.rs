//! A model's whole expansion.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Item;

use super::block::in_block;
use super::call::{call, without};
use super::{
    columns, definition, embedded, fallback, field, inverse, key, new_row, overlay, placement,
    soft_delete, tenant, view,
};
use crate::check;
use crate::errors::{Errors, with_help};
use crate::parse::embedded::WithEmbedded;
use crate::parse::embeds::{Handed, embedded};
use crate::parse::emitted::{emitted, is_open};
use crate::parse::item;
use crate::parse::model::{self, ModelSpec};
use crate::parse::placement::Declaration;
use crate::parse::types;

/// Form of a field, for an item that the compiler can read and we can't, such as `f: Fn(u8)`.
const FORM: &str = "a field is written `name: Type`; a trait such as `Fn(u8)` is no type, and a default is written `#[field(default = ...)]`";

/// Expands `#[tenant_model]` and `#[shared_model]`, and those of views.
pub(crate) fn expand(
    declaration: Declaration,
    attribute: TokenStream,
    item: &TokenStream,
) -> TokenStream {
    let parsed = match item::parse(item.clone()) {
        Ok(parsed) => parsed,
        Err(error) => {
            let error = with_help(error, FORM).to_compile_error();
            let stand_in = fallback::unread(declaration.placement, &attribute, item);
            return quote!(#error #stand_in);
        }
    };
    if is_open(&parsed) {
        return later(declaration, &attribute, &parsed);
    }
    if let Some(call) = call(Some((declaration, &attribute)), &parsed, &[]) {
        let first = first_alone(declaration, attribute, &parsed);
        let item = emitted(parsed, false);
        return quote!(#item #first #call);
    }
    let Expansion {
        errors,
        first,
        block,
    } = beside(declaration, attribute, &parsed, &[]);
    let item = emitted(parsed, errors.is_some());
    quote!(#errors #item #first #block)
}

/// Expands what the macros of embedded structs call, once all have: what stands beside the struct.
pub(crate) fn expand_with_embedded(input: TokenStream) -> TokenStream {
    let WithEmbedded {
        model,
        item,
        handed,
    } = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let Some(model::Configured {
        declaration,
        attribute,
    }) = model
    else {
        let next = call(None, &item, &handed);
        return next.unwrap_or_else(|| embedded::known(&item, &handed));
    };
    if let Some(call) = call(Some((declaration, &attribute)), &item, &handed) {
        return call;
    }
    let Expansion { errors, block, .. } = beside(declaration, attribute, &item, &handed);
    quote!(#errors #block)
}

/// Has the compiler resolve the conditions of the fields' attributes first, which it does for what is derived.
fn later(declaration: Declaration, attribute: &TokenStream, item: &Item) -> TokenStream {
    let root = model::root(attribute);
    let declaration = format_ident!("{}", declaration.attribute());
    quote! {
        #[derive(#root::__private::ConfiguredModel)]
        #[configured(#declaration { #attribute })]
        #item
    }
}

/// Expands what [`later`] derives.
pub(crate) fn expand_configured(item: TokenStream) -> TokenStream {
    let mut parsed = match item::parse(item) {
        Ok(parsed) => parsed,
        Err(error) => return error.to_compile_error(),
    };
    let Item::Struct(item) = &mut parsed else {
        return TokenStream::new();
    };
    let configured = item
        .attrs
        .extract_if(.., |attribute| attribute.path().is_ident("configured"))
        .find_map(|attribute| attribute.parse_args().ok());
    let Some(model::Configured {
        declaration,
        attribute,
    }) = configured
    else {
        return TokenStream::new();
    };
    if let Some(call) = call(Some((declaration, &attribute)), &parsed, &[]) {
        let first = first_alone(declaration, attribute, &parsed);
        return quote!(#first #call);
    }
    let Expansion {
        errors,
        first,
        block,
    } = beside(declaration, attribute, &parsed, &[]);
    quote!(#errors #first #block)
}

/// The [`first`] items of a model of whose embedded structs nothing is known.
fn first_alone(declaration: Declaration, attribute: TokenStream, item: &Item) -> TokenStream {
    let mut told_later = Errors::default();
    let spec = model::parse(declaration, attribute, item, &[], &mut told_later);
    drop(told_later.finish());
    spec.as_ref().map_or_else(|_| TokenStream::new(), first)
}

/// Items that the rest of the program names. They need nothing of the structs that are embedded, which are known in a block only.
fn first(spec: &ModelSpec) -> TokenStream {
    let runtime = new_row::runtime(spec);
    let new_struct = spec.is_table().then(|| new_row::structure(spec));
    quote!(#runtime #new_struct)
}

/// Items that stand beside a struct.
struct Expansion {
    errors: Option<TokenStream>,
    first: TokenStream,
    block: TokenStream,
}

fn beside(
    declaration: Declaration,
    attribute: TokenStream,
    item: &Item,
    handed: &[Handed],
) -> Expansion {
    let mut errors = Errors::default();
    let known: Vec<_> = embedded(item).into_iter().zip(handed).collect();
    let mut spec = model::parse(declaration, attribute, item, &known, &mut errors);
    let sound = spec.as_ref().ok().filter(|spec| spec.unknown.is_empty());
    if let Some(spec) = sound.filter(|_| errors.is_empty()) {
        check::model(spec, &mut errors);
    }
    let errors = errors.finish();
    if let (Ok(spec), Some(_)) = (&mut spec, &errors) {
        for field in &mut spec.fields {
            field.ty = types::mended(&field.ty, &spec.ident);
        }
    }
    let first = spec.as_ref().map_or_else(|_| TokenStream::new(), first);
    let unanswered = spec.as_ref().ok().map(|spec| without(spec, &known));
    let block = match (&spec, &errors) {
        (Ok(spec), None) if spec.unknown.is_empty() => whole(spec),
        (Ok(spec), _) => fallback::model(spec),
        (Err(root), _) => fallback::item(root, declaration.placement, item),
    };
    Expansion {
        errors,
        first,
        block: quote!(#unanswered #block),
    }
}

/// The block of a model.
fn whole(spec: &ModelSpec) -> TokenStream {
    let scope = field::scope(spec);
    let names = field::names(spec);
    let declarations = field::declarations(spec);
    let parts = key::declarations(spec);
    let implementation = definition::implementation(spec);
    let columns = columns::constants(spec);
    let inverse = inverse::constants(spec);
    let new_impls = spec.is_table().then(|| new_row::implementations(spec));
    let tenant = tenant::implementations(spec);
    let soft_delete = soft_delete::implementation(spec);
    let checks = placement::assertions(spec);
    let read = view::models(spec);
    let overlaid = overlay::models(spec);
    // No migration makes an overlay.
    let registered = spec.overlay.is_none().then(|| {
        let ident = &spec.ident;
        quote!(__rt::submit! { __rt::Registered(<#ident as __rt::Model>::DEF) })
    });
    in_block(
        spec,
        &quote! {
            #scope
            #names
            #read
            #overlaid
            #declarations
            #parts
            #implementation
            #columns
            #inverse
            #new_impls
            #tenant
            #soft_delete
            #checks
            #registered
        },
    )
}
