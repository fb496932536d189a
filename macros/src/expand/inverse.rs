//! Relations seen from the referenced model: `Customer::INVOICES`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Index;
use syn::ext::IdentExt;

use crate::parse::model::ModelSpec;
use crate::parse::types;
use crate::spans::{at, generics};

pub(super) fn constants(spec: &ModelSpec) -> TokenStream {
    let ident = &spec.ident;
    let generics = generics(ident);
    let constants = spec
        .fields
        .iter()
        .enumerate()
        .filter_map(|(position, field)| {
            let inverse = field.args.inverse.as_ref()?;
            let target = types::referenced(&field.ty)?;
            // A place of the literal, so that a constant that is there already is told of there.
            let span = Span::call_site().located_at(inverse.span());
            let constant = Ident::new(&inverse.0.to_uppercase(), span);
            let (vis, position) = (at(span, field.vis.to_token_stream()), Index::from(position));
            let constant = quote_spanned! {span=>
                #vis const #constant: __rt::Inverse<#target, #ident> = __rt::Inverse::at(#position);
            };
            let docs = format!(
                " The rows of `{}` that reference a row through `{}`.",
                ident.unraw(),
                field.name()
            );
            Some(quote! {
                #[allow(dead_code, private_interfaces)]
                impl #generics __rt::Same<#target> {
                    #[doc = #docs]
                    #constant
                }
            })
        });
    quote!(#(#constants)*)
}
