//! Foreign keys of several columns, of a struct's attribute.

use darling::util::SpannedValue;
use darling::{Error, FromMeta, Result};
use proc_macro2::{Ident, Span};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Meta, MetaNameValue, Path, Token};

use super::args::{OnDelete, Text};
use crate::errors::unknown;

/// `foreign_key(project, assignee, references = Membership, on_delete = "cascade")`.
#[derive(Debug, Clone)]
pub(crate) struct ForeignKeySpec {
    /// Where the argument stands.
    pub(crate) span: Span,
    pub(crate) fields: Vec<Ident>,
    pub(crate) references: Path,
    pub(crate) on_delete: Option<SpannedValue<OnDelete>>,
    pub(crate) name: Option<SpannedValue<Text>>,
}

/// The arguments behind the fields.
const ARGUMENTS: [&str; 3] = ["references", "on_delete", "name"];

/// A field, or another argument.
enum Argument {
    Field(Ident),
    References(Path),
    Other(MetaNameValue),
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek2(Token![=]) {
            return Ok(Self::Field(input.parse()?));
        }
        let name: Ident = input.fork().parse()?;
        if name != "references" {
            return Ok(Self::Other(input.parse()?));
        }
        input.parse::<Ident>()?;
        input.parse::<Token![=]>()?;
        Ok(Self::References(input.parse()?))
    }
}

impl FromMeta for ForeignKeySpec {
    fn from_meta(item: &Meta) -> Result<Self> {
        let form = "as in `foreign_key(project, assignee, references = Membership)`";
        let Meta::List(list) = item else {
            let message = format!("expected fields and the model whose key they are, {form}");
            return Err(Error::custom(message).with_span(item));
        };
        let arguments =
            list.parse_args_with(Punctuated::<Argument, Token![,]>::parse_terminated)?;
        let (mut fields, mut references) = (Vec::new(), None);
        let (mut on_delete, mut name) = (None, None);
        for argument in arguments {
            match argument {
                Argument::Field(field) => fields.push(field),
                Argument::References(path) if references.is_none() => references = Some(path),
                Argument::References(path) => {
                    return Err(Error::duplicate_field("references").with_span(&path));
                }
                Argument::Other(pair) => {
                    let word = pair.path.get_ident().map(ToString::to_string);
                    let word = word.unwrap_or_default();
                    let at = pair.path.span();
                    let is_twice = match word.as_str() {
                        "on_delete" => {
                            let action = SpannedValue::from_meta(&Meta::NameValue(pair))?;
                            on_delete.replace(action).is_some()
                        }
                        "name" => {
                            let text = SpannedValue::from_meta(&Meta::NameValue(pair))?;
                            name.replace(text).is_some()
                        }
                        _ => {
                            let known = ARGUMENTS.map(str::to_owned);
                            let message = unknown("argument", &word, &known);
                            return Err(Error::custom(message).with_span(&at));
                        }
                    };
                    if is_twice {
                        return Err(Error::duplicate_field(&word).with_span(&at));
                    }
                }
            }
        }
        let Some(references) = references else {
            let message = format!(
                "`foreign_key` names no model\nhelp: write the model whose key the fields are, {form}"
            );
            return Err(Error::custom(message).with_span(item.path()));
        };
        Ok(Self {
            span: item.path().span(),
            fields,
            references,
            on_delete,
            name,
        })
    }
}
