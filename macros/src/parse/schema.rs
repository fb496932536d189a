//! The input of `schema!`.

use proc_macro2::Ident;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::token::{Brace, Bracket};
use syn::{
    Attribute, Error, Path, PathSegment, Result, Token, Visibility, braced, bracketed, parse_quote,
};

/// `pub static SCHEMA = [crate::*, billing::*, auth::{Session, Token}];`
#[derive(Debug)]
pub(crate) struct SchemaSpec {
    /// The path of tenantry, from `#[schema(crate = db)]`.
    pub(crate) root: Path,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    /// The list's brackets.
    pub(crate) brackets: Bracket,
    /// Models by path.
    pub(crate) listed: Vec<Path>,
    /// Crates whose models all belong.
    pub(crate) crates: Vec<CrateSpec>,
}

/// `name::*`.
#[derive(Debug)]
pub(crate) enum CrateSpec {
    /// The crate that the macro stands in.
    Own,
    /// A dependency.
    Other(Ident),
}

/// An entry of the list.
enum Entry {
    Models(Vec<Path>),
    Crate(CrateSpec),
}

impl Parse for SchemaSpec {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut attributes = input.call(Attribute::parse_outer)?;
        let root = root(&attributes)?;
        attributes.retain(|attribute| !is_helper(attribute));
        let vis = input.parse()?;
        input.parse::<Token![static]>()?;
        let ident = input.parse()?;
        input.parse::<Token![=]>()?;
        let content;
        let brackets = bracketed!(content in input);
        let entries = Punctuated::<Entry, Token![,]>::parse_terminated(&content)?;
        input.parse::<Option<Token![;]>>()?;
        if !input.is_empty() {
            return Err(input.error("expected nothing behind the list of models"));
        }
        let (mut listed, mut crates) = (Vec::new(), Vec::new());
        for entry in entries {
            match entry {
                Entry::Models(paths) => listed.extend(paths),
                Entry::Crate(name) => crates.push(name),
            }
        }
        Ok(Self {
            root,
            attributes,
            vis,
            ident,
            brackets,
            listed,
            crates,
        })
    }
}

fn is_helper(attribute: &Attribute) -> bool {
    attribute.path().is_ident("schema")
}

/// The path of tenantry.
fn root(attributes: &[Attribute]) -> Result<Path> {
    let Some(attribute) = attributes.iter().find(|a| is_helper(a)) else {
        return Ok(parse_quote!(::tenantry));
    };
    attribute.parse_args_with(|input: ParseStream<'_>| {
        input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        input.call(Path::parse_mod_style)
    })
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let leading_colon = input.parse()?;
        let mut path = Path {
            leading_colon,
            segments: Punctuated::new(),
        };
        loop {
            path.segments
                .push_value(PathSegment::from(input.call(name)?));
            if !input.peek(Token![::]) {
                return Ok(Self::Models(vec![path]));
            }
            path.segments.push_punct(input.parse()?);
            if input.peek(Token![*]) {
                let star: Token![*] = input.parse()?;
                return whole_crate(&path, star).map(Self::Crate);
            }
            if input.peek(Brace) {
                let content;
                braced!(content in input);
                let inner = Punctuated::<Path, Token![,]>::parse_terminated(&content)?;
                return Ok(Self::Models(
                    inner.into_iter().map(|end| join(&path, end)).collect(),
                ));
            }
        }
    }
}

fn name(input: ParseStream<'_>) -> Result<Ident> {
    use syn::ext::IdentExt;
    if input.peek(Ident::peek_any) {
        Ident::parse_any(input)
    } else {
        Err(input
            .error("expected a model, as `crate::User`, or all models of a crate, as `crate::*`"))
    }
}

fn join(start: &Path, end: Path) -> Path {
    let mut whole = start.clone();
    whole.segments.extend(end.segments);
    whole
}

fn whole_crate(path: &Path, star: Token![*]) -> Result<CrateSpec> {
    let mut names = path.segments.iter().map(|segment| &segment.ident);
    match (names.next(), names.next()) {
        (Some(first), None) if first == "crate" => Ok(CrateSpec::Own),
        (Some(first), None) if first != "self" && first != "super" => {
            Ok(CrateSpec::Other(first.clone()))
        }
        _ => Err(Error::new_spanned(
            star,
            "`*` stands for all models of a crate, not of a module\nhelp: write `crate::*`, or list the module's models by name",
        )),
    }
}
