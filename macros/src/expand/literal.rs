//! Literals in an expansion.

use proc_macro2::TokenTree;

/// A raw string literal, which shows SQL as it is.
pub(super) fn sql_literal(sql: &str) -> TokenTree {
    let hashes = if sql.contains("\"#") { "##" } else { "#" };
    // A raw literal can't hold a carriage return.
    if !sql.contains('"') || sql.contains("\"##") || sql.contains('\r') {
        return TokenTree::Literal(proc_macro2::Literal::string(sql));
    }
    format!("r{hashes}\"{sql}\"{hashes}")
        .parse::<proc_macro2::Literal>()
        .expect("the text has no such run of hashes behind a quote")
        .into()
}
