//! The input of `sql!`.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, LitStr, Path, Result, Token, parse_quote};

use crate::errors::Errors;
use crate::sql::effect::{Effect, effect};
use crate::sql::relations::{Relation, relations};
use crate::sql::slots::{SLOT, take_out};
use crate::sql::tokens::{Token as SqlToken, tokens};

/// A statement, after the path of tenantry where that is given.
#[derive(Debug)]
pub(crate) struct RawInput {
    pub(crate) root: Path,
    /// Whether names in the statement are its author's responsibility: `sql!(unchecked "...")`.
    pub(crate) unchecked: bool,
    pub(crate) statement: LitStr,
}

/// A statement, taken apart.
#[derive(Debug)]
pub(crate) struct RawSpec {
    pub(crate) span: Span,
    pub(crate) unchecked: bool,
    pub(crate) tokens: Vec<SqlToken>,
    pub(crate) relations: Vec<Relation>,
    pub(crate) effect: Effect,
    pub(crate) slots: Vec<Slot>,
    /// The texts before, between and behind the slots.
    pub(crate) texts: Vec<String>,
}

/// Content of a slot.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) model: Path,
    /// The field, if it is a column and not the table.
    pub(crate) field: Option<Ident>,
}

impl Parse for RawInput {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut root = parse_quote!(::tenantry);
        if input.peek(Token![crate]) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            root = input.parse()?;
            input.parse::<Token![,]>()?;
        }
        let unchecked = input.peek(Ident) && input.peek2(LitStr) && {
            let word: Ident = input.fork().parse()?;
            word == "unchecked"
        };
        if unchecked {
            input.parse::<Ident>()?;
        }
        if !input.peek(LitStr) {
            return Err(Error::new(
                input.span(),
                "the statement is a literal, since its models are looked up while the program is compiled\nhelp: write the text itself, and give values as parameters `$1`, `$2`, ...",
            ));
        }
        let statement = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        if !input.is_empty() {
            return Err(input.error(
                "values are not given to `sql!`\nhelp: write `$1` in the statement, and bind the value where it is run",
            ));
        }
        Ok(Self {
            root,
            unchecked,
            statement,
        })
    }
}

/// Takes a statement apart; what is wrong goes to `errors`.
pub(crate) fn parse(input: &RawInput, errors: &mut Errors) -> Option<RawSpec> {
    let statement = &input.statement;
    let span = statement.span();
    let slotted = take_out(&statement.value());
    let slotted = slotted.map_err(|message| errors.at(span, message)).ok()?;
    let tokens = tokens(&slotted.text);
    let mut tokens = tokens.map_err(|message| errors.at(span, message)).ok()?;
    let mut text = slotted.text.trim_end();
    if tokens.last() == Some(&SqlToken::Symbol(';')) && text.ends_with(';') {
        tokens.pop();
        text = text[..text.len() - 1].trim_end();
    }
    let slots: Vec<_> = slotted
        .slots
        .iter()
        .filter_map(|inside| {
            let slot = slot(inside, span);
            slot.map_err(|message| errors.at(span, message)).ok()
        })
        .collect();
    (slots.len() == slotted.slots.len()).then(|| RawSpec {
        span,
        unchecked: input.unchecked,
        relations: relations(&tokens),
        effect: effect(&tokens),
        tokens,
        slots,
        texts: text.split(SLOT).map(str::to_owned).collect(),
    })
}

/// Reads `Customer`, `billing::Invoice` or `Customer.email`.
pub(super) fn slot(inside: &str, span: Span) -> std::result::Result<Slot, String> {
    let (model, field) = match inside.rsplit_once('.') {
        Some((model, field)) => (model, Some(field)),
        None => (inside, None),
    };
    let wrong = || {
        format!(
            "`{{{inside}}}` is neither a model nor a field of one\nhelp: write `{{Model}}` or `{{Model.field}}`"
        )
    };
    // A place of the literal, and not the literal itself: so the compiler proposes nothing that would replace it.
    let span = Span::call_site().located_at(span);
    let model: Path = LitStr::new(model.trim(), span)
        .parse()
        .map_err(|_| wrong())?;
    let field = field.map(|field| {
        use syn::ext::IdentExt;
        LitStr::new(field.trim(), span).parse_with(Ident::parse_any)
    });
    let field = field.transpose().map_err(|_| wrong())?;
    Ok(Slot { model, field })
}
