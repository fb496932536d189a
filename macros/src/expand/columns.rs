//! A constant for each column: `Customer::EMAIL`.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::Index;

use crate::names;
use crate::parse::model::ModelSpec;

pub(super) fn constants(spec: &ModelSpec) -> TokenStream {
    let ident = &spec.ident;
    let table = &**spec.table;
    // Fields that share a constant are an error, which is reported elsewhere.
    let mut seen = HashSet::new();
    let constants = spec
        .fields
        .iter()
        .enumerate()
        .filter_map(|(position, field)| {
            let constant = names::constant(&field.ident);
            if !seen.insert(constant.clone()) {
                return None;
            }
            let position = Index::from(position);
            let (vis, ty, docs) = (&field.vis, &field.ty, &field.docs);
            let usual = format!(" The column `{}` of `{table}`.", field.column());
            let docs = if docs.is_empty() {
                quote!(#[doc = #usual])
            } else {
                quote!(#(#docs)*)
            };
            Some(quote! {
                #docs
                #vis const #constant: __rt::Column<#ident, #ty> = __rt::Column::at(#position);
            })
        });
    quote! {
        #[allow(dead_code, private_interfaces)]
        impl #ident {
            #(#constants)*
        }
    }
}
