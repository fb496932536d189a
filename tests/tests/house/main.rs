//! The order of the house, counted: what contradicts it may only become less.
//!
//! Each number that is recorded here is a limit, and a place to lower it.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod docs;
mod helps;
mod imports;
mod names;
mod walks;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use imports::Imports;

/// How many of these there may be.
struct Limits {
    circles: usize,
    files_in_circles: usize,
    imports_from_below: usize,
    long_files: usize,
    what_comments: usize,
    returns: usize,
    shared_names: usize,
}

const LIMITS: Limits = Limits {
    circles: 0,
    files_in_circles: 0,
    imports_from_below: 0,
    long_files: 0,
    what_comments: 0,
    returns: 7,
    shared_names: 62,
};

/// The crates whose files may not import each other in circles.
const CRATES: [&str; 3] = ["runtime/src", "runtime/sql/src", "macros/src"];

/// The houses whose rooms have an order in the map.
const HOUSES: [House; 3] = [
    House {
        sources: "macros/src",
        within: "",
    },
    House {
        sources: "runtime/src",
        within: "",
    },
    House {
        sources: "runtime/src",
        within: "migrate",
    },
];

/// A file has so many lines at most, and one of tests so many.
const LONG: usize = 400;
const LONG_TESTS: usize = 500;

/// The folders of the tests.
const TESTS: [&str; 2] = ["tests/src", "tests/tests"];

#[test]
fn walks_enter_no_file_a_third_time() {
    let functions = walks::Functions::read(&workspace().join("runtime/src"));
    let walks = fs::read_dir(workspace().join("tests/tests/house/walks")).unwrap();
    let mut returns = Vec::new();
    let mut beside = walks::Beside::default();
    for walk in walks {
        let walk = fs::read_to_string(walk.unwrap().path()).unwrap();
        for (file, times) in walks::entries(&functions, &walk, &mut beside).unwrap() {
            assert!(times < 3, "`{file}` is entered {times} times");
            returns.extend((times > 1).then_some(file));
        }
    }
    within(
        "returns of walks to a file",
        returns.len(),
        LIMITS.returns,
        &returns,
    );
    let left_out = walks::LEFT_OUT.iter().flat_map(|(_, calls)| *calls);
    let left_out: BTreeSet<String> = left_out.map(|&call| call.to_owned()).collect();
    let missing: Vec<_> = beside.elsewhere.difference(&left_out).collect();
    let gone: Vec<_> = left_out.difference(&beside.known).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "calls that are neither on a walk nor left out: {missing:?}; left out, and called no more: {gone:?}\n\
         help: write them into the walk, or into `LEFT_OUT` with the reason"
    );
}

#[test]
fn files_import_each_other_in_no_new_circles() {
    let circles: Vec<Vec<PathBuf>> = CRATES
        .iter()
        .flat_map(|folder| Imports::read(&workspace().join(folder)).circles())
        .collect();
    let files = circles.iter().map(Vec::len).sum();
    within(
        "circles of imports",
        circles.len(),
        LIMITS.circles,
        &circles,
    );
    within(
        "files in circles of imports",
        files,
        LIMITS.files_in_circles,
        &circles,
    );
}

#[test]
fn a_name_stands_for_one_type() {
    let shared: Vec<String> = CRATES
        .iter()
        .flat_map(|folder| names::shared(&sources(&[folder])))
        .map(|(name, files)| format!("{name}: {}", files.join(", ")))
        .collect();
    within(
        "names of several types",
        shared.len(),
        LIMITS.shared_names,
        &shared,
    );
}

#[test]
fn rooms_import_only_from_rooms_above_them() {
    let below: Vec<String> = HOUSES.iter().flat_map(House::imports_from_below).collect();
    within(
        "imports from rooms below",
        below.len(),
        LIMITS.imports_from_below,
        &below,
    );
}

#[test]
fn rooms_of_migrations_have_at_most_ten_files() {
    let mut counts: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for file in imports::files(&workspace().join("runtime/src/migrate")) {
        *counts.entry(file.parent().unwrap().to_owned()).or_default() += 1;
    }
    counts.retain(|_, files| *files > 10);
    assert!(counts.is_empty(), "{counts:?}");
}

#[test]
fn the_map_has_every_room() {
    for house in &HOUSES {
        let mapped: BTreeSet<PathBuf> = house.rooms().into_iter().collect();
        let files = imports::files(&workspace().join(house.folder()));
        let built: BTreeSet<PathBuf> = files.iter().filter_map(|file| house.room(file)).collect();
        let differ: Vec<_> = built.symmetric_difference(&mapped).collect();
        assert!(
            differ.is_empty(),
            "only docs/architecture.md or only `{}` has {differ:?}",
            house.folder()
        );
    }
}

#[test]
fn files_are_no_longer_than_one_can_keep_in_mind() {
    let mut long = Vec::new();
    for (folders, limit) in [(&CRATES[..], LONG), (&TESTS[..], LONG_TESTS)] {
        for (path, text) in sources(folders) {
            let lines = text.lines().count();
            long.extend((lines > limit).then(|| format!("{path}: {lines} lines")));
        }
    }
    within("long files", long.len(), LIMITS.long_files, &long);
}

