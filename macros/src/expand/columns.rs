//! A constant for each column: `Customer::EMAIL`.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Index;
use syn::ext::IdentExt;

use super::field;
use crate::names;
use crate::parse::members::{Embedded, Member};
use crate::parse::model::ModelSpec;
use crate::spans::generics;

pub(super) fn constants(spec: &ModelSpec) -> TokenStream {
    let ident = &spec.ident;
    let table = &**spec.table;
    let generics = generics(ident);
    // Fields that share a constant are an error, which is reported elsewhere.
    let mut seen = HashSet::new();
    let constants: Vec<_> = spec
        .fields
        .iter()
        .enumerate()
        .filter_map(|(position, field)| {
            let constant = names::constant(&field.ident);
            if !seen.insert(constant.clone()) {
                return None;
            }
            let ty = field::spelled(spec, position);
            let at = Index::from(position);
            let column = field::underlined(spec, position, quote!(__rt::Column::at(#at)));
            let (vis, docs) = (&field.vis, &field.docs);
            let usual = format!(" The column `{}` of `{table}`.", field.column());
            let docs = if docs.is_empty() {
                quote!(#[doc = #usual])
            } else {
                quote!(#(#docs)*)
            };
            // Found by the field's name, in the documentation and by the compiler when somebody writes that.
            let name = field.name();
            let alias = (constant != name).then(|| quote!(#[doc(alias = #name)]));
            Some(quote! {
                #docs
                #alias
                #vis const #constant: __rt::Column<#ident, #ty> = #column;
            })
        })
        .collect();
    let parts = spec
        .members()
        .into_iter()
        .filter_map(|member| match member {
            Member::Embedded(embedded) if seen.insert(names::constant(embedded.member)) => {
                part(ident, table, &embedded)
            }
            _ => None,
        });
    quote! {
        #[allow(dead_code, private_interfaces)]
        impl #generics #ident {
            #(#constants)*
            #(#parts)*
        }
    }
}

/// The constant of an embedded struct as a whole. A column of its name is an error, which is reported elsewhere.
fn part(ident: &Ident, table: &str, embedded: &Embedded<'_>) -> Option<TokenStream> {
    let (vis, at) = (&embedded.fields.first()?.vis, Index::from(embedded.first));
    let (member, ty) = (embedded.member, embedded.ty);
    let (constant, name) = (names::constant(member), member.unraw().to_string());
    let docs = format!(" The columns of `{name}` in `{table}`, as a whole.");
    let alias = (constant != name).then(|| quote!(#[doc(alias = #name)]));
    Some(quote! {
        #[doc = #docs]
        #alias
        #vis const #constant: __rt::Embedding<#ident, #ty> = __rt::Embedding::at(#at);
    })
}
