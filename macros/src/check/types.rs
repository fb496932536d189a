//! Types that no column can have, whatever else is in scope: the language's own.
//!
//! Types of libraries are told by the compiler, since an application may have its own of the same name: see the
//! runtime's `model::hint`.

use quote::ToTokens;
use syn::{GenericArgument, Ident, PathArguments, Type, TypePath};

use crate::errors::Errors;
use crate::parse::field::FieldSpec;
use crate::parse::types;

pub(super) fn check(model: &Ident, field: &FieldSpec, errors: &mut Errors) {
    if let Some(unfit) = unfit(&field.ty).or_else(|| endless(&field.ty, model)) {
        errors.on(
            &unfit.part,
            format!(
                "`{}` {}\nhelp: {}",
                shown(&unfit.part),
                unfit.reason,
                unfit.help
            ),
        );
    }
}

/// Whether the language has no objection to a type as a column's.
pub(crate) fn is_fit(ty: &Type) -> bool {
    unfit(ty).is_none()
}

/// Fault of a field whose type is the struct that it stands in.
fn endless(ty: &Type, model: &Ident) -> Option<Unfit> {
    types::is_struct_itself(ty, model).then(|| Unfit {
        part: types::inside_option(ty).unwrap_or(ty).clone(),
        reason: "would hold itself, without an end",
        help: format!("write `Option<Fk<{model}>>` to reference another row"),
    })
}

/// The part of a type that can't be stored, and what to write.
struct Unfit {
    part: Type,
    reason: &'static str,
    help: String,
}

const NO_COLUMN: &str = "is no type of a column";
const MANY_TYPES: &str = "stands for values of many types, and a column holds one";
const ONE_TYPE: &str = "write the type itself, or store an enum of all of them as `Json<...>`";

fn unfit(ty: &Type) -> Option<Unfit> {
    let found = |reason, help: String| {
        Some(Unfit {
            part: ty.clone(),
            reason,
            help,
        })
    };
    match ty {
        Type::Group(group) => unfit(&group.elem),
        Type::Paren(paren) => unfit(&paren.elem),
        Type::Reference(reference) => found(
            "is borrowed, and a row owns its values",
            match owned(&reference.elem) {
                Some(owned) => format!("write `{owned}`"),
                None => format!("write `{}`", shown(&reference.elem)),
            },
        ),
        Type::Tuple(tuple) if tuple.elems.is_empty() => {
            found("has no values to store", "remove the field".to_owned())
        }
        Type::Tuple(_) => found(
            "is several values, and a column holds one",
            format!(
                "write a field for each, or store it as `Json<{}>`",
                shown(ty)
            ),
        ),
        Type::Slice(slice) => found(NO_COLUMN, format!("write `Vec<{}>`", shown(&slice.elem))),
        Type::TraitObject(_) | Type::ImplTrait(_) => found(MANY_TYPES, ONE_TYPE.to_owned()),
        Type::Path(path) if types::is_trait(path) => found(MANY_TYPES, ONE_TYPE.to_owned()),
        Type::Infer(_) => found("is no type", "write the type of the field".to_owned()),
        Type::Array(array) => found(NO_COLUMN, format!("write `Vec<{}>`", shown(&array.elem))),
        Type::FnPtr(_) | Type::Ptr(_) | Type::Never(_) => {
            found(NO_COLUMN, "keep it in a struct of your own".to_owned())
        }
        Type::Path(path) => {
            if let Some(help) = path
                .path
                .get_ident()
                .and_then(|name| primitive(&name.to_string()))
            {
                return found(NO_COLUMN, help.to_owned());
            }
            in_brackets(ty).or_else(|| open(path).and_then(unfit))
        }
        _ => None,
    }
}

/// Fault inside the brackets of an `Option` or a `Vec`.
fn in_brackets(ty: &Type) -> Option<Unfit> {
    let found = |reason, help: String| {
        Some(Unfit {
            part: ty.clone(),
            reason,
            help,
        })
    };
    if let Some(inner) = types::inside_option(ty) {
        return match types::inside_option(inner) {
            Some(_) => found(
                "is null in two ways, and a column only in one",
                format!("write `{}`", shown(inner)),
            ),
            None => unfit(inner),
        };
    }
    let item = types::inside_vec(ty)?;
    if let Some(target) = types::referenced(item) {
        return found(
            "would be foreign keys in an array, and PostgreSQL has none",
            format!(
                "make a model of the pairs, with a field of type `Fk<{}>` and one for this model",
                shown(target)
            ),
        );
    }
    if types::inside_option(item).is_some_and(is_byte) {
        return found(
            "is an array of `u8`, and there are none, since `Vec<u8>` is bytes",
            "write `Vec<Option<i16>>`".to_owned(),
        );
    }
    if types::inside_vec(item).is_some() && !is_byte_list(item) {
        return found(
            "is an array of arrays",
            format!("store it as `Json<{}>`", shown(ty)),
        );
    }
    if is_byte_list(ty) {
        return None;
    }
    unfit(item)
}

