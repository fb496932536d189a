//! Spans that cover more than one token on stable compilers.
//!
//! A span can't be joined with another on stable, so that `Type::span()` is that of the first token alone. rustc
//! underlines from the first token of an expression to its last, however: a call whose name carries the first span and
//! whose parentheses carry the last is underlined as the whole.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

/// The spans of the first and the last token of some code.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) first: Span,
    pub(crate) last: Span,
}

impl Ends {
    /// The ends of some tokens; the macro's own call where there are none.
    pub(crate) fn of(tokens: &impl ToTokens) -> Self {
        let mut spans = tokens
            .to_token_stream()
            .into_iter()
            .map(|token| token.span());
        let first = spans.next().unwrap_or_else(Span::call_site);
        Self {
            first,
            last: spans.last().unwrap_or(first),
        }
    }
}

/// Moves tokens to a span.
pub(crate) fn at(span: Span, tokens: TokenStream) -> TokenStream {
    let moved = tokens.into_iter().map(|mut token| {
        token.set_span(span);
        token
    });
    moved.collect()
}

/// The `<>` of an `impl` of what is generated for a struct.
///
/// Where a field has a type that there is not, rustc proposes a parameter behind the struct's name. At these brackets it
/// proposes the same for the copies of the type, and tells of all of them in one error.
pub(crate) fn generics(model: &Ident) -> TokenStream {
    quote_spanned!(model.span()=> <>)
}

/// A constant whose evaluation fails at `ends` with the message of `verdict`, if that is an error. It stands beside `model`.
pub(crate) fn assertion(model: Span, ends: Ends, verdict: &TokenStream) -> TokenStream {
    // The call and not the panic in it: it is where the error stands, also for an editor.
    let fail = quote_spanned!(ends.first=> __rt::fail);
    let mut message = Group::new(Delimiter::Parenthesis, quote!(&message));
    message.set_span(ends.last);
    let message = TokenTree::Group(message);
    let name = quote_spanned!(model=> _);
    quote! {
        const #name: () = if let ::core::result::Result::Err(message) = #verdict {
            #fail #message
        };
    }
}
