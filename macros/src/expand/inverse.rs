//! Relations seen from the referenced model: `Customer::INVOICES`.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Index;
use syn::ext::IdentExt;

use crate::parse::model::ModelSpec;
use crate::parse::types;

pub(super) fn constants(spec: &ModelSpec) -> TokenStream {
    let ident = &spec.ident;
    let constants = spec.fields.iter().enumerate().filter_map(|(position, field)| {
        let inverse = field.args.inverse.as_ref()?;
        let target = types::referenced(&field.ty)?;
        let constant = Ident::new(&inverse.0.to_uppercase(), inverse.span());
        let (vis, position) = (&field.vis, Index::from(position));
        let docs = format!(
            " The rows of `{}` that reference a row through `{}`.",
            ident.unraw(),
            field.name()
        );
        Some(quote! {
            #[allow(dead_code, private_interfaces)]
            impl #target {
                #[doc = #docs]
                #vis const #constant: __rt::Inverse<#target, #ident> = __rt::Inverse::at(#position);
            }
        })
    });
    quote!(#(#constants)*)
}
