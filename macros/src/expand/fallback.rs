//! Expansion of a rejected model, so that nothing but the real error shows.
//!
//! The rest of the program may name the model, its columns and its `New…` struct. They are there, with bodies that
//! never run, since the program does not compile.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Generics, Item, Path, Type, parse_quote};

use super::block::in_block;
use super::{columns, definition, field, new_row};
use crate::check::is_fit;
use crate::check::keys::MOST;
use crate::parse::model::{self, ModelSpec};
use crate::parse::placement::Placement;
use crate::parse::types;

/// The stand-ins for a struct whose fields are known.
pub(super) fn model(spec: &ModelSpec) -> TokenStream {
    let keys = spec.key();
    let fields = keys.iter().filter_map(|&at| spec.fields.get(at));
    let types = fields.map(|field| types::inside_option(&field.ty).unwrap_or(&field.ty));
    let types: Vec<&Type> = types.filter(|ty| is_fit(ty)).take(MOST).collect();
    let key = match &types[..] {
        [alone] => (*alone).clone(),
        [_, _, ..] => parse_quote!((#(#types),*)),
        [] => parse_quote!(i64),
    };
    let implementation = implementation(spec.placement, &spec.ident, &Generics::default(), &key);
    let names = field::names(spec);
    let columns = columns::constants(spec);
    let new_impls = spec.is_table().then(|| {
        let methods = new_row::methods(spec, false);
        let row = new_row::new_row(spec, &quote!(::core::unreachable!()));
        let debug = new_row::debug(spec);
        quote!(#methods #row #debug)
    });
    in_block(spec, &quote!(#names #implementation #columns #new_impls))
}

/// The stand-in for an item that can be no model at all.
pub(super) fn item(root: &Path, placement: Placement, item: &Item) -> TokenStream {
    let (ident, generics) = match item {
        Item::Struct(item) => (&item.ident, &item.generics),
        Item::Enum(item) => (&item.ident, &item.generics),
        Item::Union(item) => (&item.ident, &item.generics),
        _ => return TokenStream::new(),
    };
    let implementation = implementation(placement, ident, generics, &parse_quote!(i64));
    quote! {
        const _: () = {
            use #root::__private as __rt;
            #implementation
        };
    }
}

/// The stand-in for an item that only the compiler can read: its name, without fields.
pub(super) fn unread(
    placement: Placement,
    attribute: &TokenStream,
    item: &TokenStream,
) -> TokenStream {
    let mut tokens = item.clone().into_iter();
    let is_struct = tokens.any(|token| matches!(token, TokenTree::Ident(word) if word == "struct"));
    let Some(TokenTree::Ident(ident)) = tokens.next().filter(|_| is_struct) else {
        return item.clone();
    };
    let Ok(stand_in) = syn::parse2(quote!(pub struct #ident {})) else {
        return item.clone();
    };
    let root = model::root(attribute);
    let implementation = self::item(&root, placement, &stand_in);
    quote!(#[allow(dead_code)] #stand_in #implementation)
}

fn implementation(
    placement: Placement,
    ident: &Ident,
    generics: &Generics,
    key: &Type,
) -> TokenStream {
    let name = ident.unraw().to_string();
    let (marker, kind) = match placement {
        Placement::Shared => (definition::marker(placement), quote!(Shared)),
        Placement::Tenant => (definition::marker(placement), quote!(Tenant)),
    };
    let (parameters, arguments, where_clause) = generics.split_for_impl();
    let predicates = where_clause.map(|clause| &clause.predicates);
    let no_sql = quote!(__rt::FixedSql("", ""));
    quote! {
        impl #parameters __rt::Deletable for #ident #arguments
        where
            Self: ::core::marker::Sized + ::core::marker::Send + ::core::marker::Sync + 'static,
            #predicates
        {}

        impl #parameters __rt::Writable for #ident #arguments
        where
            Self: ::core::marker::Sized + ::core::marker::Send + ::core::marker::Sync + 'static,
            #predicates
        {}

        impl #parameters __rt::Model for #ident #arguments
        where
            Self: ::core::marker::Sized + ::core::marker::Send + ::core::marker::Sync + 'static,
            #predicates
        {
            type Placement = #marker;
            type Key = #key;
            const NAME: &'static str = #name;
            const MODULE: &'static str = ::core::module_path!();
            const TABLE: &'static str = "";
            // Not empty, as it is of keys of several columns: a reference to a rejected model is no second mistake.
            const KEY_COLUMN: &'static str = #name;
            const DEF: &'static __rt::ModelDef = &__rt::ModelDef {
                name: #name,
                module: ::core::module_path!(),
                placement: __rt::PlacementKind::#kind,
                is_tenant: false,
                table: #name,
                was: ::core::option::Option::None,
                comment: ::core::option::Option::None,
                columns: &[],
                key: &[],
                given: &[],
                indexes: &[],
                checks: &[],
                foreign_keys: &[],
                as_strict_as: &[],
                view: ::core::option::Option::None,
                overlay: ::core::option::Option::None,
                statements: __rt::Statements {
                    find: #no_sql,
                    exists: #no_sql,
                    insert: #no_sql,
                    delete: #no_sql,
                },
            };

            fn key(&self) -> Self::Key {
                ::core::unreachable!()
            }

            fn read(_: &mut __rt::RowReader<'_>) -> ::core::result::Result<Self, __rt::DecodeError> {
                ::core::unreachable!()
            }

            fn write(&self) -> ::core::result::Result<::std::vec::Vec<__rt::Param>, __rt::DecodeError> {
                ::core::unreachable!()
            }
        }
    }
}
