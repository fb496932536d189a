//! A model's key: the type of a field, or of several a tuple.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Index;

use super::field;
use crate::parse::model::ModelSpec;
use crate::spans::generics;

/// The type of the key.
pub(super) fn ty(spec: &ModelSpec) -> TokenStream {
    match &spec.key()[..] {
        [] => quote!(__rt::NoKey),
        [alone] => field::spelled(spec, *alone),
        several => {
            let types = several.iter().map(|&at| field::spelled(spec, at));
            quote!((#(#types),*))
        }
    }
}

/// The key of `self`.
pub(super) fn value(spec: &ModelSpec) -> TokenStream {
    let ident = &spec.ident;
    let keys = spec.key();
    if keys.is_empty() {
        return quote!(__rt::NoKey);
    }
    let values = keys.iter().map(|&position| {
        let (at, field) = (Index::from(position), &spec.fields[position].ident);
        if keys.len() == 1 {
            quote!(__rt::hint::key::duplicate::<#ident, #at>(&self.#field))
        } else {
            quote!(__rt::hint::part::duplicate::<__Fields, #at>(&self.#field))
        }
    });
    if keys.len() == 1 {
        return quote!(#(#values)*);
    }
    quote!((#(#values),*))
}

/// The declarations of the types of a key of several fields, beside those of references among them.
pub(super) fn declarations(spec: &ModelSpec) -> TokenStream {
    let generics = generics(&spec.ident);
    let parts = spec
        .key()
        .into_iter()
        .filter(|&at| field::is_reference(spec, at));
    let parts = parts.map(|position| {
        let (at, ty) = (Index::from(position), field::spelled(spec, position));
        quote! {
            impl #generics __rt::hint::part::Row<#at> for __Fields {
                type Type = #ty;
            }
        }
    });
    quote!(#(#parts)*)
}
