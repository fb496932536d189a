//! A model's whole expansion.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Item;

use super::block::in_block;
use super::{
    columns, definition, fallback, field, inverse, key, new_row, placement, soft_delete, tenant,
};
use crate::check;
use crate::errors::{Errors, with_help};
use crate::parse::emitted::{emitted, is_open};
use crate::parse::item;
use crate::parse::model::{self, ModelSpec};
use crate::parse::placement::Placement;
use crate::parse::types;

/// Form of a field, for an item that the compiler can read and we can't, such as `f: Fn(u8)`.
const FORM: &str = "a field is written `name: Type`; a trait such as `Fn(u8)` is no type, and a default is written `#[field(default = ...)]`";

/// Expands `#[tenant_model]` and `#[shared_model]`.
pub(crate) fn expand(
    placement: Placement,
    attribute: TokenStream,
    item: &TokenStream,
) -> TokenStream {
    let parsed = match item::parse(item.clone()) {
        Ok(parsed) => parsed,
        Err(error) => {
            let error = with_help(error, FORM).to_compile_error();
            let stand_in = fallback::unread(placement, &attribute, item);
            return quote!(#error #stand_in);
        }
    };
    if is_open(&parsed) {
        return later(placement, &attribute, &parsed);
    }
    let Expansion { errors, generated } = beside(placement, attribute, &parsed);
    let item = emitted(parsed, errors.is_some());
    quote!(#errors #item #generated)
}

/// Has the compiler resolve the conditions of the fields' attributes first, which it does for what is derived.
fn later(placement: Placement, attribute: &TokenStream, item: &Item) -> TokenStream {
    let root = model::root(attribute);
    let placement = format_ident!("{}", placement.attribute());
    quote! {
        #[derive(#root::__private::ConfiguredModel)]
        #[configured(#placement { #attribute })]
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
        placement,
        attribute,
    }) = configured
    else {
        return TokenStream::new();
    };
    let Expansion { errors, generated } = beside(placement, attribute, &parsed);
    quote!(#errors #generated)
}

/// Items that stand beside a struct.
struct Expansion {
    errors: Option<TokenStream>,
    generated: TokenStream,
}

fn beside(placement: Placement, attribute: TokenStream, item: &Item) -> Expansion {
    let mut errors = Errors::default();
    let mut spec = model::parse(placement, attribute, item, &mut errors);
    if let Some(spec) = spec.as_ref().ok().filter(|_| errors.is_empty()) {
        check::model(spec, &mut errors);
    }
    let errors = errors.finish();
    if let (Ok(spec), Some(_)) = (&mut spec, &errors) {
        for field in &mut spec.fields {
            field.ty = types::mended(&field.ty, &spec.ident);
        }
    }
    let generated = match (&spec, &errors) {
        (Ok(spec), None) => whole(spec),
        (Ok(spec), Some(_)) => fallback::model(spec),
        (Err(root), _) => fallback::item(root, placement, item),
    };
    Expansion { errors, generated }
}

/// All that is generated beside the struct.
fn whole(spec: &ModelSpec) -> TokenStream {
    let scope = field::scope(spec);
    let names = field::names(spec);
    let declarations = field::declarations(spec);
    let parts = key::declarations(spec);
    let implementation = definition::implementation(spec);
    let columns = columns::constants(spec);
    let inverse = inverse::constants(spec);
    let new_struct = new_row::structure(spec);
    let new_impls = new_row::implementations(spec);
    let tenant = tenant::implementations(spec);
    let soft_delete = soft_delete::implementation(spec);
    let checks = placement::assertions(spec);
    let ident = &spec.ident;
    let block = in_block(
        spec,
        &quote! {
            #scope
            #names
            #declarations
            #parts
            #implementation
            #columns
            #inverse
            #new_impls
            #tenant
            #soft_delete
            #checks
            __rt::submit! { __rt::Registered(<#ident as __rt::Model>::DEF) }
        },
    );
    quote!(#new_struct #block)
}
