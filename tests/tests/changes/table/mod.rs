//! Each change of a model, tried on a tenant without rows, one with odd rows and one with a big table: what is asked, what is written and in
//! which phase, what is locked and looked at, what becomes of the rows, and what is there once it is taken back.
//!
//! Questions, operations and locks are recorded in `snapshots`; what must not be wrong is asserted in [`case`].

mod beside;
mod case;
mod computed;
mod constraints;
mod converted;
mod exclusions;
mod fields;
mod indexes;
mod keys;
mod labels;
mod references;
mod tables;
mod types;
mod watch;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names of the changes in the files beside this one, each with its file.
fn changes() -> BTreeSet<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/changes/table");
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        for after in text.split("\nchange! {\n").skip(1) {
            let mut lines = after.lines().map(str::trim);
            let name = lines.find(|line| !line.starts_with("///")).unwrap();
            found.insert((name.to_owned(), file.clone()));
        }
    }
    found
}

#[test]
fn the_documentation_links_to_each_change_and_to_nothing_else() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/migrations.md");
    let text = fs::read_to_string(page).unwrap();
    let linked: BTreeSet<(String, String)> = text
        .split("](../tests/tests/changes/table/")
        .collect::<Vec<_>>()
        .windows(2)
        .map(|pair| {
            let name = pair[0].rsplit('`').nth(1).unwrap();
            let file = pair[1].split(')').next().unwrap();
            (name.to_owned(), file.to_owned())
        })
        .collect();
    let changes = changes();
    assert!(changes.len() > 100, "{}", changes.len());
    assert_eq!(linked, changes);
}
