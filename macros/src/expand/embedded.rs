//! `#[derive(Embedded)]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Index, Item, Path};

use super::block::in_block;
use super::call::call;
use super::handing::handing;
use super::{checked, field, members, new_row, placement};
use crate::check;
use crate::errors::Errors;
use crate::names;
use crate::parse::embedded;
use crate::parse::embeds::{self, Handed};
use crate::parse::field::{FieldSpec, Taken};
use crate::parse::item;
use crate::parse::literal::Literal;
use crate::parse::members::Member;
use crate::parse::model::ModelSpec;
use crate::parse::types;
use crate::spans::generics;

/// Expands `#[derive(Embedded)]`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    match item::parse(input) {
        Ok(item) => call(None, &item, &[]).unwrap_or_else(|| known(&item, &[])),
        Err(error) => error.to_compile_error(),
    }
}

/// Expands it, once it is known what it embeds.
pub(super) fn known(item: &Item, handed: &[Handed]) -> TokenStream {
    let mut errors = Errors::default();
    let known: Vec<_> = embeds::embedded(item).into_iter().zip(handed).collect();
    let mut spec = embedded::parse(item, &known, &mut errors);
    let sound = spec.as_ref().ok().filter(|spec| spec.unknown.is_empty());
    if let Some(spec) = sound.filter(|_| errors.is_empty()) {
        check::embedded(spec, &mut errors);
    }
    let errors = errors.finish();
    let is_rejected = match &mut spec {
        Ok(spec) if errors.is_some() => {
            for field in &mut spec.fields {
                field.ty = types::mended(&field.ty, &spec.ident);
            }
            true
        }
        Ok(spec) => !spec.unknown.is_empty(),
        Err(_) => true,
    };
    let generated = match &spec {
        Ok(spec) if is_rejected => stand_in(spec),
        Ok(spec) => whole(spec),
        Err(root) => unread(root, item),
    };
    let handing = handing(item, handed, is_rejected);
    quote!(#errors #generated #handing)
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
    let from = from(spec);
    let generics = generics(ident);
    let taken = members::taken(spec);
    let written = spec.members().into_iter().map(|member| match member {
        Member::Column(at) => {
            let (param, name) = (field::written(spec, at), checked::name(spec, at));
            quote!(params.push(__rt::in_field(#param, #name)?);)
        }
        Member::Embedded(embedded) => {
            let (member, ty) = (embedded.member, embedded.ty);
            let names = checked::names(spec, &embedded);
            quote!(<#ty as __rt::Embeds>::write(&self.#member, #names, params)?;)
        }
    });
    let columns = spec.fields.iter().map(FieldSpec::column);
    let facts = (0..spec.fields.len()).map(|at| field::facts(spec, at));
    let defaults = defaults(spec);
    let values = values(spec);
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
            #values

            #[automatically_derived]
            impl #generics __rt::Embedded for #ident {
                type New = #new;
                const COLUMNS: &'static [&'static str] = &[#(#columns),*];

                fn read(row: &mut impl __rt::Cells) -> ::core::result::Result<Self, __rt::DecodeError> {
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

                fn nulls() -> ::std::vec::Vec<__rt::Param> {
                    __rt::list([#(__rt::null(&#facts)),*])
                }

                fn values(new: Self::New) -> __rt::NewValues {
                    new.values
                }

                #defaults
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
    let given = spec
        .members()
        .into_iter()
        .filter_map(|member| match member {
            Member::Column(at) => {
                let field = &spec.fields[at];
                (field.taken() != Taken::Never).then(|| (&field.ident, new_row::given(spec, at)))
            }
            Member::Embedded(embedded) => Some((embedded.member, new_row::embed(&embedded))),
        });
    let (fields, given): (Vec<_>, Vec<_>) = given.unzip();
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

/// How a value is read that is none of a model, and where one that may not be there can be given.
fn values(spec: &ModelSpec) -> TokenStream {
    let (ident, new) = (&spec.ident, names::new_row(&spec.ident));
    let read = read(&ident.to_token_stream(), &ident.unraw().to_string());
    quote! {
        #read

        #[automatically_derived]
        impl __rt::IntoValue<::core::option::Option<#ident>> for #ident {
            fn into_value(self) -> ::core::option::Option<#ident> {
                ::core::option::Option::Some(self)
            }
        }

        #[automatically_derived]
        impl __rt::IntoNew<#ident> for #new {
            fn into_new(self) -> ::core::option::Option<#new> {
                ::core::option::Option::Some(self)
            }
        }

        #[automatically_derived]
        impl __rt::IntoNew<#ident> for ::core::option::Option<#new> {
            fn into_new(self) -> ::core::option::Option<#new> {
                self
            }
        }
    }
}

fn read(ident: &TokenStream, name: &str) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl __rt::FromCells for #ident {
            fn from_cells(cells: &mut impl __rt::Cells) -> ::core::result::Result<Self, __rt::DecodeError> {
                __rt::from_cells(#name, cells)
            }

            fn names_of(field: &'static str, add: __rt::AddName<'_>) {
                __rt::names_of::<Self>(field, add);
            }
        }

        #[automatically_derived]
        impl __rt::FromCellsOrNone for #ident {
            fn or_none(
                cells: &mut impl __rt::Cells,
            ) -> ::core::result::Result<::core::option::Option<Self>, __rt::DecodeError> {
                __rt::or_none(#name, cells)
            }
        }
    }
}

/// `Embedded::with_defaults`, if there are defaults that the program can send.
fn defaults(spec: &ModelSpec) -> Option<TokenStream> {
    let given = spec.fields.iter().enumerate().filter_map(|(at, field)| {
        let default = field.args.default.as_ref()?;
        let text = match default.literal.as_ref()? {
            Literal::Text(text) | Literal::Number(text) => text,
            Literal::Boolean => &default.sql,
        };
        let (facts, name, at) = (field::facts(spec, at), field.name(), Index::from(at));
        Some(quote!(.or(#at, #name, __rt::literal((#facts).sql, #text))))
    });
    let given: Vec<_> = given.collect();
    (!given.is_empty()).then(|| {
        quote! {
            fn with_defaults(values: __rt::NewValues) -> __rt::NewValues {
                values #(#given)*
            }
        }
    })
}

/// `Embedded::undelete`, if a field says when the row was deleted.
fn undelete(spec: &ModelSpec) -> Option<TokenStream> {
    let mut fields = spec.fields.iter();
    let field = fields.find(|field| field.args.soft_delete.is_present())?;
    let empty = if let Some(within) = &field.within {
        let (member, ty) = (&within.member, &within.embedded);
        quote!(<#ty as __rt::Embedded>::undelete(&mut self.#member))
    } else {
        let field = &field.ident;
        quote!(__rt::empty(&mut self.#field))
    };
    Some(quote! {
        fn undelete(&mut self) {
            #empty;
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
    let (implementation, values) = (rejected(&quote!(#ident), &quote!(#new)), values(spec));
    let block = in_block(
        spec,
        &quote! {
            #short
            #methods
            #debug
            #implementation
            #values

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
    let read = read(&quote!(#ident), &ident.to_string());
    quote! {
        const _: () = {
            use #root::__private as __rt;
            #implementation
            #read
        };
    }
}

fn rejected(ident: &TokenStream, new: &TokenStream) -> TokenStream {
    quote! {
        impl __rt::Embedded for #ident {
            type New = #new;
            const COLUMNS: &'static [&'static str] = &[];

            fn read(_: &mut impl __rt::Cells) -> ::core::result::Result<Self, __rt::DecodeError> {
                ::core::unreachable!()
            }

            fn nulls() -> ::std::vec::Vec<__rt::Param> {
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
