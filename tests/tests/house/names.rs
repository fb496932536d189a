//! Types of one name: whoever searches for one finds one.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Names that several types of a crate have on purpose, and why.
pub(crate) const SHARED: [(&str, &str); 16] = [
    ("Sealed", "each module has its own, as is usual"),
    ("Database", "the blocking one, and that of tasks"),
    ("Tenants", "the blocking one, and that of tasks"),
    ("Transaction", "the blocking one, and that of tasks"),
    ("TenantScope", "the blocking one, and that of tasks"),
    ("SharedScope", "the blocking one, and that of tasks"),
    ("ReadScope", "the blocking one, and that of tasks"),
    ("Fleet", "the blocking one, and that of tasks"),
    ("Pool", "the blocking one, and that of tasks"),
    ("Connector", "the blocking one, and that of tasks"),
    ("Open", "the blocking one, and that of tasks"),
    ("Cancel", "the blocking one, and that of tasks"),
    ("Member", "of a pool, with its kind of connection"),
    ("Hook", "the blocking one, and that of tasks"),
    (
        "Tenant",
        "what a handler takes reads as `Tenant(acme): Tenant`",
    ),
    ("Result", "an alias for the errors of a file, as is usual"),
];

/// Files whose types are named as something outside, and why.
pub(crate) const NAMED_OUTSIDE: [(&str, &str); 4] = [
    ("runtime/src/cli/args.rs", "the commands"),
    ("runtime/src/cli/each_args.rs", "a command"),
    (
        "runtime/src/config/file.rs",
        "the tables of `tenantry.toml`",
    ),
    (
        "runtime/src/model/hint.rs",
        "the word that the compiler shows",
    ),
];

/// The names of types that a crate defines more than once, each with the files, of all its files and their texts.
pub(crate) fn shared(files: &[(String, String)]) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in files {
        if NAMED_OUTSIDE.iter().any(|(file, _)| file == path) || is_of_tests(path) {
            continue;
        }
        for name in defined(text.parse().expect("it is Rust")) {
            found.entry(name).or_default().push(path.clone());
        }
    }
    found.retain(|name, files| files.len() > 1 && !SHARED.iter().any(|(shared, _)| shared == name));
    found
}

fn is_of_tests(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.any(|part| ["tests", "tests.rs", "seam_test"].contains(&part))
}

/// The names of the types that some items define; those inside of functions and of tests are nobody else's.
fn defined(items: TokenStream) -> Vec<String> {
    let mut names = Vec::new();
    let tokens: Vec<TokenTree> = items.into_iter().collect();
    let word = |at: usize| match tokens.get(at) {
        Some(TokenTree::Ident(word)) => Some(word.to_string()),
        _ => None,
    };
    for at in 0..tokens.len() {
        let Some(name) = word(at + 1) else { continue };
        match word(at).as_deref() {
            Some("struct" | "enum" | "trait" | "union" | "type") => names.push(name),
            Some("mod") if name != "tests" => {
                if let Some(TokenTree::Group(group)) = tokens.get(at + 2)
                    && group.delimiter() == Delimiter::Brace
                {
                    names.extend(defined(group.stream()));
                }
            }
            _ => {}
        }
    }
    names
}

#[test]
fn types_are_found_wherever_they_are_items() {
    let one = "pub(crate) struct Place; impl X for Y { type Place = u8; } mod deep { enum Way {} } fn f() { struct Step; }";
    let other = "#[cfg(test)] mod tests { struct Way; } trait Place {} type Step = u8;";
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let files = [
        file("a.rs", one),
        file("b.rs", other),
        file("c/tests.rs", "struct Step; struct Way;"),
        file("runtime/src/cli/args.rs", "struct Way;"),
    ];
    let found = shared(&files);
    let found: Vec<_> = found.iter().collect();
    assert_eq!(
        found,
        [(
            &"Place".to_owned(),
            &vec!["a.rs".to_owned(), "b.rs".to_owned()]
        )]
    );
}
