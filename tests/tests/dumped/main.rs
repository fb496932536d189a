//! The dump of a tenant that is made of the baseline, or of a standby, is that of one that was migrated.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod known;
mod objects;
mod rows;
mod settings;

use postgres::Client;
use tenantry::testing::TestDb;
use tenantry_tests::dump::{difference, dump};
use tenantry_tests::fleet::{Folder, app, chain, create, ensure_role, migrate, texts};

/// A table for rows that depend on something.
const TABLE: &str = r#"CREATE TABLE "{tenant}".t (id int DEFAULT 1, at timestamptz, day date, word text, year int);"#;

/// Returns a complaint about new tenants along a chain; nothing if they are made of the baseline and equal the others.
fn wrong(migrations: &[&str]) -> Option<String> {
    let (reason, unlike) = outcome(migrations);
    unlike.or(reason)
}

/// The reason why there is no baseline, or are no standbys; and where a new tenant differs from a migrated one.
fn outcome(migrations: &[&str]) -> (Option<String>, Option<String>) {
    let (db, mut client, [reason, standby]) = migrated(migrations);
    create(&mut client, "made");
    let mut others = vec!["made"];
    if standby.is_empty() {
        app(db.url()).tenants().refill_standbys(1).unwrap();
        create(&mut client, "claimed");
        others.push("claimed");
    }
    let unlike = unlike(&mut client, &db, &others);
    let reasons = [reason, standby].join(" ");
    (Some(reasons).filter(|it| it != " "), unlike)
}

/// Why there is no baseline of a chain.
fn reason(migrations: &[&str]) -> String {
    let db = TestDb::new();
    let mut client = db.connect();
    with_folders(migrations, |folders| migrate(&mut client, chain(folders)));
    texts(
        &mut client,
        "SELECT coalesce(reason, '') FROM tenantry.baseline",
    )
    .concat()
}

/// Makes a folder of each migration.
fn with_folders(migrations: &[&str], work: impl FnOnce(&[Folder<'_>])) {
    let names: Vec<String> = (1..=migrations.len())
        .map(|number| format!("{number:04}_m"))
        .collect();
    let files: Vec<[(&str, &str); 1]> = migrations
        .iter()
        .map(|sql| [("tenant.up.sql", *sql)])
        .collect();
    let folders = names.iter().zip(&files);
    let folders: Vec<Folder<'_>> = folders
        .map(|(name, file)| (name.as_str(), &file[..]))
        .collect();
    work(&folders);
}

/// A database with a tenant that was migrated migration by migration; why there is no baseline, and why are no standbys.
fn migrated(migrations: &[&str]) -> (TestDb, Client, [String; 2]) {
    let db = TestDb::new();
    let mut client = db.connect();
    for role in ["dumped_one", "dumped Two"] {
        ensure_role(&mut client, role);
    }
    client
        .batch_execute("CREATE EXTENSION IF NOT EXISTS postgres_fdw; CREATE SERVER IF NOT EXISTS far FOREIGN DATA WRAPPER postgres_fdw")
        .unwrap();
    migrate(&mut client, chain(&[]));
    create(&mut client, "oldest");
    with_folders(migrations, |folders| {
        for end in 1..=folders.len() {
            migrate(&mut client, chain(&folders[..end]));
        }
    });
    let mut one = |sql: &str| texts(&mut client, sql).concat();
    let reason = one("SELECT coalesce(reason, '') FROM tenantry.baseline");
    let standby = one("SELECT coalesce(standby_reason, '') FROM tenantry.meta");
    (db, client, [reason, standby])
}

fn unlike(client: &mut Client, db: &TestDb, others: &[&str]) -> Option<String> {
    let old = dump(client, db.url(), "oldest")?;
    others.iter().find_map(|other| {
        let theirs = dump(client, db.url(), other)?;
        difference(&old, &theirs).map(|text| format!("{other} differs:\n{text}"))
    })
}

fn all_are_alike(all: &[&str]) {
    let wrong: Vec<String> = all
        .iter()
        .filter_map(|sql| Some(format!("{sql}\n    {}", wrong(&[sql])?)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
