//! The macros of `tenantry`, re-exported by it.

mod check;
mod errors;
mod expand;
mod names;
mod parse;
mod spans;
mod sql;

use proc_macro::TokenStream;

use parse::model::Placement;

/// Makes a model of a struct, with a table in every tenant's schema.
#[proc_macro_attribute]
pub fn tenant_model(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand::model::expand(Placement::Tenant, attribute.into(), &item.into()).into()
}

/// Makes a model of a struct, with one table in the shared schema.
#[proc_macro_attribute]
pub fn shared_model(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand::model::expand(Placement::Shared, attribute.into(), &item.into()).into()
}

/// Makes a column's value of a newtype, or of an enum without fields.
#[proc_macro_derive(Column, attributes(column))]
pub fn column(input: TokenStream) -> TokenStream {
    expand::column::expand(input.into()).into()
}

/// Checks a statement against the models that it names.
#[proc_macro]
pub fn sql(input: TokenStream) -> TokenStream {
    expand::raw::expand(input.into()).into()
}

/// Lists the models of an application.
#[proc_macro]
pub fn schema(input: TokenStream) -> TokenStream {
    expand::schema::expand(input.into()).into()
}
