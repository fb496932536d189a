//! The block that an expansion stands in.

use proc_macro2::TokenStream;
use quote::quote;

use crate::names;
use crate::parse::model::ModelSpec;

/// Puts items into a constant's block, where tenantry's internals have the short name `__rt`. It stands beside the struct
/// for new rows, which names them first.
///
/// The types of fields are written down there again: what is to be said of them by lints is said at the struct.
pub(super) fn in_block(spec: &ModelSpec, items: &TokenStream) -> TokenStream {
    let conditions = &spec.conditions;
    let runtime = names::runtime(&spec.ident);
    quote! {
        #(#conditions)*
        #[allow(deprecated, unused_qualifications)]
        const _: () = {
            use #runtime as __rt;
            #items
        };
    }
}
