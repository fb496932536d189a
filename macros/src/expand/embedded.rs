//! `#[derive(Embedded)]`, and the call by which a model comes to know the fields of such a struct.

use std::hash::{DefaultHasher, Hash, Hasher};

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Fields, Item, ItemStruct, Path, Visibility};

use super::block::in_block;
use super::{checked, field, members, new_row, placement};
use crate::check;
use crate::errors::Errors;
use crate::names;
use crate::parse::embedded;
use crate::parse::embeds::{self, Handed};
use crate::parse::field::Taken;
use crate::parse::item;
use crate::parse::model::{self, ModelSpec};
use crate::parse::placement::Declaration;
use crate::parse::types;
use crate::spans::generics;

/// Expands `#[derive(Embedded)]`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let item = match item::parse(input) {
        Ok(item) => item,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::default();
    let mut spec = embedded::parse(&item, &mut errors);
    if let Some(spec) = spec.as_ref().ok().filter(|_| errors.is_empty()) {
        check::embedded(spec, &mut errors);
    }
    let errors = errors.finish();
    if let (Ok(spec), Some(_)) = (&mut spec, &errors) {
        for field in &mut spec.fields {
            field.ty = types::mended(&field.ty, &spec.ident);
        }
    }
    let generated = match (&spec, &errors) {
        (Ok(spec), None) => whole(spec),
        (Ok(spec), Some(_)) => stand_in(spec),
        (Err(root), _) => unread(root, &item),
    };
    let handing = handing(&item, errors.is_some());
    quote!(#errors #generated #handing)
}

