//! `schema!`: the static list of an application's models.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use crate::errors::with_help;
use crate::names;
use crate::parse::schema::{CrateSpec, SchemaSpec};
use crate::spans::{Ends, assertion};

const FORM: &str = "write `schema! { pub static SCHEMA = [crate::*]; }`, or models by name in the brackets: `[User, billing::Plan]`";

/// Expands `schema!`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    match syn::parse2::<SchemaSpec>(input) {
        Ok(spec) => whole(&spec),
        Err(error) => with_help(error, FORM).to_compile_error(),
    }
}

fn whole(spec: &SchemaSpec) -> TokenStream {
    let (attributes, vis, ident) = (&spec.attributes, &spec.vis, &spec.ident);
    let (root, runtime) = (&spec.root, names::runtime(ident));
    let listed = &spec.listed;
    let definitions = quote!(&[#(<#listed as #runtime::Model>::DEF),*]);
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
        use #root::__private as #runtime;
        #(#attributes)*
        #[allow(unused_qualifications)]
        #vis static #ident: #runtime::Schema =
            #runtime::Schema::new(#definitions, &[#(#names),*]);
        #(#links)*
        #[allow(deprecated, unused_qualifications)]
        const _: () = {
            use #runtime as __rt;
            #fits
        };
    }
}
