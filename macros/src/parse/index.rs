//! Indexes, unique and exclusion constraints, and checks of a struct's attribute.

use darling::ast::NestedMeta;
use darling::util::SpannedValue;
use darling::{Error, FromMeta, Result};
use proc_macro2::{Ident, Span, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Lit, LitStr, Meta, Token};

use super::args::{Text, name_of};
use crate::errors::unknown;

/// `index(issued_on, "lower(code)", filter = "NOT paid")`, and the same with `unique`.
#[derive(Debug, Clone)]
pub(crate) struct IndexSpec {
    /// Where the argument stands.
    pub(crate) span: Span,
    pub(crate) unique: bool,
    pub(crate) parts: Vec<Part>,
    pub(crate) name: Option<SpannedValue<Text>>,
    pub(crate) filter: Option<SpannedValue<Text>>,
    pub(crate) method: Option<SpannedValue<Text>>,
    /// The operators of an exclusion constraint, one for each part; none of another index.
    pub(crate) operators: Option<Vec<SpannedValue<String>>>,
}

impl IndexSpec {
    /// The word that it is written with.
    pub(crate) fn word(&self) -> &'static str {
        match self.operators {
            Some(_) => "exclude",
            None if self.unique => "unique",
            None => "index",
        }
    }
}

/// `exclude(room = "=", during = "&&", filter = "NOT cancelled")`.
#[derive(Debug, Clone)]
pub(crate) struct ExclusionSpec(pub(crate) IndexSpec);

/// A part of an index.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    /// A field, by its name.
    Field(Ident),
    /// An expression: SQL.
    Expression(SpannedValue<String>),
}

/// `check = "price > 0"`, or `check(name = "positive", "price > 0")`.
#[derive(Debug, Clone)]
pub(crate) struct CheckSpec {
    pub(crate) name: Option<SpannedValue<Text>>,
    pub(crate) condition: SpannedValue<String>,
}

impl FromMeta for IndexSpec {
    fn from_meta(item: &Meta) -> Result<Self> {
        let Meta::List(list) = item else {
            return Err(Error::custom(format!(
                "expected fields in parentheses, as in `{}(issued_on, customer)`",
                name_of(item.path())
            ))
            .with_span(item));
        };
        let mut index = Self {
            span: item.path().span(),
            unique: false,
            parts: Vec::new(),
            name: None,
            filter: None,
            method: None,
            operators: None,
        };
        let parts = parts(list)?;
        let mut errors = Error::accumulator();
        for nested in parts {
            errors.handle(index.add(&nested));
        }
        errors.finish_with(index)
    }
}

/// The parts in the parentheses. One that does not follow a comma is an error that says why.
fn parts(list: &syn::MetaList) -> Result<Vec<NestedMeta>> {
    let mut before_is_part = false;
    for token in list.tokens.clone() {
        let is_part = matches!(token, TokenTree::Ident(_) | TokenTree::Literal(_));
        if before_is_part && is_part {
            return Err(Error::custom(not_separated(&token.to_string())).with_span(&token.span()));
        }
        before_is_part = is_part;
    }
    Ok(NestedMeta::parse_meta_list(list.tokens.clone())?)
}

/// Why a word can't stand behind the part of an index.
fn not_separated(word: &str) -> String {
    match word.to_ascii_lowercase().as_str() {
        "asc" | "desc" | "nulls" => format!(
            "an index is read in both directions, so its parts have no order\nhelp: remove `{word}`, or write the index in a migration if its parts go in different directions"
        ),
        ops if ops.ends_with("_ops") => format!(
            "an operator class can't be chosen here\nhelp: remove `{word}`, or write the index in a migration"
        ),
        "using" => {
            "an access method is an argument of its own\nhelp: write `method = \"gin\"`".to_owned()
        }
        "where" => {
            "a condition is an argument of its own\nhelp: write `filter = \"...\"`".to_owned()
        }
        _ => format!(
            "expected a comma before `{word}`\nhelp: separate the parts by commas, as in `index(first, second)`"
        ),
    }
}

impl IndexSpec {
    fn add(&mut self, item: &NestedMeta) -> Result<()> {
        match item {
            NestedMeta::Lit(Lit::Str(sql)) => {
                self.parts
                    .push(Part::Expression(SpannedValue::new(sql.value(), sql.span())));
            }
            NestedMeta::Meta(Meta::Path(path)) => match path.get_ident() {
                Some(field) => self.parts.push(Part::Field(field.clone())),
                None => {
                    return Err(Error::custom("expected the name of a field").with_span(path));
                }
            },
            NestedMeta::Meta(meta @ Meta::NameValue(pair)) => {
                let name = pair
                    .path
                    .get_ident()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                let option = match name.as_str() {
                    "name" => &mut self.name,
                    "filter" => &mut self.filter,
                    "method" => &mut self.method,
                    _ => {
                        let known = ["name", "filter", "method"].map(str::to_owned);
                        return Err(
                            Error::custom(unknown("argument", &name, &known)).with_span(&pair.path)
                        );
                    }
                };
                if option.is_some() {
                    return Err(Error::duplicate_field(&name).with_span(&pair.path));
                }
                *option = Some(SpannedValue::from_meta(meta)?);
            }
            other => {
                return Err(Error::custom(
                    "expected a field, an SQL expression in quotes, or `name`, `filter` or `method` with a text",
                )
                .with_span(other));
            }
        }
        Ok(())
    }
}