#[test]
fn comments_open_with_a_verb_or_a_noun() {
    let folders = ["runtime", "macros", "tests", "benches", "examples"];
    let mut found = Vec::new();
    for (path, text) in sources(&folders) {
        let mut within = false;
        for (number, line) in text.lines().enumerate() {
            let comment = line.trim_start();
            let words = comment.strip_prefix("///").or(comment.strip_prefix("//!"));
            // A sentence further down may well begin so.
            if words.is_some_and(|words| !within && words.starts_with(" What ")) {
                found.push(format!("{path}:{}", number + 1));
            }
            within = words.is_some();
        }
    }
    within(
        "comments that open with `What`",
        found.len(),
        LIMITS.what_comments,
        &found,
    );
}

#[test]
fn public_items_open_with_a_verb_or_a_noun() {
    let mut found = Vec::new();
    for (path, text) in sources(&["runtime", "macros", "tests/src", "benches", "examples"]) {
        let without = docs::open_otherwise(&text).into_iter();
        found.extend(without.map(|what| format!("{path}: {what}")));
    }
    assert!(
        found.is_empty(),
        "items whose docs open with neither verb nor noun: {found:#?}\n\
         help: say what a function does: `Tells whether`, `Returns`, or what it gives: `The name`"
    );
}

#[test]
fn errors_say_what_to_do() {
    let mut found: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (path, text) in sources(&["runtime/src"]) {
        let path = path.strip_prefix("runtime/src/").unwrap();
        let is_of_tests = path.ends_with("tests.rs") || path.contains("seam_test");
        let lines = helps::missing(&text);
        if !is_of_tests && !lines.is_empty() {
            found.insert(path.to_owned(), lines);
        }
    }
    let recorded = helps::WITHOUT.map(|(path, count, _)| (path.to_owned(), count));
    found.retain(|path, lines| !recorded.contains(&(path.clone(), lines.len())));
    assert!(
        found.is_empty(),
        "errors without a way out, by file and line: {found:?}\n\
         help: add a line `help: ` to the message, or `.help(...)` to what is made of somebody else's words"
    );
}

#[test]
fn the_minimum_version_of_rust_is_the_same_everywhere() {
    let pinned = read("rust-toolchain.toml");
    let pinned = pinned.split("channel = \"").nth(1).unwrap();
    let pinned = pinned.split(".0\"").next().unwrap();
    assert!(read("Cargo.toml").contains(&format!("rust-version = \"{pinned}\"")));
    assert!(read("README.md").contains(&format!("Rust {pinned}.")));
}

#[test]
fn every_feature_is_in_the_documentation() {
    let manifest = read("runtime/Cargo.toml");
    let features = manifest.split("[features]\n").nth(1).unwrap();
    let features = features.split("\n\n").next().unwrap();
    let page = read("runtime/src/lib.rs");
    let table = page.split("//! # Features").nth(1).unwrap();
    let table = table.split("//! # ").next().unwrap();
    let names = features.lines().filter_map(|line| line.split_once(" = ["));
    let missing: Vec<_> = names
        .map(|(name, _)| format!("`{name}`"))
        .filter(|name| name != "`default`" && !table.contains(name))
        .collect();
    assert!(
        missing.is_empty(),
        "runtime/src/lib.rs has no row for {missing:?}"
    );
}

fn within(what: &str, found: usize, limit: usize, list: &impl std::fmt::Debug) {
    assert!(
        found <= limit,
        "{found} {what}, and there may be {limit}: {list:#?}\n\
         help: fix the new one; the numbers in `tests/tests/house` may only fall"
    );
    if found < limit {
        eprintln!("{found} {what} are left: lower the limit of {limit}");
    }
}

/// A crate, or a folder of one.
struct House {
    sources: &'static str,
    within: &'static str,
}

impl House {
    fn folder(&self) -> String {
        let folder = format!("{}/{}", self.sources, self.within);
        folder.trim_end_matches('/').to_owned()
    }

    /// The rooms, ground floor first, as the map has them.
    fn rooms(&self) -> Vec<PathBuf> {
        let page = read("docs/architecture.md");
        let title = format!("### `{}`", self.folder());
        let table = page.split(&title).nth(1).expect("the map");
        let table = table.split("\n#").next().expect("the end of the map");
        table
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            .map(|room| PathBuf::from(room.trim_end_matches('/')))
            .collect()
    }

    /// The room of a file, which is none of a file elsewhere and of the house's own.
    fn room(&self, file: &Path) -> Option<PathBuf> {
        let file = file.strip_prefix(workspace().join(self.folder())).ok()?;
        let is_own = [Path::new("lib.rs"), Path::new("mod.rs")].contains(&file);
        (!is_own).then(|| PathBuf::from(file.components().next().expect("a file").as_os_str()))
    }

    fn imports_from_below(&self) -> Vec<String> {
        let rooms = self.rooms();
        let sources = workspace().join(self.sources);
        let floor = |file: &Path| {
            let room = self.room(&sources.join(file))?;
            let found = rooms.iter().position(|other| *other == room);
            let floor = found.ok_or_else(|| room.display().to_string());
            Some(floor.expect("a room that docs/architecture.md has"))
        };
        Imports::read(&sources)
            .edges()
            .filter(|(from, to)| {
                matches!((floor(from), floor(to)), (Some(from), Some(to)) if to > from)
            })
            .map(|(from, to)| format!("{} imports {}", from.display(), to.display()))
            .collect()
    }
}

/// The paths, from the workspace, and texts of the Rust files in folders.
fn sources(folders: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in folders {
        for path in imports::files(&workspace().join(folder)) {
            let shown = path
                .strip_prefix(workspace())
                .unwrap()
                .display()
                .to_string();
            // Programs that are wrong on purpose.
            if !shown.starts_with("tests/ui/") {
                found.push((shown, fs::read_to_string(path).unwrap()));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn read(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).unwrap()
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
