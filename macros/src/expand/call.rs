//! The call by which a model comes to know the fields of a struct that it embeds, and what there is where nobody answers.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Item, Path};

use crate::names;
use crate::parse::embedded;
use crate::parse::embeds::{self, Handed};
use crate::parse::model::{self, ModelSpec};
use crate::parse::placement::Declaration;
use crate::spans::{Ends, assertion};

/// The call of the macro of the next struct that a model or struct embeds, if there is one of which nothing is known. A model is declared by its
/// attribute.
pub(super) fn call(
    model: Option<(Declaration, &TokenStream)>,
    item: &Item,
    handed: &[Handed],
) -> Option<TokenStream> {
    let path = embeds::embedded(item).into_iter().nth(handed.len())?;
    let called = |root: Path, what: TokenStream, by: TokenStream| {
        quote! {
            #by! {
                [#root::__private::with_embedded]
                #what
                { #item }
                #(#handed)*
            }
        }
    };
    Some(match model {
        Some((declaration, attribute)) => {
            let declaration = format_ident!("{}", declaration.attribute());
            let by = fields_of(handed.len(), path);
            let what = quote!(#declaration { #attribute });
            or_without(
                path,
                &by,
                &called(model::root(attribute), what, quote!(#by)),
            )
        }
        None => called(embedded::root(item), quote!(struct), quote!(#path)),
    })
}

/// The name that an embedded struct has where nothing but the model's expansion sees it, by its place among them.
fn fields_of(place: usize, path: &Path) -> Ident {
    let last = path.segments.last().expect("a path has a segment");
    format_ident!("__fields_{place}", span = last.ident.span())
}

/// A call of `by!`, which is the macro of a struct's name, or hands on that there is none: a name is looked for as a macro in block after block,
/// and an import that brings a type alone is no macro.
///
/// A struct that embeds others has no such blocks: its own macro has to stand beside it.
fn or_without(path: &Path, by: &Ident, call: &TokenStream) -> TokenStream {
    // A name that there is not is told of where it stands.
    let import = quote_spanned!(by.span()=> use #path as #by;);
    quote! {
        #[allow(non_local_definitions, unused_imports)]
        const _: () = {
            macro_rules! __without {
                ([$($then:tt)*] $($model:tt)*) => {
                    $($then)*! { $($model)* {!} }
                };
            }
            use __without as #by;
            const _: () = {
                #import
                const _: () = {
                    #call
                };
            };
        };
    }
}

/// Assertions that fail where what is embedded hands on no fields: by the type, or by the message that it was named by another name.
pub(super) fn without(spec: &ModelSpec, known: &[(&Path, &Handed)]) -> TokenStream {
    let runtime = names::runtime(&spec.ident);
    let known = known.iter().enumerate();
    let without = known.filter(|(_, (_, handed))| matches!(handed, Handed::Without));
    let assertions = without.map(|(place, (path, _))| {
        let name = path.to_token_stream().to_string().replace(' ', "");
        let ty = fields_of(place, path);
        let verdict = quote!(__rt::embedded_by_name::<#ty>(#name));
        assertion(spec.ident.span(), Ends::of(path), &verdict)
    });
    let assertions: TokenStream = assertions.collect();
    if assertions.is_empty() {
        return assertions;
    }
    quote! {
        const _: () = {
            use #runtime as __rt;
            #assertions
        };
    }
}
