//! The one declaration of a field's type, and what depends on it.
//!
//! A type that is wrong, or that there is not, is told of once: what the compiler says of the declaration, of the struct
//! and of the other copies of the type is the same, word by word and at the same place.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Index, Type};

use crate::parse::field::FieldSpec;
use crate::parse::members::Member;
use crate::parse::model::ModelSpec;
use crate::parse::types;
use crate::spans::{Ends, generics};

/// All declarations of a model but those of the structs that it embeds, and that of a key of one field, which is `Model::Key`.
pub(super) fn declarations(spec: &ModelSpec) -> TokenStream {
    let generics = generics(&spec.ident);
    let fields = spec.fields.iter().enumerate();
    let others =
        fields.filter(|(position, field)| !spec.is_key(*position) && field.within.is_none());
    let own = own(spec);
    let declarations = others.map(|(position, _)| {
        let (module, ty) = (module(spec, position), spelled(spec, position));
        let at = Index::from(position);
        quote! {
            impl #generics __rt::hint::#module::Row<#at> for #own {
                type Type = #ty;
            }
        }
    });
    let embedded = spec
        .members()
        .into_iter()
        .filter_map(|member| match member {
            Member::Embedded(embedded) if spec.is_embedded() => {
                let (at, ty) = (Index::from(embedded.first), embedded.of);
                Some(quote! {
                    impl #generics __rt::hint::embedded::Row<#at> for #own {
                        type Type = #ty;
                    }
                })
            }
            _ => None,
        });
    let embedded: TokenStream = embedded.collect();
    // A type of this block, and not the model: the type of a field may be less visible than that.
    let fields = (!spec.is_embedded()).then(|| {
        quote! {
            #[allow(dead_code)]
            struct __Fields;
        }
    });
    quote!(#fields #(#declarations)* #embedded)
}

/// The type that fields are declared of. Those of an embedded struct are known to all models that have it.
fn own(spec: &ModelSpec) -> Ident {
    if spec.is_embedded() {
        spec.ident.clone()
    } else {
        Ident::new("__Fields", Span::call_site())
    }
}

