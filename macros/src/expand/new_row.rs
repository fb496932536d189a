//! The struct that inserts a model's rows: `NewCustomer`.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Index;
use syn::ext::IdentExt;

use super::{checked, field};
use crate::names;
use crate::parse::field::Taken;
use crate::parse::members::{Embedded, Member};
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
    let docs = if spec.is_embedded() {
        format!(
            " Values of [`{}`] to insert, without what the database fills in.",
            spec.ident.unraw()
        )
    } else {
        format!(" A row of `{}` to insert.", &**spec.table)
    };
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
    let (names, bounds): (Vec<_>, Vec<_>) = arguments(spec).into_iter().unzip();
    let what = if spec.is_embedded() {
        format!("Makes values of `{}`", spec.ident.unraw())
    } else {
        format!("Makes a row of `{}`", &**spec.table)
    };
    let docs = match names.len() {
        0 => format!(" {what}; all its columns can be left to the database."),
        _ => format!(" {what} from the columns that have no default."),
    };
    let columns = Index::from(spec.fields.len());
    let initial = initial(spec);
    let body = if bodies {
        quote!(Self { values: __rt::NewValues::new(#columns) #(#initial)* })
    } else {
        quote!(::core::unreachable!())
    };
    // A method of this name, or two of one name, are an error, which is reported elsewhere.
    let mut seen = HashSet::from(["new".to_owned()]);
    let optional = fields()
        .filter(|(_, field)| matches!(field.taken(), Taken::OrNull | Taken::OrFilled))
        // A struct that may not be there is given as a whole.
        .filter(|(_, field)| !field.is_or_none())
        .filter(|(_, field)| seen.insert(field.ident.to_string()));
    let setters = optional.map(|(position, _)| setter(spec, position, bodies));
    let members = spec
        .members()
        .into_iter()
        .filter_map(|member| match member {
            Member::Embedded(embedded) if !is_required(&embedded) => Some(embedded),
            _ => None,
        });
    let members = members.map(|embedded| {
        let body = bodies.then(|| embed(&embedded));
        member_setter(
            spec,
            embedded.member,
            embedded.is_option(),
            &new_embedded(&embedded),
            body,
        )
    });
    let unknown = spec.unknown.iter().filter(|unknown| unknown.is_option);
    let unknown =
        unknown.map(|unknown| member_setter(spec, &unknown.member, true, &anything(), None));
    let members = members.chain(unknown);
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
            #(#members)*
        }
    }
}

/// The arguments of `new`, and what each of them is.
fn arguments(spec: &ModelSpec) -> Vec<(&Ident, TokenStream)> {
    let members = spec
        .members()
        .into_iter()
        .filter_map(|member| match member {
            Member::Column(at) => {
                let field = &spec.fields[at];
                let is_required = field.taken() == Taken::Required;
                is_required.then(|| (at, &field.ident, field::bound(spec, at)))
            }
            Member::Embedded(embedded) => {
                let (first, member) = (embedded.first, embedded.member);
                is_required(&embedded).then(|| (first, member, new_embedded(&embedded)))
            }
        });
    let unknown = spec.unknown.iter().filter(|unknown| !unknown.is_option);
    let unknown = unknown.map(|unknown| (unknown.first, &unknown.member, anything()));
    let mut all: Vec<_> = unknown.chain(members).collect();
    all.sort_by_key(|(first, ..)| *first);
    all.into_iter()
        .map(|(_, name, bound)| (name, bound))
        .collect()
}

/// The bound of what is given for a struct of which nothing is known: no second mistake.
fn anything() -> TokenStream {
    quote!(::core::marker::Sized)
}

/// The calls of `new` that set what is given, and what is null.
fn initial(spec: &ModelSpec) -> Vec<TokenStream> {
    let mut calls = Vec::new();
    for member in spec.members() {
        let columns = match member {
            Member::Embedded(embedded) if is_required(&embedded) => {
                calls.push(embed(&embedded));
                continue;
            }
            Member::Embedded(Embedded { first, fields, .. }) => first..first + fields.len(),
            Member::Column(at) => at..at + 1,
        };
        calls.extend(columns.filter_map(|at| match spec.fields[at].taken() {
            Taken::Required => Some(given(spec, at)),
            Taken::OrNull if spec.fields[at].is_or_none() => {
                let (facts, name) = (field::facts(spec, at), spec.fields[at].name());
                let at = Index::from(at);
                let null = quote!(::core::result::Result::Ok(__rt::null(&#facts)));
                Some(quote!(.with(#at, #name, #null)))
            }
            Taken::OrNull => {
                let none = field::borrowed(spec, at, quote!(::core::option::Option::None));
                Some(with(spec, at, &none))
            }
            Taken::OrFilled | Taken::Never => None,
        }));
    }
    calls
}

/// Whether an embedded struct has a value that must be given.
fn is_required(embedded: &Embedded<'_>) -> bool {
    let mut fields = embedded.fields.iter();
    fields.any(|field| field.taken() == Taken::Required)
}

/// The bound of an embedded struct as an argument: the struct, or one without what the database fills in.
fn new_embedded(embedded: &Embedded<'_>) -> TokenStream {
    let ty = embedded.of;
    if embedded.is_option() {
        return quote!(__rt::IntoNew<#ty>);
    }
    quote!(::core::convert::Into<<#ty as __rt::Embedded>::New>)
}

/// The call that sets the columns of an embedded struct.
pub(super) fn embed(embedded: &Embedded<'_>) -> TokenStream {
    let (member, ty, names) = (embedded.member, embedded.of, embedded.names());
    let first = Index::from(embedded.first);
    if embedded.is_option() {
        return quote! {
            .embed_or_none(
                #first,
                &[#(#names),*],
                __rt::given_or_none::<#ty>(#member),
                <#ty as __rt::Embedded>::nulls(),
            )
        };
    }
    quote! {
        .embed(
            #first,
            &[#(#names),*],
            <#ty as __rt::Embedded>::values(::core::convert::Into::into(#member)),
        )
    }
}

/// The method that sets the columns of an embedded struct, all of which may be left out.
fn member_setter(
    spec: &ModelSpec,
    member: &Ident,
    is_option: bool,
    bound: &TokenStream,
    embed: Option<TokenStream>,
) -> TokenStream {
    let vis = &spec.vis;
    let otherwise = if is_option {
        ", which is `None` otherwise"
    } else {
        ""
    };
    let docs = format!(" Sets the columns of `{}`{otherwise}.", member.unraw());
    let body = embed.map_or_else(
        || quote!(::core::unreachable!()),
        |embed| quote!(Self { values: self.values #embed }),
    );
    quote! {
        #[doc = #docs]
        #vis fn #member(self, #member: impl #bound) -> Self {
            #body
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
pub(super) fn given(spec: &ModelSpec, position: usize) -> TokenStream {
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
