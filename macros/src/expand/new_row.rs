//! The struct that inserts a model's rows: `NewCustomer`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;

use crate::names;
use crate::parse::field::{FieldSpec, Taken};
use crate::parse::model::ModelSpec;
use crate::spans::of_field;

pub(super) fn structure(spec: &ModelSpec) -> TokenStream {
    let (vis, conditions) = (&spec.vis, &spec.conditions);
    let new = names::new_row(&spec.ident);
    let docs = format!(" A row of `{}` to insert.", &**spec.table);
    let fields = spec.fields.iter().map(|field| {
        let (name, ty) = (&field.ident, &field.ty);
        match field.taken() {
            Taken::Required | Taken::OrNull => quote!(#name: #ty),
            Taken::OrFilled => quote!(#name: ::core::option::Option<#ty>),
        }
    });
    quote! {
        #(#conditions)*
        #[doc = #docs]
        #[must_use = "a new row is in no table until it is inserted"]
        #[allow(dead_code)]
        #vis struct #new {
            #(#fields,)*
        }
    }
}

pub(super) fn implementations(spec: &ModelSpec) -> TokenStream {
    let methods = methods(spec);
    let row = new_row(spec, &into_values(spec));
    let debug = debug(spec);
    quote!(#methods #row #debug)
}

/// `new` with the columns that must be given, and a method for each of the others.
pub(super) fn methods(spec: &ModelSpec) -> TokenStream {
    let vis = &spec.vis;
    let new = names::new_row(&spec.ident);
    let required = spec
        .fields
        .iter()
        .filter(|field| field.taken() == Taken::Required);
    let (names, types): (Vec<_>, Vec<_>) = required.map(|field| (&field.ident, &field.ty)).unzip();
    let docs = match names.len() {
        0 => format!(
            " Makes a row of `{}`; all its columns can be left to the database.",
            &**spec.table
        ),
        _ => format!(
            " Makes a row of `{}` from the columns that have no default.",
            &**spec.table
        ),
    };
    let initial = spec.fields.iter().map(|field| {
        let name = &field.ident;
        match field.taken() {
            Taken::Required => quote!(#name: __rt::IntoValue::into_value(#name)),
            Taken::OrNull | Taken::OrFilled => quote!(#name: ::core::option::Option::None),
        }
    });
    let optional = spec
        .fields
        .iter()
        .filter(|field| field.taken() != Taken::Required)
        // A method of this name is an error, which is reported elsewhere.
        .filter(|field| field.ident != "new");
    let setters = optional.map(|field| setter(spec, field));
    quote! {
        #[allow(
            dead_code,
            private_bounds,
            private_interfaces,
            clippy::new_without_default,
            clippy::too_many_arguments
        )]
        impl #new {
            #[doc = #docs]
            #vis fn new(#(#names: impl __rt::IntoValue<#types>),*) -> Self {
                Self { #(#initial,)* }
            }

            #(#setters)*
        }
    }
}

fn setter(spec: &ModelSpec, field: &FieldSpec) -> TokenStream {
    let (vis, name, ty) = (&spec.vis, &field.ident, &field.ty);
    let (otherwise, value) = match field.taken() {
        Taken::OrNull => (
            "is null otherwise",
            quote!(__rt::IntoValue::into_value(#name)),
        ),
        _ => (
            "the database fills in otherwise",
            quote!(::core::option::Option::Some(__rt::IntoValue::into_value(#name))),
        ),
    };
    let docs = format!(" Sets `{}`, which {otherwise}.", field.name());
    quote! {
        #[doc = #docs]
        #vis fn #name(mut self, #name: impl __rt::IntoValue<#ty>) -> Self {
            self.#name = #value;
            self
        }
    }
}

/// `impl NewRow` with the body of `into_values`.
pub(super) fn new_row(spec: &ModelSpec, body: &TokenStream) -> TokenStream {
    let ident = &spec.ident;
    let new = names::new_row(ident);
    quote! {
        #[automatically_derived]
        impl __rt::NewRow for #new {
            type Model = #ident;

            fn into_values(
                self,
            ) -> ::core::result::Result<
                ::std::vec::Vec<::core::option::Option<__rt::Param>>,
                __rt::DecodeError,
            > {
                #body
            }
        }
    }
}

fn into_values(spec: &ModelSpec) -> TokenStream {
    let values = spec.fields.iter().map(|field| {
        let name = &field.ident;
        let text = field.name();
        let to_param = of_field(&field.ty, "to_param");
        match field.taken() {
            Taken::Required | Taken::OrNull => quote! {
                ::core::option::Option::Some(__rt::in_field(#to_param(&self.#name), #text)?)
            },
            Taken::OrFilled => quote! {
                match &self.#name {
                    ::core::option::Option::Some(value) => {
                        ::core::option::Option::Some(__rt::in_field(#to_param(value), #text)?)
                    }
                    ::core::option::Option::None => ::core::option::Option::None,
                }
            },
        }
    });
    quote!(::core::result::Result::Ok(__rt::list([#(#values,)*])))
}

/// A form for debugging without the values: they may be no one's to see, and need not have one.
pub(super) fn debug(spec: &ModelSpec) -> TokenStream {
    let new = names::new_row(&spec.ident);
    let name = new.unraw().to_string();
    quote! {
        #[automatically_derived]
        impl ::core::fmt::Debug for #new {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                formatter.debug_struct(#name).finish_non_exhaustive()
            }
        }
    }
}