/// The type that a field is declared of, and its position there.
fn declared(spec: &ModelSpec, position: usize) -> (TokenStream, Index) {
    match &spec.fields[position].within {
        Some(within) => {
            let steps = within.steps.iter().map(|&at| Index::from(at));
            let of = within.embedded.to_token_stream();
            let of = steps.fold(
                of,
                |of, at| quote!(<#of as __rt::hint::embedded::Row<#at>>::Type),
            );
            (of, Index::from(within.declared_at))
        }
        None if spec.is_key(position) => (spec.ident.to_token_stream(), Index::from(position)),
        None => (own(spec).to_token_stream(), Index::from(position)),
    }
}

/// The traits that the other functions need in scope.
pub(super) fn scope(spec: &ModelSpec) -> Option<TokenStream> {
    let mut positions = 0..spec.fields.len();
    positions
        .any(|position| is_reference(spec, position))
        .then(|| {
            quote! {
                #[allow(unused_imports)]
                use __rt::hint::reference::Nowhere as _;
            }
        })
}

/// Short names for the types that are a name, perhaps with a path.
///
/// In brackets rustc proposes to make a parameter of a name that there is not. In the struct it stands in none.
pub(super) fn names(spec: &ModelSpec) -> TokenStream {
    let names = spec
        .fields
        .iter()
        .enumerate()
        .filter_map(|(position, field)| {
            let name = alias(position, field)?;
            let ty = &field.ty;
            Some(quote!(type #name = #ty;))
        });
    quote!(#(#names)*)
}

/// The type of a field, for all places beside the struct.
pub(super) fn spelled(spec: &ModelSpec, position: usize) -> TokenStream {
    let field = &spec.fields[position];
    if field.within.is_some() {
        let (module, (of, at)) = (module(spec, position), declared(spec, position));
        let ty = quote!(<#of as __rt::hint::#module::Row<#at>>::Type);
        if !field.is_or_none() || types::inside_option(&field.ty).is_some() {
            return ty;
        }
        // Another name can be that of an `Option`.
        let is_known = is_reference(spec, position) || types::is_plain(&field.ty);
        let inner = if is_known {
            ty
        } else {
            quote!(<#ty as __rt::Field>::Scalar)
        };
        return quote!(::core::option::Option<#inner>);
    }
    alias(position, field).map_or_else(|| field.ty.to_token_stream(), ToTokens::into_token_stream)
}

fn alias(position: usize, field: &FieldSpec) -> Option<Ident> {
    match &field.ty {
        Type::Path(path) if !types::is_plain(&field.ty) && field.within.is_none() => {
            let last = path.path.segments.last()?;
            let is_name = path.qself.is_none() && last.arguments.is_empty();
            is_name.then(|| format_ident!("__F{position}", span = last.ident.span()))
        }
        _ => None,
    }
}

/// The facts that the field's type gives of its column.
pub(super) fn facts(spec: &ModelSpec, position: usize) -> TokenStream {
    if is_reference(spec, position) {
        return here(spec, position, "TYPE", &TokenStream::new());
    }
    let ty = function(spec, position, "ty");
    quote!(#ty())
}

/// Reads the field from `row`.
pub(super) fn take(spec: &ModelSpec, position: usize) -> TokenStream {
    if is_reference(spec, position) {
        return here(spec, position, "take", &quote!((row)?));
    }
    let take = function(spec, position, "take");
    quote!(#take(row)?)
}

/// Makes a parameter of a value of the field's type, which stands behind `&`.
pub(super) fn to_param(spec: &ModelSpec, position: usize, value: &TokenStream) -> TokenStream {
    if is_reference(spec, position) {
        return here(spec, position, "to_param", &quote!((#value)));
    }
    let to_param = function(spec, position, "to_param");
    quote!(#to_param(#value))
}

/// Makes a parameter of the field of `self`.
pub(super) fn written(spec: &ModelSpec, position: usize) -> TokenStream {
    let field = &spec.fields[position].ident;
    if !is_reference(spec, position) {
        return to_param(spec, position, &quote!(&self.#field));
    }
    // Which `self` is meant depends on where the word is from, so it can't be underlined as the type; this name can.
    let row = Ident::new("__row", ends(spec, position).first);
    let value = borrowed(spec, position, quote!(#row.#field));
    let param = to_param(spec, position, &value);
    quote!({
        let #row = self;
        #param
    })
}

/// A function of the runtime that depends on a field's declaration.
fn function(spec: &ModelSpec, position: usize, name: &str) -> TokenStream {
    let module = module(spec, position);
    let name = Ident::new(name, Span::call_site());
    let (of, at) = declared(spec, position);
    quote!(__rt::hint::#module::#name::<#of, #at>)
}

/// The same for a reference: underlined as the reference in the type, where the compiler says what is wrong with it.
fn here(spec: &ModelSpec, position: usize, name: &str, call: &TokenStream) -> TokenStream {
    let (of, at) = declared(spec, position);
    let name = Ident::new(name, Span::call_site());
    let path = quote! {
        <__rt::hint::reference::Here<<#of as __rt::hint::reference::Row<#at>>::Type>>::#name #call
    };
    underlined(spec, position, path)
}

/// Moves an expression, so that each part of it that begins it is underlined as the field's type, without its `Option`.
pub(super) fn underlined(
    spec: &ModelSpec,
    position: usize,
    expression: TokenStream,
) -> TokenStream {
    let ends = ends(spec, position);
    let tokens = expression.into_iter().enumerate().map(|(i, token)| {
        let span = if i == 0 { ends.first } else { ends.last };
        match token {
            TokenTree::Group(group) => {
                let mut moved = Group::new(group.delimiter(), group.stream());
                moved.set_span(span);
                TokenTree::Group(moved)
            }
            mut other => {
                other.set_span(span);
                other
            }
        }
    });
    tokens.collect()
}

/// A reference to a value of the field's type, underlined as that.
pub(super) fn borrowed(spec: &ModelSpec, position: usize, value: TokenStream) -> TokenStream {
    let and = quote_spanned!(ends(spec, position).first=> &);
    let value = underlined(spec, position, value);
    quote!(#and #value)
}

/// The ends of a field's type, without its `Option`.
fn ends(spec: &ModelSpec, position: usize) -> Ends {
    let ty = &spec.fields[position].ty;
    Ends::of(types::inside_option(ty).unwrap_or(ty))
}

pub(super) fn is_reference(spec: &ModelSpec, position: usize) -> bool {
    !spec.is_key(position) && types::referenced(&spec.fields[position].ty).is_some()
}

/// The module of the runtime in which a field is declared.
fn module(spec: &ModelSpec, position: usize) -> Ident {
    let name = if spec.is_key(position) {
        "key"
    } else if is_reference(spec, position) {
        "reference"
    } else if spec.fields[position].is_part {
        "part"
    } else {
        types::hint(&spec.fields[position].ty).unwrap_or("field")
    };
    Ident::new(name, Span::call_site())
}

/// The bound of the argument of a method of the struct for new rows.
pub(super) fn bound(spec: &ModelSpec, position: usize) -> TokenStream {
    let (ends, ty) = (ends(spec, position), spelled(spec, position));
    let head = quote_spanned!(ends.first=> __rt::IntoValue<);
    let tail = quote_spanned!(ends.last=> >);
    quote!(#head #ty #tail)
}

/// A reference to the argument of a method of the struct for new rows, as a value of the field's type.
pub(super) fn given(spec: &ModelSpec, position: usize) -> TokenStream {
    let name = &spec.fields[position].ident;
    borrowed(spec, position, quote!(__rt::IntoValue::into_value(#name)))
}
