//! Facts that a type's spelling tells.
//!
//! An alias hides all of this, so nothing that must hold rests on it: what the spelling does not show is checked again
//! by constants, which see the type itself.

use proc_macro2::{Ident, Span};
use syn::visit_mut::{VisitMut, visit_type_mut, visit_type_reference_mut};
use syn::{
    GenericArgument, Lifetime, PathArguments, PathSegment, Type, TypePath, TypeReference,
    parse_quote,
};

/// Content of a known type's column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    Integer,
    Text,
    Numeric,
    Time,
    Uuid,
    Other,
}

/// A type with `model` in place of `Self`, since it will be written down outside of the struct too.
///
/// A reference without a lifetime gets one: that a row can't borrow is reported once, by a rule of its own.
pub(crate) fn outside(ty: &Type, model: &Ident) -> Type {
    struct Rename<'a>(&'a Ident);

    impl VisitMut for Rename<'_> {
        fn visit_ident_mut(&mut self, ident: &mut Ident) {
            if ident == "Self" {
                let mut model = self.0.clone();
                model.set_span(ident.span());
                *ident = model;
            }
        }

        fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
            reference.lifetime.get_or_insert_with(forever);
            visit_type_reference_mut(self, reference);
        }
    }

    let mut ty = ty.clone();
    Rename(model).visit_type_mut(&mut ty);
    ty
}

/// A type in place of one that is rejected, of which the compiler has nothing more to say.
pub(crate) fn mended(ty: &Type, model: &Ident) -> Type {
    struct Mend;

    impl VisitMut for Mend {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            match ty {
                Type::Slice(slice) => {
                    let elem = &slice.elem;
                    *ty = parse_quote!(::std::vec::Vec<#elem>);
                }
                Type::Path(path) if path.path.is_ident("str") => {
                    *ty = parse_quote!(::std::string::String);
                }
                Type::TraitObject(_) | Type::ImplTrait(_) | Type::Infer(_) | Type::Never(_) => {
                    *ty = parse_quote!(());
                }
                Type::Path(path) if is_trait(path) => *ty = parse_quote!(()),
                // What stands behind a reference can have any size.
                Type::Reference(reference) => {
                    reference.lifetime.get_or_insert_with(forever);
                    return;
                }
                _ => {}
            }
            visit_type_mut(self, ty);
        }
    }

    if is_struct_itself(ty, model) {
        return parse_quote!(());
    }
    let mut ty = ty.clone();
    Mend.visit_type_mut(&mut ty);
    ty
}

/// Whether a type is spelt as the struct that it stands in, or an `Option` of that.
pub(crate) fn is_struct_itself(ty: &Type, model: &Ident) -> bool {
    let Type::Path(path) = inside_option(ty).unwrap_or(ty) else {
        return false;
    };
    path.path.is_ident(model) || path.path.is_ident("Self")
}

/// Whether a type is spelt as only a trait can be: `Fn(u8)`, `Iterator<Item = u8>`.
pub(crate) fn is_trait(ty: &TypePath) -> bool {
    let bound = |argument: &GenericArgument| {
        matches!(
            argument,
            GenericArgument::AssocType(_)
                | GenericArgument::AssocConst(_)
                | GenericArgument::Constraint(_)
        )
    };
    ty.path
        .segments
        .last()
        .is_some_and(|last| match &last.arguments {
            PathArguments::Parenthesized(_) => true,
            PathArguments::AngleBracketed(list) => list.args.iter().any(bound),
            PathArguments::None => false,
        })
}

fn forever() -> Lifetime {
    Lifetime::new("'static", Span::call_site())
}

/// The type inside an `Option`, if it is spelt as one.
pub(crate) fn inside_option(ty: &Type) -> Option<&Type> {
    argument_of(ty, "Option")
}

/// The type inside a `Vec`, if it is spelt as one.
pub(crate) fn inside_vec(ty: &Type) -> Option<&Type> {
    argument_of(ty, "Vec")
}

/// The model that a type spelt `Fk<Model>` or `Option<Fk<Model>>` references.
pub(crate) fn referenced(ty: &Type) -> Option<&Type> {
    argument_of(inside_option(ty).unwrap_or(ty), "Fk")
}

/// Content of a column whose type is spelt as a scalar, or an `Option` of one.
pub(crate) fn holds(ty: &Type) -> Option<Holds> {
    let segment = last_segment(inside_option(ty).unwrap_or(ty))?;
    let known = match segment.ident.to_string().as_str() {
        "i16" | "i32" | "i64" | "u8" | "u16" | "u32" => Holds::Integer,
        "String" => Holds::Text,
        "Decimal" => Holds::Numeric,
        "Timestamp" | "DateTime" | "Date" | "NaiveDateTime" | "NaiveDate" | "OffsetDateTime"
        | "PrimitiveDateTime" => Holds::Time,
        "Uuid" => Holds::Uuid,
        "f32" | "f64" | "bool" | "Vec" | "Json" => Holds::Other,
        _ => return None,
    };
    Some(known)
}

