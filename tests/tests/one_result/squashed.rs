//! Ranges of a chain made one, wherever they can be.

use std::collections::BTreeMap;
use std::fs;

use tempfile::TempDir;
use tenantry::ErrorKind;
use tenantry::migrate::Chain;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{check_whole, create, key, migrate, migrator};

use crate::dumps::{Dump, dumps};
use crate::{alike, chain};

/// How many migrations become one at most.
const LONGEST: usize = 4;

/// To one who has all of the ranges, to one who has none and gets the one for each, and to one who comes then. Tells how many ranges could
/// be made one.
pub(crate) fn squashed(
    database: &TestDb,
    migrations: &[String],
) -> (usize, Option<BTreeMap<String, Dump>>) {
    let mut client = database.connect();
    let whole = chain(migrations, migrations.len());
    migrate(&mut client, chain(migrations, 0));
    for name in ["tenant_ahead_of_squash", "tenant_behind_squash"] {
        create(&mut client, name);
    }
    let ahead = migrator(whole.clone()).only([key("tenant_ahead_of_squash")]);
    ahead.on(&mut client).run().unwrap();
    let folder = written(&whole);
    let open = || Chain::open(folder.path()).unwrap();
    let last = migrations.len() + 1;
    let mut at = 2;
    let mut ranges = Vec::new();
    while at < last {
        let mut ends = (at + 1..=last.min(at + LONGEST - 1)).rev();
        let end = ends.find(|end| {
            let made = migrator(open()).on(&mut client).squash(
                &at.to_string(),
                &end.to_string(),
                "squashed",
            );
            match made {
                Ok(squash) => squash.write().map(|_| true).unwrap(),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Migration, "{error}");
                    println!("{at} to {end}: {error}");
                    false
                }
            }
        });
        ranges.extend(end.map(|end| (at, end)));
        at = end.unwrap_or(at) + 1;
    }
    println!("squashed: {ranges:?}");
    migrate(&mut client, open());
    create(&mut client, "tenant_after_squash");
    check_whole(&mut client, &open());
    alike(&mut client);
    (ranges.len(), dumps(&mut client, database))
}

/// The chain in a folder.
fn written(chain: &Chain) -> TempDir {
    let folder = TempDir::new().unwrap();
    for migration in chain.migrations() {
        let (id, path) = (migration.id(), folder.path().join(migration.id()));
        fs::create_dir(&path).unwrap();
        let manifest = format!("format = 1\nid = \"{id}\"\n");
        fs::write(path.join("migration.toml"), manifest).unwrap();
        let parts = [
            ("shared", migration.shared()),
            ("tenant", migration.tenant()),
        ];
        for (of, part) in parts {
            let Some(part) = part else { continue };
            fs::write(path.join(format!("{of}.up.sql")), part.up()).unwrap();
        }
    }
    folder
}
