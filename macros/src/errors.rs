//! Errors of a macro's input: collected, worded alike, and never forgotten.

use std::fmt::Display;

use darling::util::SpannedValue;
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

use crate::vocabulary::{Place, called_here};

/// The errors found so far.
///
/// Dropping it without [`finish`](Self::finish) is a defect of the macro, so it panics: an error that nobody reports
/// would let a wrong model compile.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    found: Vec<syn::Error>,
    finished: bool,
}

impl Errors {
    /// Reports an error at a span.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.found.push(syn::Error::new(span, message));
    }

    /// Reports an error that underlines all of some tokens.
    pub(crate) fn on(&mut self, tokens: &impl ToTokens, message: impl Display) {
        self.found.push(syn::Error::new_spanned(tokens, message));
    }

    /// Reports an error at an argument's value.
    pub(crate) fn value<T>(&mut self, value: &SpannedValue<T>, message: impl Display) {
        self.at(value.span(), message);
    }

    /// Reports what the parser of arguments found.
    pub(crate) fn syntax(&mut self, error: syn::Error) {
        self.found.push(with_help(
            error,
            "arguments are `word`, `word = ...` or `word(...)`, with a comma between two",
        ));
    }

    /// Takes the arguments of a place, or reports all that is wrong with them.
    pub(crate) fn take<T>(&mut self, place: Place, result: darling::Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                for single in error.flatten() {
                    self.at(single.span(), reworded(place, &bare_message(single)));
                }
                None
            }
        }
    }

    /// Whether nothing was wrong so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All errors as `compile_error!`s; nothing if there are none.
    pub(crate) fn finish(mut self) -> Option<TokenStream> {
        self.finished = true;
        let found = std::mem::take(&mut self.found);
        found
            .into_iter()
            .reduce(|mut all, next| {
                all.combine(next);
                all
            })
            .map(|all| all.to_compile_error())
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        assert!(
            self.finished || std::thread::panicking(),
            "errors were collected and not reported"
        );
    }
}

/// An error's message without the path of arguments that darling puts behind it; the span says where it is.
fn bare_message(error: darling::Error) -> String {
    syn::Error::from(error.with_span(&Span::call_site()))
        .into_iter()
        .next()
        .map(|single| single.to_string())
        .unwrap_or_default()
}

/// Words darling's own messages as ours are worded; its kinds are private, its texts are not.
fn reworded(place: Place, message: &str) -> String {
    if message.starts_with("Unknown field: ") {
        let argument = first_quoted(message);
        let first = format!("unknown argument `{argument}`");
        return match called_here(place, argument) {
            Some(here) => format!("{first}\nhelp: {here}"),
            None => with_suggestion(first, message),
        };
    }
    if message.starts_with("Duplicate field") {
        return format!(
            "`{}` is given twice\nhelp: remove one of the two",
            first_quoted(message)
        );
    }
    if message.starts_with("Unexpected meta-item format `literal`") {
        return "arguments have names, and this has none\nhelp: write `word`, `word = ...` or `word(...)`"
            .to_owned();
    }
    message.to_owned()
}

/// The parser's error with a line of help, unless it has one.
pub(crate) fn with_help(error: syn::Error, help: &str) -> syn::Error {
    error
        .into_iter()
        .map(|single| match single.to_string() {
            message if message.contains("\nhelp: ") => single,
            message => syn::Error::new(single.span(), format!("{message}\nhelp: {help}")),
        })
        .reduce(|mut all, next| {
            all.combine(next);
            all
        })
        .expect("an error has a message")
}

/// An error that says what could have been meant.
pub(crate) fn unknown(what: &str, given: &str, known: &[String]) -> String {
    let message = darling::Error::unknown_value_with_alts(given, known).to_string();
    with_suggestion(format!("unknown {what} `{given}`"), &message)
}

/// Adds darling's suggestion, or its list of all there is, as a line of help.
fn with_suggestion(first: String, message: &str) -> String {
    if let Some((_, suggestion)) = message.split_once("Did you mean ") {
        return format!(
            "{first}\nhelp: did you mean `{}`?",
            first_quoted(suggestion)
        );
    }
    match message.split_once("Available values: ") {
        Some((_, known)) => format!("{first}\nhelp: it can be {known}"),
        None => first,
    }
}

fn first_quoted(text: &str) -> &str {
    text.split('`').nth(1).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_met_with_the_closest_known_one() {
        let known = ["id".to_owned(), "customer".to_owned()];
        assert_eq!(
            unknown("field", "custmer", &known),
            "unknown field `custmer`\nhelp: did you mean `customer`?"
        );
        assert_eq!(
            unknown("field", "zzz", &known),
            "unknown field `zzz`\nhelp: it can be `customer`, `id`"
        );
    }

    #[test]
    fn messages_of_the_parser_are_worded_as_ours() {
        let error = darling::Error::unknown_field_with_alts("tabel", &["table", "index"]);
        assert_eq!(
            reworded(Place::Model, &error.to_string()),
            "unknown argument `tabel`\nhelp: did you mean `table`?"
        );
        let error = darling::Error::duplicate_field("table");
        assert_eq!(
            reworded(Place::Model, &error.to_string()),
            "`table` is given twice\nhelp: remove one of the two"
        );
    }

    #[test]
    #[should_panic(expected = "not reported")]
    fn forgotten_errors_are_a_defect() {
        let mut errors = Errors::default();
        errors.at(Span::call_site(), "lost");
        drop(errors);
    }
}
