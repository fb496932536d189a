//! Checks of the application's own on the values of fields.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Index;
use syn::spanned::Spanned;

use super::field;
use crate::parse::field::FieldSpec;
use crate::parse::members::{Embedded, Member};
use crate::parse::model::ModelSpec;
use crate::parse::types;

/// The call of a field's check, if it has one. That of an embedded struct's field is the struct's. Through a closure a `&String` can be given to a function of a `&str`.
///
/// A mistake in it is told at the path, and lints know that nobody has written the closure there.
pub(super) fn call(field: &FieldSpec) -> Option<TokenStream> {
    let path = &field.args.check_with.as_ref()?.0;
    if let Some(within) = &field.within {
        let (ty, at) = (&within.embedded, Index::from(within.at));
        return Some(quote!(|__value| __rt::within::<#ty, _>(#at, __value)));
    }
    let at = Span::call_site().located_at(path.span());
    Some(quote_spanned!(at=> |__value| #path(__value)))
}

/// The name of a function of the runtime, for fields that have a value in any case or only sometimes.
pub(super) fn either(field: &FieldSpec, name: &str) -> Ident {
    match types::inside_option(&field.ty) {
        Some(_) if field.within.is_none() => format_ident!("{name}_if_some"),
        _ => format_ident!("{name}"),
    }
}

/// `Model::violations`, if the model has checks.
pub(super) fn violations(spec: &ModelSpec) -> Option<TokenStream> {
    let notes = notes(spec);
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

/// Statements that note what checks say of the fields of `self`.
pub(super) fn notes(spec: &ModelSpec) -> Vec<TokenStream> {
    let notes = spec
        .members()
        .into_iter()
        .filter_map(|member| match member {
            Member::Column(at) => {
                let field = &spec.fields[at];
                let check = call(field)?;
                let (ident, note) = (&field.ident, either(field, "note"));
                let name = name(spec, at);
                Some(quote!(__rt::#note(&mut violations, #name, &self.#ident, #check);))
            }
            Member::Embedded(embedded) => {
                let mut fields = embedded.fields.iter();
                if !fields.any(|field| field.args.check_with.is_some()) {
                    return None;
                }
                let (member, ty, names) = (embedded.member, embedded.ty, names(spec, &embedded));
                Some(quote! {
                    violations.extend(<#ty as __rt::Embeds>::violations(&self.#member, #names));
                })
            }
        });
    notes.collect()
}

/// The names of an embedded struct's fields, as the errors have them.
pub(super) fn names(spec: &ModelSpec, embedded: &Embedded<'_>) -> TokenStream {
    if spec.is_embedded() {
        let ends = [embedded.first, embedded.first + embedded.fields.len()];
        let [first, end] = ends.map(Index::from);
        return quote!(&fields[#first..#end]);
    }
    let names = embedded.names();
    quote!(&[#(#names),*])
}

/// The name of a field, as the errors have it. That of an embedded struct's depends on the model.
pub(super) fn name(spec: &ModelSpec, at: usize) -> TokenStream {
    if spec.is_embedded() {
        let at = Index::from(at);
        return quote!(fields[#at]);
    }
    let name = spec.fields[at].name();
    quote!(#name)
}

/// `Model::refusal`, if the model has checks: the same for a value of which only the column is known.
pub(super) fn refusal(spec: &ModelSpec) -> Option<TokenStream> {
    let arms = spec.fields.iter().enumerate().filter_map(|(at, of)| {
        let position = Index::from(at);
        if let (Some(within), Some(_)) = (&of.within, &of.args.check_with) {
            let (ty, at) = (&within.embedded, Index::from(within.at));
            return Some(quote!(#position => <#ty as __rt::Embedded>::refusal(#at, value),));
        }
        let check = call(of)?;
        let refusal = either(of, "refusal");
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
