//! The guide, followed by a reader: its code is quoted from files that are tested, and its commands print what it says.
//!
//! A line above a block that ends with a link and a colon says where the code is quoted from; one that ends with a
//! name and a colon, which file the reader writes. A block `console` has commands, and what they print. `…` leaves something out.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod commands;
mod pages;
mod quotes;

use commands::Reader;
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

/// Follows a page.
#[track_caller]
fn follow(page: &str, mut reader: Reader) {
    if !reader.has_programs() {
        return is_not_installed("psql or pg_dump");
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
    deploys: Reader::with_workspaces(&["acme", "globex", "initech"]),
    django: from_django(),
}

/// A database that django-tenants has made.
fn from_django() -> Reader {
    let reader = Reader::new();
    let mut client = reader.database.connect();
    client.batch_execute(include_str!("django.sql")).unwrap();
    reader
}
