//! The kinds of values that arguments take, each with an error that says what to write.

use darling::ast::NestedMeta;
use darling::{Error, FromMeta, Result};
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Lit, Meta, Path};

use crate::errors::{Errors, unknown};
use crate::vocabulary::{Place, delete_action};

/// The literal in an expression, also behind the invisible group that `macro_rules` puts around a value.
pub(super) fn literal(expr: &Expr) -> Option<&Lit> {
    match expr {
        Expr::Lit(literal) => Some(&literal.lit),
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}

/// A text in quotes: `table = "people"`.
#[derive(Debug, Clone)]
pub(crate) struct Text(pub(crate) String);

impl FromMeta for Text {
    fn from_meta(item: &Meta) -> Result<Self> {
        let name = name_of(item.path());
        let wanted = || {
            Error::custom(format!(
                "expected a text in quotes, as in `{name} = \"...\"`"
            ))
        };
        match item {
            Meta::NameValue(pair) => match literal(&pair.value) {
                Some(Lit::Str(text)) => Ok(Self(text.value())),
                _ => Err(wanted().with_span(&pair.value)),
            },
            _ => Err(wanted().with_span(item)),
        }
    }
}

/// A whole number: `max_length = 40`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number(pub(crate) u32);

impl FromMeta for Number {
    fn from_meta(item: &Meta) -> Result<Self> {
        let name = name_of(item.path());
        let wanted = || Error::custom(format!("expected a whole number, as in `{name} = 12`"));
        match item {
            Meta::NameValue(pair) => match literal(&pair.value) {
                Some(Lit::Int(number)) => number
                    .base10_parse()
                    .map(Self)
                    .map_err(|_| wanted().with_span(number)),
                _ => Err(wanted().with_span(&pair.value)),
            },
            _ => Err(wanted().with_span(item)),
        }
    }
}

/// A bare word: `key`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Word(Option<Span>);

impl Word {
    /// The word where it stands in another form.
    pub(crate) fn at(span: Span) -> Self {
        Self(Some(span))
    }

    /// Where the word stands, if it does.
    pub(crate) fn span(self) -> Option<Span> {
        self.0
    }

    /// Whether the word is there.
    pub(crate) fn is_present(self) -> bool {
        self.0.is_some()
    }
}

impl FromMeta for Word {
    fn from_none() -> Option<Self> {
        Some(Self(None))
    }

    fn from_meta(item: &Meta) -> Result<Self> {
        match item {
            Meta::Path(path) => Ok(Self(Some(path.span()))),
            _ => Err(Error::custom(format!(
                "`{}` takes no value\nhelp: write the bare word",
                name_of(item.path())
            ))
            .with_span(item)),
        }
    }
}

/// Action on a row when the row that it references is deleted: `on_delete = "cascade"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OnDelete {
    /// The name of the runtime's variant.
    pub(crate) variant: &'static str,
}

impl OnDelete {
    const ALL: [(&'static str, &'static str); 5] = [
        ("no_action", "NoAction"),
        ("restrict", "Restrict"),
        ("cascade", "Cascade"),
        ("set_null", "SetNull"),
        ("set_default", "SetDefault"),
    ];
}

impl FromMeta for OnDelete {
    fn from_meta(item: &Meta) -> Result<Self> {
        let Text(given) = Text::from_meta(item)?;
        let known = Self::ALL.iter().find(|(name, _)| *name == given);
        known.map(|(_, variant)| Self { variant }).ok_or_else(|| {
            let message = match delete_action(&given) {
                Some(here) => format!("unknown action `{given}`\nhelp: write `{here}`"),
                None => unknown(
                    "action",
                    &given,
                    &Self::ALL.map(|(name, _)| name.to_owned()),
                ),
            };
            Error::custom(message).with_span(&value_span(item))
        })
    }
}

/// That a foreign key is no constraint of the database: `constraint = false`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoConstraint;

impl FromMeta for NoConstraint {
    fn from_meta(item: &Meta) -> Result<Self> {
        let wanted = || {
            Error::custom(
                "a foreign key is a constraint unless it is told otherwise\nhelp: write `constraint = false`, or remove `constraint`",
            )
        };
        match item {
            Meta::NameValue(pair) => match literal(&pair.value) {
                Some(Lit::Bool(given)) if !given.value => Ok(Self),
                _ => Err(wanted().with_span(&pair.value)),
            },
            _ => Err(wanted().with_span(item)),
        }
    }
}

/// The path under which the user's crate knows tenantry: `crate = db`.
#[derive(Debug, Clone)]
pub(crate) struct Root(pub(crate) Path);

impl FromMeta for Root {
    fn from_meta(item: &Meta) -> Result<Self> {
        match item {
            Meta::NameValue(pair) => match &pair.value {
                Expr::Path(path) if path.qself.is_none() => Ok(Self(path.path.clone())),
                other => Err(Error::custom("expected a path, as in `crate = db`").with_span(other)),
            },
            _ => Err(Error::custom("expected a path, as in `crate = db`").with_span(item)),
        }
    }
}

/// A function of the application: `check_with = is_email`.
#[derive(Debug, Clone)]
pub(crate) struct Function(pub(crate) Path);

impl FromMeta for Function {
    fn from_meta(item: &Meta) -> Result<Self> {
        let name = name_of(item.path());
        let wanted = || {
            Error::custom(format!(
                "expected the path of a function, as in `{name} = is_email`"
            ))
        };
        match item {
            Meta::NameValue(pair) => match path(&pair.value) {
                Some(path) => Ok(Self(path.clone())),
                None => Err(wanted().with_span(&pair.value)),
            },
            _ => Err(wanted().with_span(item)),
        }
    }
}

/// The path in an expression, also behind the invisible group that `macro_rules` puts around a value.
pub(super) fn path(expr: &Expr) -> Option<&Path> {
    match expr {
        Expr::Path(path) if path.qself.is_none() => Some(&path.path),
        Expr::Group(group) => path(&group.expr),
        _ => None,
    }
}

/// Where an argument's value stands.
pub(super) fn value_span(item: &Meta) -> Span {
    match item {
        Meta::NameValue(pair) => pair.value.span(),
        other => other.span(),
    }
}

/// The path of an argument as written.
pub(crate) fn name_of(path: &Path) -> String {
    path.segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect::<Vec<_>>()
        .join("::")
}

/// Reads arguments. What is wrong with them goes to `errors`, and the sound ones count all the same.
pub(super) fn sound<T: FromMeta + Default>(
    place: Place,
    items: &[NestedMeta],
    errors: &mut Errors,
) -> T {
    if let Some(all) = errors.take(place, T::from_list(items)) {
        return all;
    }
    let sound = items
        .iter()
        .filter(|item| T::from_list(std::slice::from_ref(item)).is_ok());
    T::from_list(&sound.cloned().collect::<Vec<_>>()).unwrap_or_default()
}

/// The arguments in the parentheses of all attributes called `name`.
pub(super) fn nested(attributes: &[Attribute], name: &str, errors: &mut Errors) -> Vec<NestedMeta> {
    let mut items = Vec::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident(name)) {
        match &attribute.meta {
            Meta::List(list) => match NestedMeta::parse_meta_list(list.tokens.clone()) {
                Ok(nested) => items.extend(nested),
                Err(error) => errors.syntax(error),
            },
            other => errors.on(
                other,
                format!(
                    "`{name}` takes its arguments in parentheses\nhelp: write `#[{name}(...)]`"
                ),
            ),
        }
    }
    items
}
