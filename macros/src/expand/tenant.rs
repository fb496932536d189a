//! Implementations that depend on whether the rows of a model are the tenants.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Index;

use super::field;
use crate::names;
use crate::parse::model::ModelSpec;
use crate::spans::generics;

/// Only rows that are no tenants are deleted by themselves; a new row of the others creates its tenant.
pub(super) fn implementations(spec: &ModelSpec) -> TokenStream {
    let ident = &spec.ident;
    let generics = generics(ident);
    let writable = spec.is_table().then(|| {
        quote! {
            #[automatically_derived]
            impl #generics __rt::Writable for #ident {}
        }
    });
    if !spec.tenant.is_present() {
        // Of a view too: that it is not written is told by what it lacks.
        return quote! {
            #[automatically_derived]
            impl #generics __rt::Deletable for #ident {}
            #writable
        };
    }
    let new = names::new_row(ident);
    // It has one column, as a rule of its own says.
    let key = spec.key()[0];
    let at = Index::from(key);
    let key = field::underlined(
        spec,
        key,
        quote!(__rt::tenant_row::<<#ident as __rt::Model>::Key>),
    );
    quote! {
        #writable

        const _: fn() = #key;

        #[automatically_derived]
        impl #generics __rt::TenantRow for #ident {}

        #[automatically_derived]
        impl ::core::convert::From<#new> for __rt::NewTenant {
            fn from(row: #new) -> Self {
                __rt::NewTenant::of_row(row.values.given(#at).cloned().as_ref(), row)
            }
        }

        #[automatically_derived]
        impl __rt::ToCreate for #new {}
    }
}
