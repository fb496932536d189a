//! The input of `new!`.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprStruct, FieldValue, Member, Path, Result, Token, parse_quote};

use crate::errors::Errors;

/// A model and its fields, after the path of tenantry where that is given.
#[derive(Debug)]
pub(crate) struct NewInput {
    pub(crate) root: Path,
    pub(crate) row: ExprStruct,
}

/// A row to insert.
#[derive(Debug)]
pub(crate) struct NewSpec {
    pub(crate) root: Path,
    pub(crate) model: Path,
    pub(crate) fields: Vec<(Ident, Expr)>,
}

impl Parse for NewInput {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut root = parse_quote!(::tenantry);
        if input.peek(Token![crate]) && input.peek2(Token![=]) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            root = input.parse()?;
            input.parse::<Token![,]>()?;
        }
        let wanted =
            "a row is a model and its fields\nhelp: write `new!(Customer { name: \"Ann\" })`";
        if input.is_empty() {
            return Err(Error::new(Span::call_site(), wanted));
        }
        let row = match input.parse()? {
            Expr::Struct(row) => row,
            other => return Err(Error::new_spanned(other, wanted)),
        };
        input.parse::<Option<Token![,]>>()?;
        if !input.is_empty() {
            return Err(
                input.error("a row ends with its fields\nhelp: write one `new!(...)` for each row")
            );
        }
        Ok(Self { root, row })
    }
}

/// Reads a row; what is wrong goes to `errors`.
pub(crate) fn parse(input: NewInput, errors: &mut Errors) -> NewSpec {
    let NewInput { root, row } = input;
    if let Some(rest) = &row.rest {
        errors.on(
            rest,
            "a new row takes no fields from another\nhelp: leave the rest out: fields with a default, optional ones and a key that the database fills in need not be given",
        );
    } else if let Some(dots) = &row.dot2_token {
        errors.on(
            dots,
            "what is not given is left to the database without a word\nhelp: remove the `..`",
        );
    }
    if row.path.is_ident("Self") {
        errors.on(
            &row.path,
            "`Self` is not known to what is evaluated by the compiler\nhelp: write the model's name",
        );
    }
    let mut fields: Vec<(Ident, Expr)> = Vec::new();
    for field in row.fields {
        let Some((name, value)) = named(field, errors) else {
            continue;
        };
        if fields
            .iter()
            .any(|(other, _)| other.unraw() == name.unraw())
        {
            errors.at(
                name.span(),
                format!(
                    "field `{}` is given twice\nhelp: remove one of the two",
                    name.unraw()
                ),
            );
            continue;
        }
        fields.push((name, value));
    }
    NewSpec {
        root,
        model: row.path,
        fields,
    }
}

fn named(field: FieldValue, errors: &mut Errors) -> Option<(Ident, Expr)> {
    if let Some(attribute) = field.attrs.first() {
        errors.on(
            attribute,
            "a field of a new row has no attributes\nhelp: write a row for each case",
        );
    }
    match field.member {
        Member::Named(name) => Some((name, field.expr)),
        Member::Unnamed(index) => {
            errors.at(
                index.span(),
                "the fields of a model have names\nhelp: write the name of the field in place of the number",
            );
            None
        }
    }
}
