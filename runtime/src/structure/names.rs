//! Names for constraints and indexes: PostgreSQL's usual ones, never two equal in a schema.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::name::MAX_IDENTIFIER_BYTES;

/// The longest name made here, in bytes. Citus appends a shard's number to the names of relations, and hashes what gets too long.
const LONGEST: usize = 50;

/// The names that are taken in a schema.
///
/// PostgreSQL keeps tables and indexes in one set of names per schema; checks and foreign keys need be distinct within
/// their table only, but messages that name a constraint are clearer when no other has that name.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: BTreeSet<String>,
    /// Names that the models ask for. They are kept from being taken by a name that is made up.
    wanted: BTreeSet<String>,
}

impl Names {
    /// Keeps a name for what asks for it.
    pub(super) fn want(&mut self, name: &str) {
        self.wanted.insert(name.to_owned());
    }

    /// Takes a name as it is, or a variant of it when it is too long or taken already.
    pub(super) fn take(&mut self, name: &str) -> String {
        if name.len() <= MAX_IDENTIFIER_BYTES && self.taken.insert(name.to_owned()) {
            return name.to_owned();
        }
        self.vary(name, "", name)
    }

    /// Makes up a name out of a table, columns and what is being named, and takes it.
    ///
    /// `content` tells apart what would get the same name, so that the order in which they come does not matter.
    pub(super) fn derive(
        &mut self,
        table: &str,
        columns: &[&str],
        suffix: &str,
        content: &str,
    ) -> String {
        let stem = [&[table], columns].concat().join("_");
        let name = format!("{stem}_{suffix}");
        if name.len() > LONGEST {
            return self.vary(&stem, suffix, &name);
        }
        if self.wanted.contains(&name) || !self.taken.insert(name.clone()) {
            return self.vary(&stem, suffix, content);
        }
        name
    }

    fn vary(&mut self, stem: &str, suffix: &str, content: &str) -> String {
        let mut hashed = content.to_owned();
        loop {
            let name = shortened(stem, suffix, &hashed);
            if !self.wanted.contains(&name) && self.taken.insert(name.clone()) {
                return name;
            }
            hashed.push('+');
        }
    }
}

/// Returns a name for what is there during a migration only. The hash in it keeps it from being one that somebody has given.
pub(super) fn temporary_name(stem: &[&str], suffix: &str) -> String {
    let stem = stem.join("_");
    shortened(&stem, suffix, &format!("{stem}_{suffix}"))
}

/// Returns the name for what takes the place of something of a table, until it has the name of that.
pub(crate) fn next_name(table: &str, name: &str) -> String {
    temporary_name(&[table, name], "next")
}

/// The start of a name, a hash, and its suffix.
fn shortened(stem: &str, suffix: &str, hashed: &str) -> String {
    let mut end = String::with_capacity(16);
    for byte in &Sha256::digest(hashed)[..4] {
        write!(end, "{byte:02x}").expect("writing to a string does not fail");
    }
    if !suffix.is_empty() {
        end = format!("{end}_{suffix}");
    }
    let mut room = stem.len().min(LONGEST - 1 - end.len());
    while !stem.is_char_boundary(room) {
        room -= 1;
    }
    format!("{}_{end}", stem[..room].trim_end_matches('_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_name_is_taken_when_it_is_free_and_short() {
        let mut names = Names::default();
        assert_eq!(
            names.derive("customers", &["email"], "key", ""),
            "customers_email_key"
        );
    }

    #[test]
    fn a_long_name_keeps_its_start_and_its_suffix() {
        let column = "a_column_whose_name_goes_on_and_on_and_on_for_long";
        let name = Names::default().derive("invoices", &[column], "fkey", "");
        assert_eq!(name.len(), LONGEST);
        assert!(name.starts_with("invoices_a_column_whose_name"), "{name}");
        assert!(name.ends_with("_fkey"), "{name}");
        let again = Names::default().derive("invoices", &[column], "fkey", "something else");
        assert_eq!(name, again);
    }

    #[test]
    fn a_name_is_cut_between_characters() {
        let name = Names::default().derive(&"ä".repeat(40), &[], "pkey", "");
        assert!(name.len() <= LONGEST, "{name}");
    }

    #[test]
    fn two_that_would_be_called_alike_get_different_names() {
        let mut names = Names::default();
        let one = names.derive("a_b", &["c"], "idx", "a_b c");
        let other = names.derive("a", &["b_c"], "idx", "a b_c");
        let third = names.derive("a", &["b_c"], "idx", "a b_c");
        assert_eq!(one, "a_b_c_idx");
        assert_ne!(one, other);
        assert_ne!(other, third);
    }

    #[test]
    fn a_name_that_a_model_asks_for_is_left_for_it() {
        let mut names = Names::default();
        names.want("items_code_key");
        assert_ne!(
            names.derive("items", &["code"], "key", ""),
            "items_code_key"
        );
        assert_eq!(names.take("items_code_key"), "items_code_key");
        assert_ne!(names.take("items_code_key"), "items_code_key");
    }
}
