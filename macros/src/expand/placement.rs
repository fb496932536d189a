//! Rules that only the compiler can check, since they ask for a field's type: constants that panic at the type.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Index;

use crate::check::kinds::{self, Wanted};
use crate::names;
use crate::parse::field::FieldSpec;
use crate::parse::literal::Literal;
use crate::parse::model::{ModelSpec, Placement};
use crate::spans::{Ends, assertion, of_field};

pub(super) fn assertions(spec: &ModelSpec) -> TokenStream {
    let ident = &spec.ident;
    let strict = spec.as_strict_as.iter().map(|other| {
        assertion(
            Ends::of(other),
            &quote!(__rt::at_least_as_strict::<#ident>(<#other as __rt::Model>::DEF)),
        )
    });
    let shared = spec.placement == Placement::Shared;
    let fields = spec.fields.iter().enumerate().map(|(position, field)| {
        // Any spelling may be an alias, even `String`.
        let reference = shared.then(|| reference(spec, field));
        let bare = (shared && looks_like_an_id(field)).then(|| bare_id(spec, field));
        let fits = fits(field);
        let default = default(spec, position, field);
        quote!(#reference #bare #fits #default)
    });
    quote!(#(#strict)* #(#fields)*)
}

/// A shared model references shared models only.
fn reference(spec: &ModelSpec, field: &FieldSpec) -> TokenStream {
    let (ident, name) = (&spec.ident, field.name());
    let facts = of_field(&field.ty, "TYPE");
    let verdict = quote!(__rt::reference::<#ident>(#name, &#facts));
    assertion(Ends::of(&field.ty), &verdict)
}

/// A shared model holds no id of it is not said what.
fn bare_id(spec: &ModelSpec, field: &FieldSpec) -> TokenStream {
    let (ident, name) = (&spec.ident, field.name());
    let facts = of_field(&field.ty, "TYPE");
    let verdict = quote!(__rt::bare_id::<#ident>(#name, &#facts));
    assertion(Ends::of(&field.ty), &verdict)
}

fn looks_like_an_id(field: &FieldSpec) -> bool {
    names::is_of_ids(&field.name())
        && !field.args.key.is_present()
        && !field.args.not_a_reference.is_present()
}

/// A default that is a literal is one of the column's values.
fn default(spec: &ModelSpec, position: usize, field: &FieldSpec) -> Option<TokenStream> {
    let default = field.args.default.as_ref()?;
    let literal = match default.literal.as_ref()? {
        Literal::Text(text) => quote!(Text(#text)),
        Literal::Number(digits) => quote!(Number(#digits)),
        Literal::Boolean => quote!(Boolean),
    };
    let (ident, position) = (&spec.ident, Index::from(position));
    let verdict = quote! {
        __rt::default(&<#ident as __rt::Model>::DEF.columns[#position], __rt::Literal::#literal)
    };
    Some(assertion(default.ends, &verdict))
}

/// The arguments of a field fit its type, where the type's spelling did not show it.
fn fits(field: &FieldSpec) -> TokenStream {
    let name = field.name();
    let facts = of_field(&field.ty, "TYPE");
    let open = kinds::demands(field).into_iter();
    let assertions = open
        .filter(|demand| kinds::answer(field, demand.wanted).is_none())
        .map(|demand| {
            let argument = demand.argument;
            let wanted = match demand.wanted {
                Wanted::Text => quote!(Text),
                Wanted::Numeric => quote!(Numeric),
                Wanted::Integer => quote!(Integer),
                Wanted::Time => quote!(Time),
                Wanted::ForeignKey => quote!(ForeignKey),
                Wanted::Nullable => quote!(Nullable),
                Wanted::Generated => quote!(Generated),
            };
            let verdict = quote! {
                __rt::fits(#name, #argument, __rt::Wanted::#wanted, &#facts)
            };
            assertion(Ends::of(&field.ty), &verdict)
        });
    quote!(#(#assertions)*)
}
