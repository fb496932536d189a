//! The query of a view, and the models that it reads.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Path;

use super::literal::sql_literal;
use crate::names;
use crate::parse::model::ModelSpec;
use crate::parse::placement::Placement;
use crate::parse::view::{ViewSlot, ViewSpec};
use crate::spans::{Ends, assertion};

/// Short names for the models that a view reads, and that it can read each of them.
pub(super) fn models(spec: &ModelSpec) -> Option<TokenStream> {
    let view = spec.view.as_ref()?;
    let ident = &spec.ident;
    let models = read(view);
    let aliases = models.iter().map(|model| {
        let alias = alias(view, model);
        // No import: a struct beside it may have the name of one that a glob brings.
        quote!(type #alias = #model;)
    });
    let ends = Ends {
        first: view.span,
        last: view.span,
    };
    let checks = models.iter().map(|model| {
        let alias = alias(view, model);
        let verdict = quote!(__rt::view_reads::<#ident, #alias>());
        assertion(ident.span(), ends, &verdict)
    });
    Some(quote!(#(#aliases)* #(#checks)*))
}

/// `ModelDef::view`.
pub(super) fn query(spec: &ModelSpec) -> TokenStream {
    let Some(view) = &spec.view else {
        return quote!(::core::option::Option::None);
    };
    let texts = view.texts.iter().map(|text| {
        let text = sql_literal(text);
        Some(quote!(__rt::ViewPart::Text(#text)))
    });
    let slots = view.slots.iter().map(|slot| Some(part(view, slot)));
    let parts = texts
        .zip(slots.chain([None]))
        .flat_map(|(text, slot)| [text, slot]);
    let parts = parts.flatten();
    quote! {
        ::core::option::Option::Some(__rt::ViewDef { parts: &[#(#parts),*] })
    }
}

fn part(view: &ViewSpec, slot: &ViewSlot) -> TokenStream {
    match slot {
        ViewSlot::Named(placement, name) => {
            let placement = match placement {
                Placement::Shared => quote!(Shared),
                Placement::Tenant => quote!(Tenant),
            };
            quote!(__rt::ViewPart::Table(__rt::PlacementKind::#placement, #name))
        }
        ViewSlot::Model(slot) => {
            let model = alias(view, &slot.model);
            match &slot.field {
                None => quote_spanned! {view.span=>
                    __rt::ViewPart::Table(
                        <<#model as __rt::Model>::Placement as __rt::Placement>::KIND,
                        <#model as __rt::Model>::TABLE,
                    )
                },
                Some(field) => {
                    let constant = names::constant(field);
                    quote_spanned! {view.span=>
                        __rt::ViewPart::Column(__rt::column_name::<#model, _>(#model::#constant))
                    }
                }
            }
        }
    }
}

/// The models of a query, each once.
fn read(view: &ViewSpec) -> Vec<&Path> {
    let mut models: Vec<&Path> = Vec::new();
    for slot in &view.slots {
        if let ViewSlot::Model(slot) = slot
            && !models.contains(&&slot.model)
        {
            models.push(&slot.model);
        }
    }
    models
}

fn alias(view: &ViewSpec, model: &Path) -> Ident {
    let position = read(view).iter().position(|other| *other == model);
    // The literal's span, so that what is wrong with the model is shown there.
    format_ident!("__V{}", position.unwrap_or_default(), span = view.span)
}
