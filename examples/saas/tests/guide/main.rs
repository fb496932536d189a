//! The guide, followed by a reader: its code is quoted from files that are tested, and its commands print what it says.
//!
//! A line above a block that ends with a link and a colon says where the code is quoted from; one that ends with a
//! name and a colon, which file the reader writes; code below neither is of the file before. A block `console` has commands, and what they print. `…` leaves something out.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::fs;
use std::path::Path;

mod across;
mod catalogues;
mod commands;
mod embedded;
mod links;
mod observing;
mod pages;
mod poolers;
mod quotes;
mod testing;
mod working;

use commands::Reader;
use tenantry::testing::TestDb;
use tenantry_tests::programs::is_not_installed;

#[test]
fn all_code_is_quoted() {
    let problems: Vec<String> = pages::names()
        .iter()
        .flat_map(|page| pages::blocks(page))
        .filter_map(|block| quotes::problem(&block))
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

#[test]
fn all_links_lead_somewhere() {
    let dead: Vec<String> = pages::names()
        .iter()
        .flat_map(|page| links::dead(page))
        .collect();
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn the_tutorial_depends_on_what_the_application_does() {
    let blocks = pages::blocks("tutorial");
    let manifest = blocks
        .iter()
        .find(|block| block.language == "toml")
        .unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(folder.join(path)).unwrap();
    let table = |text: &str| text.parse::<toml::Table>().unwrap();
    let ours = table(&read("Cargo.toml"));
    let workspace = table(&read("../../Cargo.toml"));
    let told = table(&manifest.lines.join("\n"));
    let names = |manifest: &toml::Table| -> Vec<String> {
        let dependencies = manifest["dependencies"].as_table().unwrap();
        dependencies.keys().cloned().collect()
    };
    assert_eq!(names(&told), names(&ours));
    for (name, told) in told["dependencies"].as_table().unwrap() {
        let version =
            |it: &toml::Value| it.get("version").unwrap_or(it).as_str().unwrap().to_owned();
        let pinned = version(&workspace["workspace"]["dependencies"][name]);
        assert!(pinned.starts_with(&version(told)), "{name}: {pinned}");
    }
}

/// Follows a page.
#[track_caller]
fn follow(page: &str, mut reader: Reader) {
    if !reader.has_programs() {
        return is_not_installed("psql, pg_dump or curl");
    }
    for block in pages::blocks(page) {
        if let Some(problem) = reader.follow(&block) {
            panic!("{problem}");
        }
    }
}

/// Makes a test of each page.
macro_rules! pages {
    ($($name:ident: $reader:expr,)*) => {
        $(
            #[test]
            fn $name() {
                follow(stringify!($name), $reader);
            }
        )*

        #[test]
        fn all_pages_are_followed() {
            assert_eq!(pages::names(), ["README", $(stringify!($name)),*]);
        }
    };
}

pages! {
    accounts: Reader::new(),
    across: Reader::with_workspaces(&["acme", "globex"]),
    backups: beside_copies(&TestDb::new(), &TestDb::new()),
    catalogues: Reader::new(),
    deploys: Reader::with_workspaces(&["acme", "globex", "initech"]),
    django: from_django(),
    embedded: Reader::new(),
    jobs: Reader::new(),
    observing: Reader::with_workspaces(&["acme", "globex"]),
    poolers: Reader::new(),
    roles: with_roles(),
    testing: Reader::new(),
    tutorial: Reader::new(),
}

/// A database that django-tenants has made.
fn from_django() -> Reader {
    let reader = Reader::new();
    let mut client = reader.database.connect();
    client.batch_execute(include_str!("django.sql")).unwrap();
    reader
}

/// Two workspaces, and empty databases to restore into.
fn beside_copies(copy: &TestDb, whole: &TestDb) -> Reader {
    Reader::with_workspaces(&["acme", "globex"])
        .address("COPY_URL", copy.url())
        .address("WHOLE_URL", whole.url())
}

/// A database with addresses for the roles of the page, whose names are this database's own, for roles are the whole server's.
fn with_roles() -> Reader {
    let mut reader = Reader::new();
    let (name, url) = (
        reader.database.name().to_owned(),
        reader.database.url().to_owned(),
    );
    let roles = [
        ("saas_owner", "OWNER_URL"),
        ("saas_app", "APP_URL"),
        ("saas_reader", "READER_URL"),
    ];
    for (role, address) in roles {
        let here = format!("{role}_{name}");
        reader = reader
            .address(address, as_role(&url, &here))
            .word(role, &here)
            .role(here);
    }
    reader.word("DATABASE saas", format!("DATABASE {name}"))
}

/// The address with another role in it.
fn as_role(url: &str, role: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let place = rest.split_once('@').map_or(rest, |(_, place)| place);
    format!("{scheme}://{role}@{place}")
}
