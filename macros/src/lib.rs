//! The macros of `tenantry`, re-exported by it.
//!
//! Depend on `tenantry`, not on this crate: what the macros expand to names the runtime of the same version. Each macro is
//! documented where `tenantry` re-exports it, because the examples need the runtime.
//!
//! Each macro goes the same way: `parse` reads tokens into plain descriptions with spans, `check` holds them against the
//! rules, `sql` builds or looks at SQL, and `expand` writes the code. Errors are collected on the way; an input with
//! errors still expands to what the rest of the program may name, so that no other errors follow from them.

#![allow(
    missing_docs,
    reason = "the macros are documented where they are re-exported"
)]

mod check;
mod errors;
mod expand;
mod names;
mod parse;
mod spans;
mod sql;
mod vocabulary;

use proc_macro::TokenStream;

use parse::placement::{Declaration, Placement};

#[proc_macro_attribute]
pub fn tenant_model(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let table = Declaration::table(Placement::Tenant);
    expand::model::expand(table, attribute.into(), &item.into()).into()
}

#[proc_macro_attribute]
pub fn shared_model(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let table = Declaration::table(Placement::Shared);
    expand::model::expand(table, attribute.into(), &item.into()).into()
}

#[proc_macro_attribute]
pub fn tenant_view(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let view = Declaration::view(Placement::Tenant);
    expand::model::expand(view, attribute.into(), &item.into()).into()
}

#[proc_macro_attribute]
pub fn shared_view(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let view = Declaration::view(Placement::Shared);
    expand::model::expand(view, attribute.into(), &item.into()).into()
}

#[proc_macro_attribute]
pub fn tenant_overlay(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand::model::expand(Declaration::OVERLAY, attribute.into(), &item.into()).into()
}

/// Reads a model whose fields have conditional attributes, which the compiler resolves before it derives.
#[doc(hidden)]
#[proc_macro_derive(ConfiguredModel, attributes(field, configured))]
pub fn configured_model(item: TokenStream) -> TokenStream {
    expand::model::expand_configured(item.into()).into()
}

/// Goes on with a model that embeds structs, once the macro of one of them has handed on its fields.
#[doc(hidden)]
#[proc_macro]
pub fn with_embedded(input: TokenStream) -> TokenStream {
    expand::model::expand_with_embedded(input.into()).into()
}

#[proc_macro_derive(Embedded, attributes(field, embedded))]
pub fn embedded(item: TokenStream) -> TokenStream {
    expand::embedded::expand(item.into()).into()
}

#[proc_macro_derive(Column, attributes(column))]
pub fn column(input: TokenStream) -> TokenStream {
    expand::column::expand(input.into()).into()
}

#[proc_macro_derive(Row, attributes(row))]
pub fn row(input: TokenStream) -> TokenStream {
    expand::row::expand(input.into()).into()
}

#[proc_macro]
pub fn sql(input: TokenStream) -> TokenStream {
    expand::raw::expand(input.into()).into()
}

#[proc_macro]
pub fn new(input: TokenStream) -> TokenStream {
    expand::new::expand(input.into()).into()
}

#[proc_macro]
pub fn schema(input: TokenStream) -> TokenStream {
    expand::schema::expand(input.into()).into()
}
