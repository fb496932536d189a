//! The struct that inserts a model's rows: `NewCustomer`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Index;
use syn::ext::IdentExt;

use super::{checked, field};
use crate::names;
use crate::parse::field::Taken;
use crate::parse::model::ModelSpec;
use crate::spans::generics;

/// The name by which all that is generated knows tenantry's internals.
pub(super) fn runtime(spec: &ModelSpec) -> TokenStream {
    let conditions = &spec.conditions;
    let (root, runtime) = (&spec.root, names::runtime(&spec.ident));
    quote! {
        #(#conditions)*
        use #root::__private as #runtime;
    }
}

pub(super) fn structure(spec: &ModelSpec) -> TokenStream {
    let (vis, conditions) = (&spec.vis, &spec.conditions);
    let new = names::new_row(&spec.ident);
    let docs = format!(" A row of `{}` to insert.", &**spec.table);
    let runtime = names::runtime(&spec.ident);
    quote! {
        #(#conditions)*
        #[doc = #docs]
        #[must_use = "a new row is in no table until it is inserted"]
        #[allow(dead_code)]
        #vis struct #new {
            values: #runtime::NewValues,
        }
    }
}

pub(super) fn implementations(spec: &ModelSpec) -> TokenStream {
    let methods = methods(spec, true);
    let row = new_row(spec, &quote!(self.values.finish()));
    let debug = debug(spec);
    quote!(#methods #row #debug)
}

/// `new` with the columns that must be given, and a method for each of the others. Those of a rejected model have no bodies.
pub(super) fn methods(spec: &ModelSpec, bodies: bool) -> TokenStream {
    let vis = &spec.vis;
    let new = names::new_row(&spec.ident);
    let fields = || spec.fields.iter().enumerate();
    let required = fields().filter(|(_, field)| field.taken() == Taken::Required);
    let (names, bounds): (Vec<_>, Vec<_>) = required
        .map(|(position, field)| (&field.ident, field::bound(spec, position)))
        .unzip();
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
    let columns = Index::from(spec.fields.len());
    let initial = fields().filter_map(|(position, field)| match field.taken() {
        Taken::Required => Some(given(spec, position)),
        Taken::OrNull => {
            let none = field::borrowed(spec, position, quote!(::core::option::Option::None));
            Some(with(spec, position, &none))
        }
        Taken::OrFilled | Taken::Never => None,
    });
    let body = if bodies {
        quote!(Self { values: __rt::NewValues::new(#columns) #(#initial)* })
    } else {
        quote!(::core::unreachable!())
    };
    let optional = fields()
        .filter(|(_, field)| matches!(field.taken(), Taken::OrNull | Taken::OrFilled))
        // A method of this name is an error, which is reported elsewhere.
        .filter(|(_, field)| field.ident != "new");
    let setters = optional.map(|(position, _)| setter(spec, position, bodies));
    let generics = generics(&spec.ident);
    let unused = (!bodies).then(|| quote!(#[allow(unused_variables)]));
    quote! {
        #unused
        #[allow(
            dead_code,
            private_bounds,
            private_interfaces,
            clippy::new_without_default,
            clippy::too_many_arguments
        )]
        impl #generics #new {
            #[doc = #docs]
            #vis fn new(#(#names: impl #bounds),*) -> Self {
                #body
            }

            #(#setters)*
        }
    }
}

fn setter(spec: &ModelSpec, position: usize, bodies: bool) -> TokenStream {
    let field = &spec.fields[position];
    let (vis, name, bound) = (&spec.vis, &field.ident, field::bound(spec, position));
    let otherwise = match field.taken() {
        Taken::OrNull => "is null otherwise",
        _ => "the database fills in otherwise",
    };
    let docs = format!(" Sets `{}`, which {otherwise}.", field.name());
    let body = if bodies {
        let with = given(spec, position);
        quote!(Self { values: self.values #with })
    } else {
        quote!(::core::unreachable!())
    };
    quote! {
        #[doc = #docs]
        #vis fn #name(self, #name: impl #bound) -> Self {
            #body
        }
    }
}

/// The call that sets a column to what is given, once that is checked.
fn given(spec: &ModelSpec, position: usize) -> TokenStream {
    let value = field::given(spec, position);
    let spec_of = &spec.fields[position];
    let Some(check) = checked::call(spec_of) else {
        return with(spec, position, &value);
    };
    let (at, name) = (Index::from(position), spec_of.name());
    let to_param = field::to_param(spec, position, &quote!(__value));
    let checked = checked::either(spec_of, "checked");
    quote!(.with(#at, #name, __rt::#checked(#value, |__value| #to_param, #check)))
}

/// The call that sets a column.
fn with(spec: &ModelSpec, position: usize, value: &TokenStream) -> TokenStream {
    let (at, name) = (Index::from(position), spec.fields[position].name());
    let value = field::to_param(spec, position, value);
    quote!(.with(#at, #name, #value))
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
