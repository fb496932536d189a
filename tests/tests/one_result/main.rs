//! One chain, one result: chains made at random, applied in every way, lead to the same schema and the same rows.
//!
//! `pg_dump` judges, and so does our own reading of the catalogue. `TENANTRY_SEED` tries the chain of one seed,
//! `TENANTRY_CASES` so many chains from there. Without a seed they are always the same, so that no change is held up by a chain that
//! it has nothing to do with: `.ci/run` tries more from a seed that is another each time; before a release, try many.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]
#![allow(clippy::print_stdout, reason = "a chain that fails has to be told")]

mod chains;
mod dumps;
mod squashed;

use std::collections::BTreeMap;

use postgres::Client;
use tenantry::SchemaName;
use tenantry::migrate::Chain;
use tenantry::structure::introspect;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{
    Folder, app, check_whole, create, ensure_role, key, migrate, migrator, texts,
};
use tenantry_tests::random::{self, Random};

use self::chains::ROLE;
use self::dumps::{Dump, dumps};
use self::squashed::squashed;

/// How many chains a usual run tries.
const CASES: u64 = 2;

const PLANS: Folder<'static> = (
    "0001_plans",
    &[(
        "shared.up.sql",
        "CREATE TABLE \"{shared}\".plans (id int PRIMARY KEY)",
    )],
);

/// The first migrations of a chain.
fn chain(migrations: &[String], count: usize) -> Chain {
    let names: Vec<String> = (1..=count).map(|n| format!("{:04}_m", n + 1)).collect();
    let files: Vec<[(&str, &str); 1]> = migrations[..count]
        .iter()
        .map(|sql| [("tenant.up.sql", sql.as_str())])
        .collect();
    let mut folders = vec![PLANS];
    folders.extend(
        names
            .iter()
            .zip(&files)
            .map(|(name, file)| (name.as_str(), &file[..])),
    );
    tenantry_tests::fleet::chain(&folders)
}

/// Gives a tenant a table that is too big to be migrated together with others.
fn grow(client: &mut Client, schema: &str) {
    client
        .batch_execute(&format!(
            "INSERT INTO \"{schema}\".bulk (id, pad) SELECT -n, repeat('x', 1500) FROM generate_series(1, 6000) AS n; \
             ANALYZE \"{schema}\".bulk"
        ))
        .unwrap();
}

fn shrink(client: &mut Client, schema: &str) {
    let sql = format!("DELETE FROM \"{schema}\".bulk WHERE id < 0");
    client.batch_execute(&sql).unwrap();
}

/// Migration by migration; and from each older version, where the tenant is made then of the baseline or by steps, or
/// claimed from a standby that was made then or before.
fn one_by_one(database: &TestDb, migrations: &[String]) -> Option<BTreeMap<String, Dump>> {
    let mut client = database.connect();
    migrate(&mut client, chain(migrations, 0));
    create(&mut client, "tenant_by_one");
    for count in 1..=migrations.len() {
        migrate(&mut client, chain(migrations, count));
        // What is left of the last refill was made before this migration, and has it by now.
        claim(&mut client, &format!("tenant_claimed_after_{count}"));
        create(&mut client, &format!("tenant_from_{count}"));
        // One is claimed at once and migrated as a tenant, the other is migrated as a standby.
        if no_standbys(&mut client).is_none() {
            assert_eq!(app(database.url()).tenants().refill_standbys(2).unwrap(), 2);
            claim(&mut client, &format!("tenant_claimed_at_{count}"));
        }
        if count == 1 {
            create(&mut client, "tenant_big_by_one");
            grow(&mut client, "tenant_big_by_one");
        }
    }
    shrink(&mut client, "tenant_big_by_one");
    for sql in texts(
        &mut client,
        "SELECT reason FROM tenantry.baseline WHERE reason IS NOT NULL",
    ) {
        println!("no baseline: {sql}");
    }
    claim(&mut client, "tenant_claimed");
    if let Some(reason) = no_standbys(&mut client) {
        println!("no standbys: {reason}");
    }
    client
        .batch_execute("DELETE FROM tenantry.baseline")
        .unwrap();
    create(&mut client, "tenant_replayed");
    let whole = chain(migrations, migrations.len());
    check_whole(&mut client, &whole);
    alike(&mut client);
    dumps(&mut client, database)
}

