//! Names of structs, fields and variants for tables, columns and labels.

use std::collections::BTreeSet;

/// Words that Rust keeps for itself, and that `r#` makes names.
const KEYWORDS: [&str; 46] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where",
];

/// Words that are no names even with `r#`, and others that a field can't have or that read badly.
const NO_NAMES: [&str; 6] = ["self", "super", "crate", "new", "while", "yield"];

/// Types that the models use by their short names, which a struct of the same name would hide.
const TAKEN: [&str; 34] = [
    "Always",
    "Box",
    "Clone",
    "Column",
    "Copy",
    "Database",
    "Date",
    "Debug",
    "Decimal",
    "Default",
    "Drop",
    "Err",
    "Eq",
    "Fk",
    "Fn",
    "Iterator",
    "Json",
    "Model",
    "None",
    "Ok",
    "Option",
    "Queries",
    "Query",
    "Relation",
    "Result",
    "Row",
    "Self",
    "Send",
    "Some",
    "Stored",
    "String",
    "Timestamp",
    "Uuid",
    "Vec",
];

/// Nouns whose plural follows no rule, or that have none.
const IRREGULAR: [(&str, &str); 12] = [
    ("people", "person"),
    ("children", "child"),
    ("men", "man"),
    ("women", "woman"),
    ("news", "news"),
    ("series", "series"),
    ("species", "species"),
    ("movies", "movie"),
    ("statuses", "status"),
    ("bonuses", "bonus"),
    ("viruses", "virus"),
    ("campuses", "campus"),
];

/// The longest name that PostgreSQL keeps whole.
const LONGEST: usize = 63;

/// Columns that every table has already.
const SYSTEM_COLUMNS: [&str; 7] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", "oid"];

/// Tells whether a model can have a table, column, index or check of this name.
pub(super) fn is_plain(name: &str) -> bool {
    let mut bytes = name.bytes();
    let starts = bytes
        .next()
        .is_some_and(|b| b.is_ascii_lowercase() || b == b'_');
    let goes_on = bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    starts && goes_on && name.len() <= LONGEST && name.bytes().any(|b| b != b'_')
}

/// Tells whether a field can have a column of this name.
pub(super) fn is_column(name: &str) -> bool {
    is_plain(name) && !SYSTEM_COLUMNS.contains(&name)
}

/// The names of the structs and enums, each once.
#[derive(Debug, Default)]
pub(super) struct TypeNames(BTreeSet<String>);

impl TypeNames {
    /// Takes a name for the struct of a table, and that of the struct of its new rows.
    pub(super) fn of_table(&mut self, table: &str) -> String {
        let name = camel(&singular(table));
        self.free(&name, "Record", true)
    }

    /// Takes a name for an enum.
    pub(super) fn of_enum(&mut self, name: &str) -> String {
        self.free(&camel(name), "Kind", false)
    }

    fn free(&mut self, name: &str, suffix: &str, has_new: bool) -> String {
        let is_free = |taken: &BTreeSet<String>, name: &str| {
            let new = format!("New{name}");
            let is_taken = TAKEN.contains(&name) || taken.contains(name);
            !(is_taken || has_new && taken.contains(&new))
        };
        let mut found = name.to_owned();
        let mut number = 1;
        while !is_free(&self.0, &found) {
            found = match number {
                1 => format!("{name}{suffix}"),
                _ => format!("{name}{suffix}{number}"),
            };
            number += 1;
        }
        self.0.insert(found.clone());
        if has_new {
            self.0.insert(format!("New{found}"));
        }
        found
    }
}

/// Tells whether a model of this name has this table without saying so.
pub(super) fn is_table_of(model: &str, table: &str) -> bool {
    is_usual_table(table) && camel(&singular(table)) == model
}

/// Tells whether the model that is called after this table has it without saying so.
fn is_usual_table(table: &str) -> bool {
    let noun = singular(table);
    let is_word = |word: &str| word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase());
    noun.split('_').all(is_word) && plural(&noun) == table
}

/// The singular of the last noun of a name, by its ending.
fn singular(name: &str) -> String {
    let (before, noun) = match name.rfind('_') {
        Some(at) => name.split_at(at + 1),
        None => ("", name),
    };
    let lower = noun.to_ascii_lowercase();
    if let Some((_, one)) = IRREGULAR.iter().find(|(many, _)| *many == lower) {
        return format!("{before}{one}");
    }
    let cut = |ending: &str, with: &str| {
        let stem = noun.strip_suffix(ending).filter(|stem| stem.len() > 1)?;
        Some(format!("{before}{stem}{with}"))
    };
    if let Some(found) = cut("ies", "y") {
        return found;
    }
    for (ending, with) in [
        ("sses", "ss"),
        ("xes", "x"),
        ("zzes", "zz"),
        ("ches", "ch"),
        ("shes", "sh"),
    ] {
        if let Some(found) = cut(ending, with) {
            return found;
        }
    }
    let stays = ["ss", "us", "is", "as"]
        .iter()
        .any(|end| lower.ends_with(end));
    match cut("s", "") {
        Some(found) if !stays => found,
        _ => name.to_owned(),
    }
}

