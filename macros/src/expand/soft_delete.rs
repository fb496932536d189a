//! Implementations of models whose deleted rows stay in their tables.

use proc_macro2::TokenStream;
use quote::quote;

use crate::parse::model::ModelSpec;
use crate::spans::generics;

/// Brings a row back by its field.
pub(super) fn implementation(spec: &ModelSpec) -> Option<TokenStream> {
    let mut fields = spec.fields.iter();
    let field = fields.find(|field| field.args.soft_delete.is_present())?;
    let empty = if let Some(within) = &field.within {
        let (member, ty) = (&within.member, &within.embedded);
        quote!(<#ty as __rt::Embedded>::undelete(&mut self.#member))
    } else {
        let field = &field.ident;
        quote!(__rt::empty(&mut self.#field))
    };
    let model = &spec.ident;
    let generics = generics(model);
    Some(quote! {
        #[automatically_derived]
        impl #generics __rt::SoftDelete for #model {
            fn undelete(&mut self) {
                #empty;
            }
        }
    })
}
