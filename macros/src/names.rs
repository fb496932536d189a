//! Names: from Rust's to PostgreSQL's, and what PostgreSQL makes of them.

use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::ext::IdentExt;

/// The longest name that PostgreSQL keeps whole.
pub(crate) const LONGEST: usize = 63;

/// Columns that every table has already.
pub(crate) const SYSTEM_COLUMNS: [&str; 7] =
    ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", "oid"];

/// The table of a model that names none: `LineItem` is stored in `line_items`.
pub(crate) fn table(model: &Ident) -> String {
    plural(&model.unraw().to_string().to_snake_case())
}

/// The plural of an English noun, by its ending.
fn plural(noun: &str) -> String {
    let before_y = noun
        .strip_suffix('y')
        .filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    if let Some(stem) = before_y.filter(|stem| !stem.is_empty()) {
        return format!("{stem}ies");
    }
    let hisses = ["s", "x", "z", "ch", "sh"]
        .iter()
        .any(|ending| noun.ends_with(ending));
    format!("{noun}{}", if hisses { "es" } else { "s" })
}

/// The constant of a field's column: `created_at` is `CREATED_AT`.
pub(crate) fn constant(field: &Ident) -> Ident {
    Ident::new(&field.unraw().to_string().to_uppercase(), field.span())
}

/// The struct that inserts a model's rows: `NewCustomer`.
pub(crate) fn new_row(model: &Ident) -> Ident {
    format_ident!("New{}", model.unraw(), span = model.span())
}

/// The struct that selects the fields of a row: `SelectSummary`.
pub(crate) fn selector(row: &Ident) -> Ident {
    format_ident!("Select{}", row.unraw(), span = row.span())
}

/// The name by which all that is generated for an item knows tenantry's internals.
///
/// The path of tenantry is written once for an item: so the compiler tells of a wrong one once.
pub(crate) fn runtime(item: &Ident) -> Ident {
    format_ident!("__{}Runtime", item.unraw(), span = Span::call_site())
}

/// The label of an enum's variant in the case that `rename_all` asks for.
pub(crate) fn label(variant: &Ident, case: Case) -> String {
    let name = variant.unraw().to_string();
    match case {
        Case::Snake => name.to_snake_case(),
        Case::ScreamingSnake => name.to_snake_case().to_uppercase(),
        Case::Kebab => name.to_snake_case().replace('_', "-"),
        Case::ScreamingKebab => name.to_snake_case().replace('_', "-").to_uppercase(),
        Case::Lower => name.to_lowercase(),
        Case::Upper => name.to_uppercase(),
        Case::Pascal => name.to_upper_camel_case(),
        Case::Camel => {
            let pascal = name.to_upper_camel_case();
            let mut letters = pascal.chars();
            letters
                .next()
                .map(|first| first.to_lowercase().chain(letters).collect())
                .unwrap_or_default()
        }
    }
}

/// How an enum's variants are written as labels; the names are those of serde.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Case {
    #[default]
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
    Lower,
    Upper,
    Pascal,
    Camel,
}

impl Case {
    /// Each case by its name in `rename_all`.
    pub(crate) const ALL: [(&'static str, Self); 8] = [
        ("snake_case", Self::Snake),
        ("SCREAMING_SNAKE_CASE", Self::ScreamingSnake),
        ("kebab-case", Self::Kebab),
        ("SCREAMING-KEBAB-CASE", Self::ScreamingKebab),
        ("lowercase", Self::Lower),
        ("UPPERCASE", Self::Upper),
        ("PascalCase", Self::Pascal),
        ("camelCase", Self::Camel),
    ];
}

/// Whether a field of this name holds the ids of rows, as it seems.
pub(crate) fn is_of_ids(field: &str) -> bool {
    field.ends_with("_id") || field.ends_with("_ids")
}

/// Why a name can't be one in PostgreSQL, if it can't.
pub(crate) fn objection(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("is empty".to_owned());
    }
    if name.len() > LONGEST {
        return Some(format!(
            "has {} bytes, and PostgreSQL cuts names off after {LONGEST}",
            name.len()
        ));
    }
    let mut bytes = name.bytes();
    let starts = bytes
        .next()
        .is_some_and(|b| b.is_ascii_lowercase() || b == b'_');
    let goes_on = bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    (!(starts && goes_on)).then(|| {
        "is not written in small letters, digits and `_`, beginning with no digit".to_owned()
    })
}

/// A name like the given one that [`objection`] has nothing against.
pub(crate) fn plain(name: &str) -> String {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut plain = name.replace(|letter| !allowed(letter), "_").to_snake_case();
    if plain.is_empty() {
        return "...".to_owned();
    }
    if plain.starts_with(|first: char| first.is_ascii_digit()) {
        plain.insert(0, '_');
    }
    plain.truncate(LONGEST);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ident(name: &str) -> Ident {
        syn::parse_str(name).expect("the test names an identifier")
    }

    #[test]
    fn tables_are_named_by_the_plural_of_the_model() {
        let cases = [
            ("Plan", "plans"),
            ("LineItem", "line_items"),
            ("Country", "countries"),
            ("Day", "days"),
            ("Address", "addresses"),
            ("Box", "boxes"),
            ("Branch", "branches"),
            ("Y", "ys"),
        ];
        for (model, expected) in cases {
            assert_eq!(table(&ident(model)), expected);
        }
    }

    #[test]
    fn a_raw_identifier_leaves_its_prefix_behind() {
        assert_eq!(constant(&ident("r#type")), "TYPE");
        assert_eq!(new_row(&ident("Plan")), "NewPlan");
    }

    #[test]
    fn labels_take_the_case_that_is_asked_for() {
        let expected = [
            "past_due", "PAST_DUE", "past-due", "PAST-DUE", "pastdue", "PASTDUE", "PastDue",
            "pastDue",
        ];
        for ((_, case), expected) in Case::ALL.into_iter().zip(expected) {
            assert_eq!(label(&ident("PastDue"), case), expected);
        }
    }

    #[test]
    fn names_are_refused_that_postgresql_would_change() {
        assert!(objection(&"a".repeat(63)).is_none());
        assert!(objection(&"a".repeat(64)).is_some());
        assert!(objection("_a1").is_none());
        for name in [
            "1a",
            "fooBar",
            "us-ers",
            "größe",
            "acme.users",
            &"a".repeat(64),
        ] {
            assert!(objection(name).is_some(), "{name}");
            assert_eq!(objection(&plain(name)), None, "{name}");
        }
        assert!(objection("").is_some());
    }
}