impl FromMeta for ExclusionSpec {
    fn from_meta(item: &Meta) -> Result<Self> {
        let Meta::List(list) = item else {
            return Err(Error::custom(
                "expected fields with the operators by which they are compared, as in `exclude(room = \"=\", during = \"&&\")`",
            )
            .with_span(item));
        };
        let mut spec = IndexSpec {
            span: item.path().span(),
            unique: false,
            parts: Vec::new(),
            name: None,
            filter: None,
            method: None,
            operators: Some(Vec::new()),
        };
        let compared = list.parse_args_with(Punctuated::<Compared, Token![,]>::parse_terminated)?;
        let mut errors = Error::accumulator();
        for one in compared {
            errors.handle(spec.compare(one));
        }
        errors.finish_with(Self(spec))
    }
}

/// A field or an expression with the operator by which two rows are compared, or another argument.
struct Compared {
    part: Part,
    text: Option<LitStr>,
}

impl Parse for Compared {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let part = if input.peek(LitStr) {
            let sql: LitStr = input.parse()?;
            Part::Expression(SpannedValue::new(sql.value(), sql.span()))
        } else {
            Part::Field(Ident::parse_any(input)?)
        };
        let text = if input.peek(Token![=]) {
            let _: Token![=] = input.parse()?;
            Some(input.parse()?)
        } else {
            None
        };
        Ok(Self { part, text })
    }
}

impl IndexSpec {
    /// Adds to an exclusion constraint. A field may be called as an argument is: the text is an operator then.
    fn compare(&mut self, Compared { part, text }: Compared) -> Result<()> {
        let (shown, span) = match &part {
            Part::Field(ident) => (ident.unraw().to_string(), ident.span()),
            Part::Expression(sql) => (format!("{:?}", **sql), sql.span()),
        };
        let Some(text) = text else {
            return Err(Error::custom(format!(
                "how `{shown}` of two rows is compared is missing\nhelp: write `{shown} = \"=\"`, or `{shown} = \"&&\"` where two ranges must not overlap"
            ))
            .with_span(&span));
        };
        let value = SpannedValue::new(text.value(), text.span());
        let option = match (&part, shown.as_str()) {
            (Part::Field(_), _) if is_operator(&value) => None,
            (Part::Field(_), "name") => Some(&mut self.name),
            (Part::Field(_), "filter") => Some(&mut self.filter),
            (Part::Field(_), "method") => Some(&mut self.method),
            _ => None,
        };
        if let Some(option) = option {
            if option.is_some() {
                return Err(Error::duplicate_field(&shown).with_span(&span));
            }
            *option = Some(value.map_ref(|text| Text(text.clone())));
            return Ok(());
        }
        self.parts.push(part);
        self.operators.get_or_insert_default().push(value);
        Ok(())
    }
}

/// Whether a text is an operator of PostgreSQL's, by its signs.
pub(crate) fn is_operator(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|sign| "+-*/<>=~!@#%^&|`?".contains(sign))
}

impl FromMeta for CheckSpec {
    fn from_meta(item: &Meta) -> Result<Self> {
        match item {
            Meta::List(list) => Self::named(list),
            _ => Ok(Self {
                name: None,
                condition: SpannedValue::<Text>::from_meta(item)?.map_ref(|text| text.0.clone()),
            }),
        }
    }
}

impl CheckSpec {
    fn named(list: &syn::MetaList) -> Result<Self> {
        let form = "expected a condition, as in `check(name = \"positive\", \"price > 0\")`";
        let mut name = None;
        let mut condition = None;
        for nested in NestedMeta::parse_meta_list(list.tokens.clone())? {
            match nested {
                NestedMeta::Lit(Lit::Str(sql)) if condition.is_none() => {
                    condition = Some(SpannedValue::new(sql.value(), sql.span()));
                }
                NestedMeta::Meta(meta) if meta.path().is_ident("name") && name.is_none() => {
                    name = Some(SpannedValue::from_meta(&meta)?);
                }
                other => return Err(Error::custom(form).with_span(&other)),
            }
        }
        let condition = condition.ok_or_else(|| Error::custom(form).with_span(list))?;
        Ok(Self { name, condition })
    }
}
