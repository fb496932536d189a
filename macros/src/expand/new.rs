//! `new!`: a row to insert, from named fields.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use crate::errors::Errors;
use crate::parse::new::{self, NewInput, NewSpec};
use crate::spans::{Ends, assertion};

/// Expands `new!`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let input: NewInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::default();
    let spec = new::parse(input, &mut errors);
    // Of a rejected row nothing is told that may be missing for what is wrong with it.
    let checks = errors.finish().unwrap_or_else(|| checks(&spec));
    let NewSpec {
        root,
        model,
        fields,
    } = &spec;
    let row = Ident::new("__row", Span::mixed_site());
    let values = fields.iter().map(|(name, value)| {
        // The call stands at the field: so the compiler says there which value does not fit.
        let with = quote_spanned!(name.span()=> with);
        let value = quote_spanned!(value.span()=> #value);
        let text = name.unraw().to_string();
        // The struct has the field's type, and the compiler tells of one that there is not with those that there are.
        quote!(let #row = #row.#with(#text, |#row: &#model| &#row.#name, #value);)
    });
    quote! {{
        use #root::__private as __rt;
        #checks
        let #row = __rt::Named::<#model>::new();
        #(#values)*
        #row
    }}
}

/// All that a definition tells of the fields that are given.
fn checks(spec: &NewSpec) -> TokenStream {
    let NewSpec { model, fields, .. } = spec;
    let names = fields.iter().map(|(name, _)| name.unraw().to_string());
    let given = quote!(__rt::given(<#model as __rt::Model>::DEF, &[#(#names),*]));
    let complete = assertion(Span::call_site(), Ends::of(model), &given);
    let each = fields.iter().map(|(name, _)| {
        let text = name.unraw().to_string();
        let giveable = quote!(__rt::giveable(<#model as __rt::Model>::DEF, #text));
        assertion(Span::call_site(), Ends::of(name), &giveable)
    });
    quote!(#complete #(#each)*)
}
