//! No input makes a macro panic, whatever its tokens are.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use proptest::prelude::*;
use quote::quote;

use super::{column, embedded, model, raw, schema};
use crate::parse::placement::{Declaration, Placement};

/// Words and signs that mean something to the macros, and some that mean nothing.
const WORDS: [&str; 38] = [
    "key",
    "given",
    "column",
    "max_length",
    "precision",
    "scale",
    "unique",
    "index",
    "default",
    "check",
    "on_delete",
    "constraint",
    "inverse",
    "auto_now",
    "auto_now_add",
    "version",
    "not_a_reference",
    "was",
    "table",
    "as_strict_as",
    "crate",
    "name",
    "filter",
    "method",
    "sql",
    "desc",
    "rename",
    "rename_all",
    "unchecked",
    "embed",
    "prefix",
    "static",
    "pub",
    "id",
    "self",
    "super",
    "true",
    "value",
];

const SIGNS: [char; 14] = [
    ',', '=', ':', ';', '-', '.', '*', '&', '<', '>', '#', '!', '?', '$',
];

const TEXTS: [&str; 26] = [
    "",
    " ",
    "a",
    "lower(value)",
    "cascade",
    "SET NULL",
    "gin",
    "value > 0",
    "value &&",
    "(((",
    ")",
    "{",
    "}",
    "{{}}",
    "{A}",
    "{A.b}",
    "{a b}",
    "SELECT {Thing} FROM {Thing} WHERE {Thing.id} = $1",
    "SELECT 1 FROM a.b.c, (x USING (y",
    "\u{1}",
    "\0",
    "'",
    "\"",
    "$$",
    "/*",
    "a\r\"b",
];

fn token() -> impl Strategy<Value = TokenTree> {
    let leaf = prop_oneof![
        prop::sample::select(&WORDS[..])
            .prop_map(|word| Ident::new(word, Span::call_site()).into()),
        prop::sample::select(&WORDS[..13])
            .prop_map(|word| Ident::new_raw(word, Span::call_site()).into()),
        (prop::sample::select(&SIGNS[..]), any::<bool>()).prop_map(|(sign, joint)| {
            Punct::new(
                sign,
                if joint {
                    Spacing::Joint
                } else {
                    Spacing::Alone
                },
            )
            .into()
        }),
        prop::sample::select(&TEXTS[..]).prop_map(|text| Literal::string(text).into()),
        ".{0,20}".prop_map(|text: String| Literal::string(&text).into()),
        any::<i64>().prop_map(|number| Literal::i64_unsuffixed(number.saturating_abs()).into()),
        any::<char>().prop_map(|letter| Literal::character(letter).into()),
        Just(Literal::f64_unsuffixed(1.5).into()),
    ];
    leaf.prop_recursive(3, 40, 8, |inner| {
        let delimiter = prop::sample::select(vec![
            Delimiter::Parenthesis,
            Delimiter::Brace,
            Delimiter::Bracket,
            Delimiter::None,
        ]);
        (delimiter, prop::collection::vec(inner, 0..8)).prop_map(|(delimiter, tokens)| {
            Group::new(delimiter, tokens.into_iter().collect()).into()
        })
    })
}

fn tokens() -> impl Strategy<Value = TokenStream> {
    prop::collection::vec(token(), 0..10).prop_map(|tokens| tokens.into_iter().collect())
}

/// Arguments that look right at first sight, so that the later rules are met too.
fn arguments() -> impl Strategy<Value = TokenStream> {
    let argument =
        (prop::sample::select(&WORDS[..]), token(), 0..3).prop_map(|(word, value, form)| {
            let word = Ident::new(word, Span::call_site());
            match form {
                0 => quote!(#word),
                1 => quote!(#word = #value),
                _ => quote!(#word(#value)),
            }
        });
    let list = prop::collection::vec(argument, 0..4).prop_map(|list| quote!(#(#list),*));
    prop_oneof![tokens(), list]
}

proptest! {
    #[test]
    fn a_models_arguments_can_be_anything(above in arguments(), field in arguments(), ty in tokens(), shared in any::<bool>(), form in 0..3) {
        let placement = if shared { Placement::Shared } else { Placement::Tenant };
        let declaration = match form {
            0 => Declaration::table(placement),
            1 => Declaration::view(placement),
            _ => Declaration::OVERLAY,
        };
        let known = quote! { pub struct Thing { #[field(key)] pub id: i64, #[field(#field)] pub value: String } };
        model::expand(declaration, above.clone(), &known);
        let strange = quote! { struct Thing { #[field(#field)] id: #ty } };
        model::expand(declaration, above, &strange);
        model::expand_configured(quote! { #[configured(#ty)] struct Thing { #[field(#field)] id: i64 } });
    }

    #[test]
    fn an_item_can_be_anything(item in tokens(), inner in arguments()) {
        model::expand(Declaration::table(Placement::Tenant), TokenStream::new(), &item);
        column::expand(item.clone());
        column::expand(quote! { #[column(#inner)] enum State { #[column(#inner)] On, #item } });
        column::expand(quote! { #[column(#inner)] struct Number(#item); });
    }

    #[test]
    fn an_embedded_struct_can_be_anything(inner in arguments(), field in arguments(), ty in tokens(), item in tokens()) {
        embedded::expand(item.clone());
        let part = quote! { #[embedded(#inner)] struct Part { #[field(#field)] value: String, other: #ty } };
        embedded::expand(part.clone());
        let whole = quote! { struct Thing { #[field(key)] id: i64, #[field(embed, #inner)] part: Part } };
        model::expand(Declaration::table(Placement::Tenant), TokenStream::new(), &whole);
        model::expand_with_embedded(quote! { tenant_model {} { #whole } { #part } });
        model::expand_with_embedded(quote! { shared_view { #inner } { #whole } {} });
        model::expand_with_embedded(item);
    }

    #[test]
    fn a_statement_can_be_anything(tokens in tokens(), text in "[ -~\u{1}é→]{0,60}") {
        raw::expand(tokens);
        raw::expand(quote!(#text));
        raw::expand(quote!(unchecked #text));
    }

    #[test]
    fn words_of_sql_can_stand_in_any_order(words in prop::collection::vec(prop::sample::select(vec![
        "SELECT", "FROM", "{A}", "{A.b}", "(", ")", "USING", "WITH", "a", "a.b", ".", ",", "AS", "::", "$1", "'a'", "regclass",
        "nextval", "JOIN", "ON", "DELETE", "UPDATE", "SET", "[", "]", ":", "?", "CASE", "END", "AND", "&&", "||", "=", "*",
    ]), 0..14)) {
        let text = words.join(" ");
        raw::expand(quote!(#text));
        let item = quote! { struct A { #[field(key)] id: i64, #[field(check = #text)] b: i64 } };
        model::expand(Declaration::table(Placement::Tenant), quote!(check = #text, index(#text, filter = #text)), &item);
    }

    #[test]
    fn a_schema_can_be_anything(inner in tokens()) {
        schema::expand(quote! { #inner });
        schema::expand(quote! { pub static SCHEMA = [#inner]; });
    }
}