/// The first argument of a type that is no type itself, as in `Box<dyn Display>`.
fn open(path: &TypePath) -> Option<&Type> {
    let PathArguments::AngleBracketed(list) = &path.path.segments.last()?.arguments else {
        return None;
    };
    list.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(
            part @ (Type::TraitObject(_) | Type::ImplTrait(_) | Type::Infer(_)),
        ) => Some(part),
        GenericArgument::Type(part @ Type::Path(inner)) if types::is_trait(inner) => Some(part),
        GenericArgument::Type(Type::Path(inner)) => open(inner),
        _ => None,
    })
}

/// Whether a type is spelt `Vec<u8>`, which is bytes.
fn is_byte_list(ty: &Type) -> bool {
    types::inside_vec(ty).is_some_and(is_byte)
}

fn is_byte(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident("u8"))
}

/// Advice for a type of the language that PostgreSQL has not.
fn primitive(name: &str) -> Option<&'static str> {
    Some(match name {
        "i8" => "write `i16`, and `#[field(check = \"...\")]` for its range",
        "usize" => "write `u32`, or `i64` for numbers above 4294967295",
        "isize" => "write `i64`",
        "u64" => {
            "write `u32`, `i64` with `#[field(check = \"... >= 0\")]` for numbers above 4294967295, or `Decimal` for numbers above 9223372036854775807"
        }
        "i128" | "u128" => "write `Decimal`, or `Uuid` if it is one",
        "char" => "write `String`, with `#[field(max_length = 1)]`",
        "str" => "write `String`",
        _ => return None,
    })
}

/// The owned type of what a reference points at.
fn owned(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) if path.path.is_ident("str") => Some("String".to_owned()),
        Type::Slice(slice) => Some(format!("Vec<{}>", shown(&slice.elem))),
        _ => None,
    }
}

/// A type as a person writes it.
fn shown(ty: &Type) -> String {
    match ty {
        Type::Path(path) if path.qself.is_none() => {
            let segments = path.path.segments.iter().map(|segment| {
                let arguments = match &segment.arguments {
                    PathArguments::AngleBracketed(list) => {
                        let inner: Vec<String> = list.args.iter().map(argument).collect();
                        format!("<{}>", inner.join(", "))
                    }
                    _ => String::new(),
                };
                format!("{}{arguments}", segment.ident)
            });
            segments.collect::<Vec<_>>().join("::")
        }
        Type::Tuple(tuple) => {
            let inner: Vec<String> = tuple.elems.iter().map(shown).collect();
            format!("({})", inner.join(", "))
        }
        Type::Reference(reference) => {
            format!("&{}", shown(&reference.elem))
        }
        Type::Slice(slice) => format!("[{}]", shown(&slice.elem)),
        other => other.to_token_stream().to_string(),
    }
}

fn argument(argument: &GenericArgument) -> String {
    match argument {
        GenericArgument::Type(ty) => shown(ty),
        other => other.to_token_stream().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn help(ty: &str) -> Option<String> {
        let ty = syn::parse_str(ty).expect("the test names a type");
        unfit(&ty).map(|unfit| format!("{}: {}", shown(&unfit.part), unfit.help))
    }

    #[test]
    fn the_types_of_the_language_that_are_no_columns_are_told() {
        for (ty, expected) in [
            ("u64", "u64: write `u32`, `i64`"),
            ("Option<i8>", "i8: write `i16`"),
            ("Vec<usize>", "usize: write `u32`"),
            (
                "Vec<Option<u8>>",
                "Vec<Option<u8>>: write `Vec<Option<i16>>`",
            ),
            ("&'static str", "&str: write `String`"),
            ("Option<&[u8]>", "&[u8]: write `Vec<u8>`"),
            ("(i64, String)", "(i64, String): write a field for each"),
            ("[u8; 4]", "[u8 ; 4]: write `Vec<u8>`"),
            (
                "Option<Option<i64>>",
                "Option<Option<i64>>: write `Option<i64>`",
            ),
            ("Vec<Fk<User>>", "Vec<Fk<User>>: make a model"),
            ("Vec<Option<u64>>", "u64: write `u32`, `i64`"),
            (
                "Vec<Vec<i64>>",
                "Vec<Vec<i64>>: store it as `Json<Vec<Vec<i64>>>`",
            ),
            ("char", "char: write `String`"),
            ("str", "str: write `String`"),
            ("[i64]", "[i64]: write `Vec<i64>`"),
            ("dyn Display", "dyn Display: write the type itself"),
            (
                "Option<Box<dyn Display>>",
                "dyn Display: write the type itself",
            ),
            (
                "impl Into<String>",
                "impl Into < String >: write the type itself",
            ),
            ("Json<_>", "_: write the type"),
        ] {
            let help = help(ty).unwrap_or_default();
            assert!(help.starts_with(expected), "{ty}: {help}");
        }
    }

    #[test]
    fn columns_are_let_be() {
        for ty in [
            "i64",
            "Option<String>",
            "Vec<u8>",
            "Option<Vec<u8>>",
            "Vec<Vec<u8>>",
            "Vec<Option<i64>>",
            "Option<u8>",
            "Vec<Option<u16>>",
            "u32",
            "Vec<String>",
            "Json<u64>",
            "Option<Fk<User>>",
            "my::u64",
            "HashMap<String, u64>",
        ] {
            assert_eq!(help(ty), None, "{ty}");
        }
    }
}
