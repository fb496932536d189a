//! `#[derive(Row)]`: structs that rows are read into, and the struct that selects their fields.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{DeriveInput, GenericParam, Generics, Index, parse_quote};

use crate::check;
use crate::errors::Errors;
use crate::names;
use crate::parse::row::{self, RowField, RowSpec};

/// Expands the derive.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::default();
    let spec = row::parse(&input, &mut errors);
    check::row(&spec, &mut errors);
    let errors = errors.finish();
    let items = match errors {
        None => {
            let (read, select) = (from_row(&spec), selection(&spec));
            quote!(#read #select)
        }
        Some(_) => stand_in(&spec),
    };
    let (root, selector) = (&spec.root, selector(&spec));
    quote! {
        #errors
        #selector
        #[allow(deprecated, unused_qualifications)]
        const _: () = {
            use #root::__private as __rt;
            #items
        };
    }
}

/// The struct whose fields are what is selected for those of the row.
fn selector(spec: &RowSpec) -> Option<TokenStream> {
    if spec.fields.is_empty() {
        return None;
    }
    let (vis, select) = (&spec.vis, names::selector(&spec.ident));
    let parameters: Vec<_> = (0..spec.fields.len())
        .map(|position| format_ident!("T{position}"))
        .collect();
    let fields = spec.fields.iter().zip(&parameters);
    let fields = fields.map(|(field, parameter)| {
        let RowField { vis, ident, .. } = field;
        let docs = if field.docs.is_empty() {
            let text = format!(" Selection for `{}`.", ident.unraw());
            quote!(#[doc = #text])
        } else {
            let docs = &field.docs;
            quote!(#(#docs)*)
        };
        quote!(#docs #vis #ident: #parameter)
    });
    let docs = format!(
        " Columns and expressions from which a query gives [`{}`].",
        spec.ident.unraw()
    );
    Some(quote! {
        #[doc = #docs]
        #[derive(Debug, Clone, Copy)]
        #[must_use = "a selection does nothing until it is given to `select`"]
        #[allow(dead_code)]
        #vis struct #select<#(#parameters),*> {
            #(#fields,)*
        }
    })
}

/// How a row is read.
fn from_row(spec: &RowSpec) -> TokenStream {
    let (ident, name) = (&spec.ident, spec.ident.unraw().to_string());
    let generics = bounded(spec);
    let (parameters, arguments, conditions) = generics.split_for_impl();
    let declared = spec.fields.iter().enumerate().map(|(position, field)| {
        let (ty, at) = (&field.ty, Index::from(position));
        quote! {
            #[automatically_derived]
            impl #parameters __rt::RowField<#at> for #ident #arguments #conditions {
                type Type = #ty;
            }
        }
    });
    let columns = spec.fields.iter().enumerate().map(|(position, field)| {
        let at = Index::from(position);
        let column = field
            .column
            .as_ref()
            .map_or_else(|| field.ident.unraw().to_string(), |name| (**name).clone());
        let add = quote!(__rt::add_columns::<Self, #at>);
        if let Some(prefix) = field.prefix.as_deref() {
            quote!(names.prefixed(#prefix, |names| #add(#column, names));)
        } else {
            quote!(#add(#column, names);)
        }
    });
    let fields = spec.fields.iter().enumerate().map(|(position, field)| {
        let (ident, at) = (&field.ident, Index::from(position));
        let name = field.ident.unraw().to_string();
        quote!(#ident: fields.field::<Self, #at>(#name)?)
    });
    quote! {
        #(#declared)*

        #[automatically_derived]
        impl #parameters __rt::FromRow for #ident #arguments #conditions {
            fn from_row(
                reader: &mut __rt::RowReader<'_>,
                context: &__rt::Context,
            ) -> ::core::result::Result<Self, __rt::DecodeError> {
                __rt::RowFields::read(
                    (reader, context),
                    #name,
                    |names| Self::columns_of("", names),
                    |fields| ::core::result::Result::Ok(Self { #(#fields,)* }),
                )
            }

            fn columns_of(_: &'static str, names: &mut __rt::ColumnNames) {
                #(#columns)*
            }
        }
    }
}

/// The struct's parameters, with what their use in fields needs.
fn bounded(spec: &RowSpec) -> Generics {
    let mut generics = spec.generics.clone();
    if !generics.params.is_empty() {
        let conditions = generics.make_where_clause();
        for field in &spec.fields {
            let ty = &field.ty;
            conditions.predicates.push(parse_quote!(#ty: __rt::FromRow));
        }
    }
    generics
}

/// How its values are selected.
fn selection(spec: &RowSpec) -> TokenStream {
    let (ident, select) = (&spec.ident, names::selector(&spec.ident));
    let names: Vec<_> = spec.fields.iter().map(|field| &field.ident).collect();
    let each: Vec<Ident> = (0..spec.fields.len())
        .map(|position| format_ident!("__S{position}"))
        .collect();
    let mut generics = bounded(spec);
    let is_generic = !generics.params.is_empty();
    generics.params.push(parse_quote!(__M: __rt::Model));
    let parameters = each.iter().map(|s| -> GenericParam { parse_quote!(#s) });
    generics.params.extend(parameters);
    let conditions = generics.make_where_clause();
    for (field, s) in spec.fields.iter().zip(&each) {
        let ty = &field.ty;
        // A parameter of the struct has to follow from what is selected.
        conditions.predicates.push(if is_generic {
            parse_quote!(#s: __rt::Selection<__M, Out = #ty>)
        } else {
            parse_quote!(#s: __rt::Gives<__M, #ty>)
        });
    }
    let (_, arguments, _) = spec.generics.split_for_impl();
    let (parameters, _, conditions) = generics.split_for_impl();
    let reach = each.iter().rfold(
        quote!(__rt::SharedSchema),
        |rest, s| quote!(<<#s as __rt::Selection<__M>>::Reach as __rt::Placement>::With<#rest>),
    );
    let kind = each.iter().rfold(
        quote!(__rt::Constant),
        |rest, s| quote!(<<#s as __rt::Selection<__M>>::Kind as __rt::Kind>::With<#rest>),
    );
    quote! {
        #[automatically_derived]
        impl #parameters __rt::Selection<__M> for #select<#(#each),*> #conditions {
            type Out = #ident #arguments;
            type Reach = #reach;
            type Kind = #kind;
            type Keys = #select<#(<#each as __rt::Selection<__M>>::Keys),*>;

            fn add_to(self, selected: &mut __rt::Selected) {
                #(<#each as __rt::Selection<__M>>::add_to(self.#names, selected);)*
            }

            fn keys(selected: &mut __rt::Selected) -> Self::Keys {
                #select {
                    #(#names: <#each as __rt::Selection<__M>>::keys(selected),)*
                }
            }
        }
    }
}

/// Expansion of a rejected struct, so that nothing but the real error shows.
fn stand_in(spec: &RowSpec) -> TokenStream {
    let ident = &spec.ident;
    let (parameters, arguments, conditions) = spec.generics.split_for_impl();
    quote! {
        impl #parameters __rt::FromRow for #ident #arguments #conditions {
            fn from_row(
                _: &mut __rt::RowReader<'_>,
                _: &__rt::Context,
            ) -> ::core::result::Result<Self, __rt::DecodeError> {
                ::core::unreachable!()
            }

            fn columns_of(_: &'static str, _: &mut __rt::ColumnNames) {}
        }
    }
}
