//! Arguments of a field that are written as attributes of their own: `#[key]` in place of `#[field(key)]`.
//!
//! Such an attribute can be that of another derive or attribute macro. It is a mistake for certain where there is no other.

use syn::{Attribute, Field, ItemStruct, Meta, Path, Token, punctuated::Punctuated};

use super::placement::Declaration;
use crate::errors::Errors;
use crate::vocabulary::{self, Place};

/// Attributes of the language and derives of its library, none of which reads attributes of fields called as an argument is.
const HARMLESS: [&str; 12] = [
    "doc",
    "allow",
    "warn",
    "deny",
    "expect",
    "forbid",
    "must_use",
    "deprecated",
    "non_exhaustive",
    "cfg",
    "repr",
    "automatically_derived",
];
const PLAIN_DERIVES: [&str; 9] = [
    "Debug",
    "Clone",
    "Copy",
    "PartialEq",
    "Eq",
    "PartialOrd",
    "Ord",
    "Hash",
    "Default",
];

/// Whether nothing above a struct could read the attributes of its fields but its placement.
pub(crate) fn are_mistakes(item: &ItemStruct) -> bool {
    item.attrs.iter().all(|attribute| {
        let path = attribute.path();
        if path.is_ident("derive") {
            let derives =
                attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated);
            return derives
                .is_ok_and(|paths| paths.iter().all(|path| is_one_of(path, &PLAIN_DERIVES)));
        }
        is_one_of(path, &HARMLESS) || Declaration::of(path).is_some()
    })
}

/// Reports the arguments of a field that stand as attributes, and says whether one of them means the key.
pub(super) fn report(field: &Field, errors: &mut Errors) -> Option<proc_macro2::Span> {
    let mut key = None;
    for attribute in field.attrs.iter().filter(|attribute| is_word(attribute)) {
        let word = word(attribute);
        let help = vocabulary::called_here(Place::Field, &word);
        let help = match (help, &attribute.meta) {
            (Some(help), _) => format!("{help}, in `#[field(...)]`"),
            (None, Meta::Path(_)) => format!("write `#[field({word})]`"),
            (None, _) => format!("write `#[field({word} = ...)]`"),
        };
        errors.on(
            attribute,
            format!("`{word}` is an argument, and no attribute of its own\nhelp: {help}"),
        );
        if vocabulary::means_key(&word) {
            key = Some(attribute.path().segments[0].ident.span());
        }
    }
    key
}

/// Whether an attribute is called as an argument of a field is, here or in other libraries.
pub(super) fn is_word(attribute: &Attribute) -> bool {
    let word = word(attribute);
    !is_one_of(attribute.path(), &HARMLESS)
        && !["ignore", "field", "default"].contains(&word.as_str())
        && (vocabulary::is_of_field(&word)
            || vocabulary::called_here(Place::Field, &word).is_some())
}

fn word(attribute: &Attribute) -> String {
    attribute
        .path()
        .get_ident()
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn is_one_of(path: &Path, names: &[&str]) -> bool {
    names.iter().any(|name| path.is_ident(name))
}