/// Why no standbys can be made or claimed, if so it is.
fn no_standbys(client: &mut Client) -> Option<String> {
    let reasons = "SELECT standby_reason FROM tenantry.meta WHERE standby_reason IS NOT NULL";
    texts(client, reasons).pop()
}

/// Makes a tenant of a standby, if there is one that can be claimed.
fn claim(client: &mut Client, name: &str) {
    let standbys = "SELECT key FROM tenantry.tenant WHERE state = 'standby'";
    let before = texts(client, standbys).len();
    if before > 0 && no_standbys(client).is_none() {
        create(client, name);
        assert_eq!(texts(client, standbys).len(), before - 1, "{name}");
    }
}

/// Everything at once, to a batch, to one alone, and to a big one, from the beginning and from an older version.
fn all_at_once(database: &TestDb, migrations: &[String]) -> Option<BTreeMap<String, Dump>> {
    let mut client = database.connect();
    let whole = chain(migrations, migrations.len());
    migrate(&mut client, chain(migrations, 0));
    for name in ["tenant_alone", "tenant_one", "tenant_two", "tenant_three"] {
        create(&mut client, name);
    }
    let only = migrator(whole.clone()).only([key("tenant_alone")]);
    only.on(&mut client).run().unwrap();
    migrate(&mut client, chain(migrations, 1));
    create(&mut client, "tenant_big");
    grow(&mut client, "tenant_big");
    create(&mut client, "tenant_later");
    migrate(&mut client, whole.clone());
    shrink(&mut client, "tenant_big");
    check_whole(&mut client, &whole);
    alike(&mut client);
    dumps(&mut client, database)
}

/// Compares all tenants as tenantry reads them.
fn alike(client: &mut Client) {
    let names = texts(
        client,
        "SELECT schema_name FROM tenantry.tenant WHERE state = 'active' ORDER BY id",
    );
    let names: Vec<SchemaName> = names
        .into_iter()
        .map(|name| SchemaName::new(name).unwrap())
        .collect();
    let found = introspect(client, &names, &SchemaName::new("shared").unwrap()).unwrap();
    let first = &found[&names[0]];
    for (name, namespace) in &found {
        assert_eq!(first, namespace, "{name}");
    }
}

/// Tries the chain of a seed, and tells how many of its ranges could be made one. There may be no `pg_dump` to judge.
fn case(seed: u64) -> Option<usize> {
    let migrations = chains::chain(&mut Random::new(seed));
    println!("seed {seed}");
    for (number, sql) in migrations.iter().enumerate() {
        println!("-- {:04}\n{sql};", number + 2);
    }
    let databases = [TestDb::new(), TestDb::new(), TestDb::new()];
    ensure_role(&mut databases[0].connect(), ROLE);
    let mut all = one_by_one(&databases[0], &migrations)?;
    all.extend(all_at_once(&databases[1], &migrations).unwrap_or_default());
    let (ranges, dumps) = squashed(&databases[2], &migrations);
    all.extend(dumps.unwrap_or_default());
    let expected = all["tenant_by_one"].clone();
    for (tenant, dump) in &all {
        assert!(!dump.is_empty(), "{tenant} is not in the dump");
        if let Some(difference) = expected.difference(dump) {
            panic!("seed {seed}: it and {tenant} differ: {difference}");
        }
    }
    Some(ranges)
}

/// The first of the chains that are tried without a seed.
const FIRST: u64 = 1_000;

#[test]
fn a_chain_leads_to_the_same_in_whatever_way_it_is_applied() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().unwrap())
    };
    let first = random::seed_or(FIRST);
    let cases = number("TENANTRY_CASES").unwrap_or(if first == FIRST { CASES } else { 1 });
    let ranges: Option<usize> = (first..first + cases).map(case).sum();
    // There are chains of which no two migrations can be one.
    assert!(ranges != Some(0) || cases == 1, "no range was made one");
}
