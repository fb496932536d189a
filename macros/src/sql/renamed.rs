//! SQL of an embedded struct's attributes, where its columns have other names.

use tenantry_sql::{Kind, Token, tokens};

/// SQL with other names for columns: pairs of the name that is written and the one that the column has.
pub(crate) fn renamed(sql: &str, names: &[(String, String)]) -> String {
    let all: Vec<Token<'_>> = tokens(sql).collect();
    let near =
        |token: Option<&Token<'_>>, sign: &str| token.is_some_and(|token| token.text == sign);
    let mut written = String::with_capacity(sql.len());
    for (at, token) in all.iter().enumerate() {
        let next = all[at + 1..].iter().find(|token| !token.is_blank());
        let before = all[..at].iter().rfind(|token| !token.is_blank());
        // A function, or a part of a longer name.
        let is_other =
            near(next, "(") || near(next, ".") || near(before, ".") || near(before, "::");
        let name = token.name().filter(|_| !is_other);
        let column = name.and_then(|name| names.iter().find(|(column, _)| *column == *name));
        match (column, token.kind) {
            (Some((_, new)), Kind::Quoted) => written.extend(["\"", new, "\""]),
            (Some((_, new)), Kind::Word) => written.push_str(new),
            _ => written.push_str(token.text),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_are_renamed_and_nothing_else() {
        let names = [("zip".to_owned(), "billing_zip".to_owned())];
        let cases = [
            ("length(zip) > 3", "length(billing_zip) > 3"),
            ("Zip <> 'zip'", "billing_zip <> 'zip'"),
            (
                r#""zip" = zip::text"#,
                r#""billing_zip" = billing_zip::text"#,
            ),
            ("zip(zip) = a.zip", "zip(billing_zip) = a.zip"),
            ("zipper = 1", "zipper = 1"),
        ];
        for (sql, expected) in cases {
            assert_eq!(renamed(sql, &names), expected);
        }
    }
}