/// Whether a type is spelt as one that can't be a foreign key: the language's own, and `String`.
pub(crate) fn is_plain(ty: &Type) -> bool {
    plain(ty).is_some()
}

/// The name of such a type.
pub(crate) fn plain(ty: &Type) -> Option<String> {
    let inner = inside_option(ty).unwrap_or(ty);
    let Type::Path(path) = inner else {
        return None;
    };
    let name = path.path.get_ident()?.to_string();
    [
        "i16", "i32", "i64", "u8", "u16", "u32", "f32", "f64", "bool", "String",
    ]
    .contains(&name.as_str())
    .then_some(name)
}

/// The module of the runtime's `hint` that says what to write in place of a type spelt so, if it is no value.
pub(crate) fn hint(ty: &Type) -> Option<&'static str> {
    let segment = last_segment(inside_option(ty).unwrap_or(ty))?;
    Some(match segment.ident.to_string().as_str() {
        "HashMap" | "BTreeMap" | "IndexMap" | "FxHashMap" | "DashMap" | "Map" => "map",
        "HashSet" | "BTreeSet" | "IndexSet" | "VecDeque" | "LinkedList" | "BinaryHeap"
        | "SmallVec" | "ArrayVec" => "list",
        "SystemTime" | "Instant" => "clock",
        "Duration" | "TimeDelta" | "SignedDuration" | "Span" | "PgInterval" => "length",
        "Box" | "Rc" | "Arc" | "Cow" | "Weak" | "Pin" => "pointer",
        "Cell" | "RefCell" | "OnceCell" | "OnceLock" | "Mutex" | "RwLock" | "LazyLock"
        | "AtomicBool" | "AtomicI32" | "AtomicI64" | "AtomicU32" | "AtomicU64" | "AtomicUsize" => {
            "cell"
        }
        "PathBuf" | "OsString" | "CString" | "Url" | "Uri" | "IpAddr" | "Ipv4Addr" | "Ipv6Addr"
        | "SocketAddr" | "SmolStr" | "CompactString" | "Regex" => "textual",
        "Bytes" | "BytesMut" => "bytes",
        "NonZero" | "NonZeroU8" | "NonZeroU16" | "NonZeroU32" | "NonZeroU64" | "NonZeroUsize"
        | "NonZeroI8" | "NonZeroI16" | "NonZeroI32" | "NonZeroI64" | "NonZeroIsize"
        | "Wrapping" | "Saturating" => "number",
        "BigDecimal" | "BigInt" | "BigUint" | "Ratio" | "D128" => "big",
        "DateTime" | "NaiveDateTime" | "NaiveDate" | "NaiveTime" | "OffsetDateTime"
        | "PrimitiveDateTime" | "UtcDateTime" | "Zoned" | "Timestamp" | "Date" | "Time"
        | "Uuid" | "Ulid" | "Decimal" => "foreign",
        "Json" => "document",
        _ => return None,
    })
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

/// The only type argument of a type whose last name is `name`.
fn argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let segment = last_segment(ty).filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    match (arguments.args.first(), arguments.args.len()) {
        (Some(GenericArgument::Type(inner)), 1) => Some(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn a_foreign_key_is_known_by_its_spelling() {
        for ty in [
            parse_quote!(Fk<User>),
            parse_quote!(Option<Fk<User>>),
            parse_quote!(::core::option::Option<tenantry::Fk<User>>),
        ] {
            let target: Type = parse_quote!(User);
            assert_eq!(referenced(&ty), Some(&target));
        }
        assert_eq!(referenced(&parse_quote!(Vec<User>)), None);
        assert_eq!(referenced(&parse_quote!(UserRef)), None);
    }

    #[test]
    fn the_struct_itself_is_named() {
        let ty = outside(&parse_quote!(Option<Fk<Self>>), &parse_quote!(User));
        let expected: Type = parse_quote!(Option<Fk<User>>);
        assert_eq!(ty, expected);
    }

    #[test]
    fn only_what_no_alias_would_be_called_is_plain() {
        assert!(is_plain(&parse_quote!(Option<i64>)));
        assert!(!is_plain(&parse_quote!(Uuid)));
        assert!(!is_plain(&parse_quote!(my::String)));
    }
}
