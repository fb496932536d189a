//! `schema!`: the static list of an application's models.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use crate::parse::schema::{CrateSpec, SchemaSpec};
use crate::spans::{Ends, assertion};

/// Expands `schema!`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    match syn::parse2::<SchemaSpec>(input) {
        Ok(spec) => whole(&spec),
        Err(error) => error.to_compile_error(),
    }
}

fn whole(spec: &SchemaSpec) -> TokenStream {
    let (attributes, vis, ident) = (&spec.attributes, &spec.vis, &spec.ident);
    let root = &spec.root;
    let listed = &spec.listed;
    let definitions = quote!(&[#(<#listed as #root::__private::Model>::DEF),*]);
    let names = spec.crates.iter().map(|name| match name {
        CrateSpec::Own => quote!(::core::module_path!()),
        CrateSpec::Other(name) => name.to_string().to_token_stream(),
    });
    // A crate that the program never names is not linked, and its models are not registered then.
    let links = spec.crates.iter().filter_map(|name| match name {
        CrateSpec::Own => None,
        CrateSpec::Other(name) => Some(quote_spanned!(name.span()=> use ::#name as _;)),
    });
    let complete = spec.crates.is_empty();
    let brackets = Ends {
        first: spec.brackets.span.open(),
        last: spec.brackets.span.close(),
    };
    let fits = assertion(
        Span::call_site(),
        brackets,
        &quote!(__rt::listed(#definitions, #complete)),
    );
    quote! {
        #(#attributes)*
        #[allow(unused_qualifications)]
        #vis static #ident: #root::__private::Schema =
            #root::__private::Schema::new(#definitions, &[#(#names),*]);
        #(#links)*
        #[allow(deprecated, unused_qualifications)]
        const _: () = {
            use #root::__private as __rt;
            #fits
        };
    }
}