/// The plural of an English noun, as the macros make it.
fn plural(noun: &str) -> String {
    let before_y = noun
        .strip_suffix('y')
        .filter(|stem| !stem.is_empty() && !stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    if let Some(stem) = before_y {
        return format!("{stem}ies");
    }
    let hisses = ["s", "x", "z", "ch", "sh"]
        .iter()
        .any(|ending| noun.ends_with(ending));
    format!("{noun}{}", if hisses { "es" } else { "s" })
}

/// A name in the case of Rust's types.
pub(super) fn camel(name: &str) -> String {
    let mut camel = String::new();
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    for word in words.filter(|word| !word.is_empty()) {
        let is_shouted = !word.bytes().any(|b| b.is_ascii_lowercase());
        let mut letters = word.chars();
        if let Some(first) = letters.next() {
            camel.push(first.to_ascii_uppercase());
        }
        camel.extend(letters.map(|c| {
            if is_shouted {
                c.to_ascii_lowercase()
            } else {
                c
            }
        }));
    }
    if !camel.starts_with(|c: char| c.is_ascii_alphabetic()) {
        camel.insert(0, 'T');
    }
    camel
}

/// The field of a column; that of a foreign key is called after the row that it leads to.
pub(super) fn field(column: &str, is_reference: bool, taken: &[String]) -> String {
    let short = column.strip_suffix("_id").filter(|short| {
        is_reference && is_plain(short) && !taken.iter().any(|other| other == short)
    });
    ident(short.unwrap_or(column))
}

fn ident(name: &str) -> String {
    if NO_NAMES.contains(&name) {
        format!("{name}_")
    } else if KEYWORDS.contains(&name) {
        format!("r#{name}")
    } else {
        name.to_owned()
    }
}

/// The name of a field as the macros know it.
pub(super) fn unraw(field: &str) -> &str {
    field.strip_prefix("r#").unwrap_or(field)
}

/// The variants of an enum for labels; nothing if there are none, two would have the same name, or one none.
pub(super) fn variants(labels: &[String]) -> Option<Vec<String>> {
    if labels.is_empty() {
        return None;
    }
    let mut names: Vec<String> = Vec::new();
    for label in labels {
        let is_ascii = label.bytes().any(|b| b.is_ascii_alphanumeric());
        let mut name = camel(label);
        if name == "Self" {
            name.push('_');
        }
        if !is_ascii || names.contains(&name) {
            return None;
        }
        names.push(name);
    }
    Some(names)
}

/// Tells whether a variant has this label without saying so.
pub(super) fn is_usual_label(label: &str) -> bool {
    let is_word = |word: &str| word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase());
    label.split('_').all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_become_structs_in_the_singular() {
        for (table, expected) in [
            ("customers", "Customer"),
            ("line_items", "LineItem"),
            ("companies", "Company"),
            ("addresses", "Address"),
            ("boxes", "Box_"),
            ("branches", "Branch"),
            ("status", "Status"),
            ("people", "Person"),
            ("news", "News"),
            ("work_project", "WorkProject"),
            ("dates", "DateRecord"),
            ("2fa_tokens", "T2faToken"),
        ] {
            let name = TypeNames::default().of_table(table);
            let expected = expected.replace('_', "Record");
            assert_eq!(name, expected, "{table}");
        }
    }

    #[test]
    fn a_name_that_is_taken_gets_another() {
        let mut names = TypeNames::default();
        assert_eq!(names.of_table("users"), "User");
        assert_eq!(names.of_table("user"), "UserRecord");
        assert_eq!(names.of_table("user_"), "UserRecord2");
        // `NewUser` inserts rows of `User`, and `NewUserRecord` and `NewUserRecord2` those of the others.
        assert_eq!(names.of_table("new_users"), "NewUserRecord3");
        let mut names = TypeNames::default();
        assert_eq!(names.of_table("new_users"), "NewUser");
        assert_eq!(names.of_table("users"), "UserRecord");
    }

    #[test]
    fn fields_are_no_keywords() {
        for (column, is_reference, expected) in [
            ("type", false, "r#type"),
            ("self", false, "self_"),
            ("new", false, "new_"),
            ("plan_id", true, "plan"),
            ("plan_id", false, "plan_id"),
            ("type_id", true, "r#type"),
            ("taken_id", true, "taken_id"),
            ("_id", true, "_id"),
        ] {
            let found = field(column, is_reference, &["taken".to_owned()]);
            assert_eq!(found, expected, "{column}");
        }
    }

    #[test]
    fn a_model_with_another_name_says_its_table() {
        let name = TypeNames::default().of_table("results");
        assert_eq!(name, "ResultRecord");
        assert!(!is_table_of(&name, "results"));
        assert!(is_table_of("Customer", "customers"));
    }

    #[test]
    fn the_usual_table_is_known() {
        for (table, usual) in [
            ("customers", true),
            ("line_items", true),
            ("customer", false),
            ("news", false),
            ("a_bs", false),
            ("oauth2_clients", false),
        ] {
            assert_eq!(is_usual_table(table), usual, "{table}");
        }
    }
}
