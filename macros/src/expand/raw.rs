//! `sql!`: a statement as static pieces, with a type that says what it reaches and what it writes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

use super::model::sql_literal;
use crate::check::raw as check;
use crate::errors::Errors;
use crate::names;
use crate::parse::raw::{self, RawInput, RawSpec};
use crate::sql::relations::Relation;

/// Expands `sql!`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let input: RawInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let root = &input.root;
    let rt = quote!(#root::__private);
    let mut errors = Errors::default();
    let spec = raw::parse(&input.statement, &mut errors);
    if let Some(spec) = &spec {
        check::raw(spec, &mut errors);
    }
    match (spec, errors.finish()) {
        (Some(spec), None) => whole(&rt, &spec),
        (_, errors) => quote! {{
            #errors
            #rt::RawSql::<#rt::SharedSchema, #rt::ReadOnly>::new(&[], 0)
        }},
    }
}

fn whole(rt: &TokenStream, spec: &RawSpec) -> TokenStream {
    let pieces = pieces(rt, spec);
    let reach = reach(rt, spec);
    let writes = writes(rt, spec);
    let parameters = check::parameters(spec).len();
    quote! {{
        const PIECES: &[#rt::Piece] = &[#(#pieces),*];
        #rt::RawSql::<#reach, #writes>::new(PIECES, #parameters)
    }}
}

/// The texts and the slots in turn.
fn pieces(rt: &TokenStream, spec: &RawSpec) -> Vec<TokenStream> {
    let texts = spec.texts.iter().map(|text| {
        let text = sql_literal(text);
        Some(quote!(#rt::Piece::Text(#text)))
    });
    let slots = spec.slots.iter().map(|slot| {
        let model = &slot.model;
        match &slot.field {
            None => quote!(#rt::Piece::Table(<#model as #rt::Model>::DEF)),
            Some(field) => {
                let constant = names::constant(field);
                quote!(#rt::Piece::Column(#rt::column_name::<#model, _>(#model::#constant)))
            }
        }
    });
    let slots = slots.map(Some).chain([None]);
    texts
        .zip(slots)
        .flat_map(|(text, slot)| [text, slot])
        .flatten()
        .collect()
}

/// The placement whose scope reaches all models.
fn reach(rt: &TokenStream, spec: &RawSpec) -> TokenStream {
    let mut models: Vec<&Path> = Vec::new();
    for slot in &spec.slots {
        if !models.contains(&&slot.model) {
            models.push(&slot.model);
        }
    }
    models.into_iter().fold(
        quote!(#rt::SharedSchema),
        |reach, model| quote!(<#reach as #rt::With<<#model as #rt::Model>::Placement>>::Reach),
    )
}

/// What is written: nothing, a tenant's rows, or also shared ones.
fn writes(rt: &TokenStream, spec: &RawSpec) -> TokenStream {
    let written = spec.relations.iter().filter_map(|relation| match relation {
        Relation::Slot {
            slot,
            written: true,
        } => spec.slots.get(*slot),
        _ => None,
    });
    written.fold(quote!(#rt::ReadOnly), |writes, slot| {
        let model = &slot.model;
        quote!(<#writes as #rt::AlsoWrites<<#model as #rt::Model>::Placement>>::Writes)
    })
}
