//! The macro of an embedded struct's name, which hands on the fields.

use std::hash::{DefaultHasher, Hash, Hasher};

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Fields, Item, ItemStruct, Visibility};

use crate::parse::embeds::Handed;

/// The macro that hands on the fields, by the struct's name.
pub(super) fn handing(item: &Item, within: &[Handed], is_rejected: bool) -> TokenStream {
    let (ident, vis) = match item {
        Item::Struct(item) => (&item.ident, &item.vis),
        Item::Enum(item) => (&item.ident, &item.vis),
        Item::Union(item) => (&item.ident, &item.vis),
        _ => return TokenStream::new(),
    };
    let fields = match item {
        Item::Struct(item) if !is_rejected => {
            let fields = fields(item);
            quote!({ #fields } #(#within)*)
        }
        _ => TokenStream::new(),
    };
    // Exported macros of a crate have one name each, wherever they stand.
    let exported = matches!(vis, Visibility::Public(_)).then(|| quote!(#[macro_export]));
    let name = format_ident!(
        "__embedded_{}_{:x}",
        ident.unraw(),
        place(item, ident),
        span = Span::call_site()
    );
    quote! {
        #exported
        #[doc(hidden)]
        #[allow(unused_macros, non_local_definitions)]
        macro_rules! #name {
            ([$($then:tt)*] $($model:tt)*) => {
                $($then)*! { $($model)* { #fields } }
            };
        }
        #[doc(hidden)]
        #[allow(unused_imports)]
        #vis use #name as #ident;
    }
}

/// The struct as far as a model has to know it.
fn fields(item: &ItemStruct) -> TokenStream {
    let mut item = item.clone();
    item.attrs.clear();
    if let Fields::Named(fields) = &mut item.fields {
        for field in &mut fields.named {
            let known = ["field", "doc"];
            field
                .attrs
                .retain(|attribute| known.iter().any(|name| attribute.path().is_ident(name)));
        }
    }
    quote!(#item)
}

/// A number that no other struct of the crate has, but one of the same words at the same place.
///
/// A struct that embeds others is expanded by way of their macros, where it is not the call's place that tells it from others, but its own.
fn place(item: &Item, ident: &Ident) -> u64 {
    let mut hasher = DefaultHasher::new();
    quote!(#item).to_string().hash(&mut hasher);
    if proc_macro::is_available() {
        for span in [Span::call_site(), ident.span()] {
            let span = span.unwrap();
            (span.file(), span.line(), span.column()).hash(&mut hasher);
        }
    }
    hasher.finish()
}
