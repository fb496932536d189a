//! A model's key: the type of a field, or of several a tuple.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Index;

use super::field;
use crate::parse::model::ModelSpec;

/// The type of the key.
pub(super) fn ty(spec: &ModelSpec) -> TokenStream {
    match &spec.key()[..] {
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
    let fields = keys.iter().map(|&at| &spec.fields[at].ident);
    if let [alone] = keys[..] {
        let at = Index::from(alone);
        return quote!(__rt::hint::key::duplicate::<#ident, #at>(#(&self.#fields)*));
    }
    quote!(__rt::hint::key::gather::<#ident>((#(&self.#fields),*)))
}
