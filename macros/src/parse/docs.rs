//! Doc comments as comments on tables and columns.

use syn::{Attribute, Expr, Lit, Meta};

/// The text of the doc comments among some attributes; none if it is empty.
pub(crate) fn comment(attributes: &[Attribute]) -> Option<String> {
    let lines: Vec<String> = attributes.iter().filter_map(line).collect();
    let text = lines
        .iter()
        .flat_map(|line| line.split('\n'))
        .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end())
        .collect::<Vec<_>>()
        .join("\n");
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The doc comments among some attributes, hidden ones and included files too.
pub(crate) fn attributes(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .cloned()
        .collect()
}

fn line(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    match &pair.value {
        Expr::Lit(literal) if pair.path.is_ident("doc") => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn lines_are_joined_and_the_space_after_the_slashes_is_not_part_of_them() {
        let attributes: Vec<Attribute> = vec![
            parse_quote!(#[doc = " A customer,"]),
            parse_quote!(#[derive(Debug)]),
            parse_quote!(#[doc = " who pays."]),
            parse_quote!(#[doc(hidden)]),
        ];
        assert_eq!(
            comment(&attributes).as_deref(),
            Some("A customer,\nwho pays.")
        );
    }

    #[test]
    fn an_empty_comment_is_none() {
        assert_eq!(comment(&[parse_quote!(#[doc = "  "])]), None);
        assert_eq!(comment(&[]), None);
    }
}
