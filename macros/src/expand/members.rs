//! Reading and writing the fields of a model's struct, embedded structs as a whole.

use proc_macro2::TokenStream;
use quote::quote;

use super::field;
use crate::parse::members::{Embedded, Member};
use crate::parse::model::ModelSpec;

/// The fields of the struct, read from `row`.
pub(super) fn taken(spec: &ModelSpec) -> TokenStream {
    let members = spec.members().into_iter().map(|member| match member {
        Member::Column(at) => {
            let (name, take) = (&spec.fields[at].ident, field::take(spec, at));
            quote!(#name: #take,)
        }
        Member::Embedded(Embedded { member, ty, .. }) => {
            quote!(#member: <#ty as __rt::Embeds>::read(row)?,)
        }
    });
    members.collect()
}

/// The parameters of all columns of `self`, as a result.
pub(super) fn written(spec: &ModelSpec) -> TokenStream {
    let members = spec.members();
    let is_plain = |member: &Member<'_>| matches!(member, Member::Column(_));
    if members.iter().all(is_plain) {
        let params = (0..spec.fields.len()).map(|at| param(spec, at));
        return quote! {
            ::core::result::Result::Ok(__rt::list([
                #(#params,)*
            ]))
        };
    }
    let columns = spec.fields.len();
    let added = members.iter().map(|member| match member {
        Member::Column(at) => {
            let param = param(spec, *at);
            quote!(params.push(#param);)
        }
        Member::Embedded(embedded) => {
            let (member, ty, names) = (embedded.member, embedded.ty, embedded.names());
            quote!(<#ty as __rt::Embeds>::write(&self.#member, &[#(#names),*], &mut params)?;)
        }
    });
    quote! {
        let mut params = ::std::vec::Vec::with_capacity(#columns);
        #(#added)*
        ::core::result::Result::Ok(params)
    }
}

fn param(spec: &ModelSpec, at: usize) -> TokenStream {
    let (name, param) = (spec.fields[at].name(), field::written(spec, at));
    quote!(__rt::in_field(#param, #name)?)
}
