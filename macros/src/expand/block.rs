//! The block that an expansion stands in.

use proc_macro2::TokenStream;
use quote::quote;

use crate::parse::model::ModelSpec;

/// Puts items into a constant's block, where tenantry's internals have the short name `__rt`.
///
/// The types of fields are written down there again: what is to be said of them by lints is said at the struct.
pub(super) fn in_block(spec: &ModelSpec, items: &TokenStream) -> TokenStream {
    let conditions = &spec.conditions;
    let root = &spec.root;
    quote! {
        #(#conditions)*
        #[allow(deprecated, unused_qualifications)]
        const _: () = {
            use #root::__private as __rt;
            #items
        };
    }
}
