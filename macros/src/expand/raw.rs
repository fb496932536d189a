//! `sql!`: a statement as static pieces, with a type that says what it reaches and what it writes.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Path;

use super::literal::sql_literal;
use crate::check::raw as check;
use crate::errors::Errors;
use crate::names;
use crate::parse::raw::{self, RawInput, RawSpec};
use crate::spans::at;
use crate::sql::effect::Effect;
use crate::sql::relations::Relation;

/// Expands `sql!`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let input: RawInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let root = &input.root;
    // What is wrong with the statement is shown at its literal, whatever part of the expansion notices it.
    let rt = at(input.statement.span(), quote!(#root::__private));
    let mut errors = Errors::default();
    let spec = raw::parse(&input, &mut errors);
    if let Some(spec) = &spec {
        check::raw(spec, &mut errors);
    }
    match (spec, errors.finish()) {
        (Some(spec), None) => whole(&rt, &spec),
        (_, errors) => quote! {{
            #errors
            #rt::RawSql::<#rt::SharedSchema, #rt::ReadOnly, #rt::Uncounted>::new(&[], #rt::Effect::Reads)
        }},
    }
}

fn whole(rt: &TokenStream, spec: &RawSpec) -> TokenStream {
    let models = Models::of(spec);
    let aliases = models.aliases();
    let pieces = pieces(rt, spec, &models);
    let reach = reach(rt, spec, &models);
    let writes = writes(rt, spec, &models);
    let named = named(rt, spec, &models);
    let written = written(rt, spec, &models);
    let parameters = parameters(rt, spec);
    let effect = match spec.effect {
        Effect::Reads => quote!(Reads),
        Effect::Writes => quote!(Writes),
        Effect::Unknown => quote!(Unknown),
    };
    let statement = quote_spanned! {spec.span=>
        #rt::RawSql::<#reach, #writes, #parameters>::new(PIECES, #rt::Effect::#effect)
    };
    quote! {{
        #aliases
        #named
        #written
        const PIECES: &[#rt::Piece] = &[#(#pieces),*];
        #statement
    }}
}

/// The models of a statement, each once and by a short name: so that one that does not exist is one error.
struct Models<'a> {
    models: Vec<&'a Path>,
    span: Span,
}

impl<'a> Models<'a> {
    fn of(spec: &'a RawSpec) -> Self {
        let mut models: Vec<&Path> = Vec::new();
        for slot in &spec.slots {
            if !models.contains(&&slot.model) {
                models.push(&slot.model);
            }
        }
        Self {
            models,
            span: spec.span,
        }
    }

    fn aliases(&self) -> TokenStream {
        let aliases = self.models.iter().map(|model| {
            let alias = self.alias(model);
            quote!(use #model as #alias;)
        });
        quote!(#(#aliases)*)
    }

    fn alias(&self, model: &Path) -> Ident {
        let position = self.models.iter().position(|other| *other == model);
        // The literal's span, so that what is wrong with the model is shown there.
        format_ident!("__M{}", position.unwrap_or_default(), span = self.span)
    }
}

/// The texts and the slots in turn.
fn pieces(rt: &TokenStream, spec: &RawSpec, models: &Models<'_>) -> Vec<TokenStream> {
    let texts = spec.texts.iter().map(|text| {
        let text = sql_literal(text);
        Some(quote!(#rt::Piece::Text(#text)))
    });
    let slots = spec.slots.iter().map(|slot| {
        let model = models.alias(&slot.model);
        match &slot.field {
            None => quote_spanned!(spec.span=> #rt::Piece::Table(<#model as #rt::Model>::DEF)),
            Some(field) => {
                let constant = names::constant(field);
                quote_spanned! {spec.span=>
                    #rt::Piece::Column(#rt::column_name::<#model, _>(#model::#constant))
                }
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
fn reach(rt: &TokenStream, spec: &RawSpec, models: &Models<'_>) -> TokenStream {
    let mut reach = quote!(#rt::SharedSchema);
    for model in &models.models {
        let model = models.alias(model);
        reach = quote_spanned! {spec.span=>
            <#reach as #rt::Placement>::With<<#model as #rt::Model>::Placement>
        };
    }
    reach
}

/// The parameters, as a type that counts them.
fn parameters(rt: &TokenStream, spec: &RawSpec) -> TokenStream {
    let parameters = check::parameters(spec).into_iter();
    parameters.fold(quote!(()), |rest, _| quote!(#rt::Parameter<#rest>))
}

/// The slots of the tables that are written.
fn written_slots(spec: &RawSpec) -> impl Iterator<Item = &raw::Slot> {
    spec.relations.iter().filter_map(|relation| match relation {
        Relation::Slot {
            slot,
            written: true,
        } => spec.slots.get(*slot),
        _ => None,
    })
}

/// Each model that is written is a table.
fn written(rt: &TokenStream, spec: &RawSpec, models: &Models<'_>) -> TokenStream {
    let checks = written_slots(spec).map(|slot| {
        let model = models.alias(&slot.model);
        holds(
            rt,
            spec,
            &quote_spanned!(spec.span=> #rt::written::<#model>()),
        )
    });
    checks.collect()
}

/// Each model is in the database.
fn named(rt: &TokenStream, spec: &RawSpec, models: &Models<'_>) -> TokenStream {
    let checks = models.models.iter().map(|model| {
        let model = models.alias(model);
        holds(
            rt,
            spec,
            &quote_spanned!(spec.span=> #rt::overlay_named(<#model as #rt::Model>::DEF)),
        )
    });
    checks.collect()
}

/// A constant that fails with what is wrong.
fn holds(rt: &TokenStream, spec: &RawSpec, verdict: &TokenStream) -> TokenStream {
    let fail = quote_spanned!(spec.span=> #rt::fail);
    quote! {
        const _: () = if let ::core::result::Result::Err(message) = #verdict {
            #fail(&message)
        };
    }
}

/// Placement of the rows that are written: none, a tenant's, or also the shared one.
fn writes(rt: &TokenStream, spec: &RawSpec, models: &Models<'_>) -> TokenStream {
    written_slots(spec).fold(quote!(#rt::ReadOnly), |writes, slot| {
        let model = models.alias(&slot.model);
        quote_spanned! {spec.span=>
            <#writes as #rt::AlsoWrites<<#model as #rt::Model>::Placement>>::Writes
        }
    })
}
