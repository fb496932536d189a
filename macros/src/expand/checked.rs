//! Checks of the application's own on the values of fields.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Index;
use syn::spanned::Spanned;

use super::field;
use crate::parse::field::FieldSpec;
use crate::parse::model::ModelSpec;
use crate::parse::types;

/// The call of a field's check, if it has one. Through a closure a `&String` can be given to a function of a `&str`.
///
/// A mistake in it is told at the path, and lints know that nobody has written the closure there.
pub(super) fn call(field: &FieldSpec) -> Option<TokenStream> {
    let path = &field.args.check_with.as_ref()?.0;
    let at = Span::call_site().located_at(path.span());
    Some(quote_spanned!(at=> |__value| #path(__value)))
}

/// The name of a function of the runtime, for fields that have a value in any case or only sometimes.
pub(super) fn either(field: &FieldSpec, name: &str) -> Ident {
    match types::inside_option(&field.ty) {
        Some(_) => format_ident!("{name}_if_some"),
        None => format_ident!("{name}"),
    }
}

/// `Model::violations`, if the model has checks.
pub(super) fn violations(spec: &ModelSpec) -> Option<TokenStream> {
    let notes = spec.fields.iter().filter_map(|field| {
        let check = call(field)?;
        let (name, ident, note) = (field.name(), &field.ident, either(field, "note"));
        Some(quote!(__rt::#note(&mut violations, #name, &self.#ident, #check);))
    });
    let notes: Vec<_> = notes.collect();
    (!notes.is_empty()).then(|| {
        quote! {
            fn violations(&self) -> ::std::vec::Vec<__rt::Violation> {
                let mut violations = ::std::vec::Vec::new();
                #(#notes)*
                violations
            }
        }
    })
}

/// `Model::refusal`, if the model has checks: the same for a value of which only the column is known.
pub(super) fn refusal(spec: &ModelSpec) -> Option<TokenStream> {
    let arms = spec.fields.iter().enumerate().filter_map(|(at, of)| {
        let check = call(of)?;
        let (position, refusal) = (Index::from(at), either(of, "refusal"));
        let ty = field::spelled(spec, at);
        Some(quote!(#position => __rt::#refusal(value.downcast_ref::<#ty>()?, #check),))
    });
    let arms: Vec<_> = arms.collect();
    (!arms.is_empty()).then(|| {
        quote! {
            fn refusal(
                field: usize,
                value: &dyn ::core::any::Any,
            ) -> ::core::option::Option<::std::string::String> {
                match field {
                    #(#arms)*
                    _ => ::core::option::Option::None,
                }
            }
        }
    })
}