/// The call of the macro of the next struct that a model embeds, if there is one of which nothing is known.
pub(super) fn call(
    declaration: Declaration,
    attribute: &TokenStream,
    item: &Item,
    handed: &[Handed],
) -> Option<TokenStream> {
    let path = *embeds::embedded(item).get(handed.len())?;
    let root = model::root(attribute);
    let declaration = format_ident!("{}", declaration.attribute());
    let handed = handed.iter().map(|handed| match handed {
        Handed::Fields(item) => quote!({ #item }),
        Handed::Rejected => quote!({}),
    });
    Some(quote! {
        #path! {
            [#root::__private::with_embedded]
            #declaration { #attribute }
            { #item }
            #(#handed)*
        }
    })
}

/// The macro that hands on the fields, by the struct's name.
fn handing(item: &Item, is_rejected: bool) -> TokenStream {
    let (ident, vis) = match item {
        Item::Struct(item) => (&item.ident, &item.vis),
        Item::Enum(item) => (&item.ident, &item.vis),
        Item::Union(item) => (&item.ident, &item.vis),
        _ => return TokenStream::new(),
    };
    let fields = match item {
        Item::Struct(item) if !is_rejected => fields(item),
        _ => TokenStream::new(),
    };
    // Exported macros of a crate have one name each, wherever they stand.
    let exported = matches!(vis, Visibility::Public(_)).then(|| quote!(#[macro_export]));
    let name = format_ident!(
        "__embedded_{ident}_{:x}",
        place(item),
        span = Span::call_site()
    );
    quote! {
        #exported
        #[doc(hidden)]
        #[allow(unused_macros, non_local_definitions)]
        macro_rules! #name {
            ([$($then:tt)*] $($model:tt)*) => {
                $($then)*! { $($model)* { #fields } }
            };
        }
        #[doc(hidden)]
        #[allow(unused_imports)]
        #vis use #name as #ident;
    }
}

/// The struct as far as a model has to know it.
fn fields(item: &ItemStruct) -> TokenStream {
    let mut item = item.clone();
    item.attrs.clear();
    if let Fields::Named(fields) = &mut item.fields {
        for field in &mut fields.named {
            let known = ["field", "doc"];
            field
                .attrs
                .retain(|attribute| known.iter().any(|name| attribute.path().is_ident(name)));
        }
    }
    quote!(#item)
}

/// A number that no other struct of the crate has, but one of the same words at the same place.
fn place(item: &Item) -> u64 {
    let mut hasher = DefaultHasher::new();
    quote!(#item).to_string().hash(&mut hasher);
    if proc_macro::is_available() {
        let span = Span::call_site().unwrap();
        (span.file(), span.line(), span.column()).hash(&mut hasher);
    }
    hasher.finish()
}

fn whole(spec: &ModelSpec) -> TokenStream {
    let (ident, new) = (&spec.ident, names::new_row(&spec.ident));
    let runtime = new_row::runtime(spec);
    let new_struct = new_row::structure(spec);
    let methods = new_row::methods(spec, true);
    let debug = new_row::debug(spec);
    let scope = field::scope(spec);
    let short = field::names(spec);
    let declarations = field::declarations(spec);
    let (from, new_field) = (from(spec), new_field(spec));
    let generics = generics(ident);
    let taken = members::taken(spec);
    let written = (0..spec.fields.len()).map(|at| {
        let (param, name) = (field::written(spec, at), checked::name(spec, at));
        quote!(params.push(__rt::in_field(#param, #name)?);)
    });
    let notes = checked::notes(spec);
    let violations = (!notes.is_empty()).then(|| {
        quote! {
            fn violations(&self, fields: &[&'static str]) -> ::std::vec::Vec<__rt::Violation> {
                let mut violations = ::std::vec::Vec::new();
                #(#notes)*
                violations
            }
        }
    });
    let refusal = checked::refusal(spec);
    let undelete = undelete(spec);
    let checks = placement::of_fields(spec);
    let block = in_block(
        spec,
        &quote! {
            #scope
            #short
            #declarations
            #methods
            #debug
            #from
            #new_field

            #[automatically_derived]
            impl #generics __rt::Embedded for #ident {
                type New = #new;

                fn read(row: &mut __rt::RowReader<'_>) -> ::core::result::Result<Self, __rt::DecodeError> {
                    ::core::result::Result::Ok(Self { #taken })
                }

                fn write(
                    &self,
                    fields: &[&'static str],
                    params: &mut ::std::vec::Vec<__rt::Param>,
                ) -> ::core::result::Result<(), __rt::DecodeError> {
                    #(#written)*
                    ::core::result::Result::Ok(())
                }

                fn values(new: Self::New) -> __rt::NewValues {
                    new.values
                }

                #violations
                #refusal
                #undelete
            }

            #checks
        },
    );
    quote!(#runtime #new_struct #block)
}

/// A struct of which all values are given, as one of those to insert.
fn from(spec: &ModelSpec) -> TokenStream {
    let (ident, new) = (&spec.ident, names::new_row(&spec.ident));
    let generics = generics(ident);
    let given = spec.fields.iter().enumerate();
    let given: Vec<_> = given
        .filter(|(_, field)| field.taken() != Taken::Never)
        .map(|(at, field)| (&field.ident, new_row::given(spec, at)))
        .collect();
    let (fields, given): (Vec<_>, Vec<_>) = given.into_iter().unzip();
    let columns = spec.fields.len();
    quote! {
        #[automatically_derived]
        impl #generics ::core::convert::From<#ident> for #new {
            fn from(value: #ident) -> Self {
                let #ident { #(#fields,)* .. } = value;
                Self { values: __rt::NewValues::new(#columns) #(#given)* }
            }
        }
    }
}

/// The implementation that `new!` needs.
fn new_field(spec: &ModelSpec) -> TokenStream {
    let ident = &spec.ident;
    quote! {
        #[automatically_derived]
        impl __rt::NewField for #ident {
            fn give<M: __rt::Model>(self, name: &str, values: __rt::NewValues) -> __rt::NewValues {
                __rt::give_embedded::<M, Self>(self, name, values)
            }
        }
    }
}

/// `Embedded::undelete`, if a field says when the row was deleted.
fn undelete(spec: &ModelSpec) -> Option<TokenStream> {
    let mut fields = spec.fields.iter();
    let field = &fields
        .find(|field| field.args.soft_delete.is_present())?
        .ident;
    Some(quote! {
        fn undelete(&mut self) {
            __rt::empty(&mut self.#field);
        }
    })
}

/// Expansion of a rejected struct, so that nothing but the real error shows.
fn stand_in(spec: &ModelSpec) -> TokenStream {
    let runtime = new_row::runtime(spec);
    let new_struct = new_row::structure(spec);
    let methods = new_row::methods(spec, false);
    let debug = new_row::debug(spec);
    let short = field::names(spec);
    let (ident, new) = (&spec.ident, names::new_row(&spec.ident));
    let (implementation, new_field) = (rejected(&quote!(#ident), &quote!(#new)), new_field(spec));
    let block = in_block(
        spec,
        &quote! {
            #short
            #methods
            #debug
            #implementation
            #new_field

            impl ::core::convert::From<#ident> for #new {
                fn from(_: #ident) -> Self {
                    ::core::unreachable!()
                }
            }
        },
    );
    quote!(#runtime #new_struct #block)
}

/// The same for what has no fields that could be read.
fn unread(root: &Path, item: &Item) -> TokenStream {
    let (ident, generics) = match item {
        Item::Struct(item) => (&item.ident, &item.generics),
        Item::Enum(item) => (&item.ident, &item.generics),
        Item::Union(item) => (&item.ident, &item.generics),
        _ => return TokenStream::new(),
    };
    if !generics.params.is_empty() {
        return TokenStream::new();
    }
    let implementation = rejected(&quote!(#ident), &quote!(#ident));
    quote! {
        const _: () = {
            use #root::__private as __rt;
            #implementation
        };
    }
}

fn rejected(ident: &TokenStream, new: &TokenStream) -> TokenStream {
    quote! {
        impl __rt::Embedded for #ident {
            type New = #new;

            fn read(_: &mut __rt::RowReader<'_>) -> ::core::result::Result<Self, __rt::DecodeError> {
                ::core::unreachable!()
            }

            fn write(
                &self,
                _: &[&'static str],
                _: &mut ::std::vec::Vec<__rt::Param>,
            ) -> ::core::result::Result<(), __rt::DecodeError> {
                ::core::unreachable!()
            }

            fn values(_: Self::New) -> __rt::NewValues {
                ::core::unreachable!()
            }
        }
    }
}
