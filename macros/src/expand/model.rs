//! A model's whole expansion.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::Item;

use super::{columns, definition, fallback, inverse, new_row, placement};
use crate::check;
use crate::errors::Errors;
use crate::parse::model::{self, ModelSpec, Placement};

/// Expands `#[tenant_model]` and `#[shared_model]`.
pub(crate) fn expand(
    placement: Placement,
    attribute: TokenStream,
    item: &TokenStream,
) -> TokenStream {
    let parsed: Item = match syn::parse2(item.clone()) {
        Ok(parsed) => parsed,
        Err(error) => {
            let error = error.to_compile_error();
            return quote!(#error #item);
        }
    };
    let mut errors = Errors::default();
    let spec = model::parse(placement, attribute, &parsed, &mut errors);
    if let Some(spec) = spec.as_ref().ok().filter(|_| errors.is_empty()) {
        check::model(spec, &mut errors);
    }
    let errors = errors.finish();
    let generated = match (&spec, &errors) {
        (Ok(spec), None) => whole(spec),
        (Ok(spec), Some(_)) => fallback::model(spec),
        (Err(root), _) => fallback::item(root, placement, &parsed),
    };
    let item = model::without_helpers(parsed);
    quote!(#errors #item #generated)
}

/// All that is generated beside the struct.
fn whole(spec: &ModelSpec) -> TokenStream {
    let implementation = definition::implementation(spec);
    let columns = columns::constants(spec);
    let inverse = inverse::constants(spec);
    let new_struct = new_row::structure(spec);
    let new_impls = new_row::implementations(spec);
    let checks = placement::assertions(spec);
    let ident = &spec.ident;
    let block = in_block(
        spec,
        &quote! {
            #implementation
            #columns
            #inverse
            #new_impls
            #checks
            __rt::submit! { __rt::Registered(<#ident as __rt::Model>::DEF) }
        },
    );
    quote!(#new_struct #block)
}

/// Puts items into a constant's block, where tenantry's internals have the short name `__rt`.
pub(super) fn in_block(spec: &ModelSpec, items: &TokenStream) -> TokenStream {
    let conditions = &spec.conditions;
    let root = &spec.root;
    quote! {
        #(#conditions)*
        const _: () = {
            use #root::__private as __rt;
            #items
        };
    }
}

/// A raw string literal, which shows SQL as it is.
pub(super) fn sql_literal(sql: &str) -> TokenTree {
    let hashes = if sql.contains("\"#") { "##" } else { "#" };
    if !sql.contains('"') || sql.contains("\"##") {
        return TokenTree::Literal(proc_macro2::Literal::string(sql));
    }
    format!("r{hashes}\"{sql}\"{hashes}")
        .parse::<proc_macro2::Literal>()
        .expect("the text has no such run of hashes behind a quote")
        .into()
}
