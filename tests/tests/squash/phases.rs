//! Ranges with work in batches, functions of the application and what is done outside of a transaction.

use tenantry::migrate::{Chain, Functions, KeyBatch};
use tenantry::prelude::*;
use tenantry::scope::InMigration;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{
    CUSTOMERS, PLANS, chain, check_whole, create, migrate, migrator, texts,
};

use crate::common::{Migrations, PHONES};

#[tenant_model(table = "customers")]
struct Customer {
    #[field(key)]
    id: i64,
    name: String,
    slug: Option<String>,
}

fn fill_slugs(acme: &mut TenantScope<InMigration<'_>>, batch: &KeyBatch) -> tenantry::Result<()> {
    for id in batch.keys::<i64>()? {
        let write = sql!(
            "UPDATE {Customer} SET {Customer.slug} = lower({Customer.name}) WHERE {Customer.id} = $1"
        );
        acme.sql(write).bind(id).execute()?;
    }
    Ok(())
}

#[test]
fn batches_functions_and_indexes_work_as_a_part_of_one() {
    let database = TestDb::new();
    let mut client = database.connect();
    let slugs = [(
        "tenant.up.sql",
        "ALTER TABLE \"{tenant}\".customers ADD COLUMN slug text;\n\
         -- tenantry: batch customers by id, size 2\n\
         CALL \"{rust}\".fill_slugs(\"{tenant}\".customers)",
    )];
    let lengths = [(
        "tenant.up.sql",
        "ALTER TABLE \"{tenant}\".customers ADD COLUMN length int;\n\
         -- tenantry: batch customers by id, size 2\n\
         UPDATE \"{tenant}\".customers SET length = length(name) WHERE \"{batch}\";\n",
    )];
    let indexed = [(
        "tenant.up.sql",
        "CREATE INDEX CONCURRENTLY customers_slug ON \"{tenant}\".customers (slug)",
    )];
    let folders = [
        PLANS,
        CUSTOMERS,
        PHONES,
        ("0004_slugs", &slugs[..]),
        ("0005_lengths", &lengths[..]),
        ("0006_indexed", &indexed[..]),
    ];
    migrate(&mut client, chain(&folders[..2]));
    create(&mut client, "acme");
    client
        .batch_execute(
            "INSERT INTO acme.customers SELECT n, 'Ann ' || n FROM generate_series(1, 5) AS n",
        )
        .unwrap();
    let migrations = Migrations::new(&folders);
    let functions = Functions::new().tenant("fill_slugs", fill_slugs);
    let with_functions = |chain: Chain| migrator(chain.functions(functions.clone()));
    let error = migrations.try_squash(&mut client, "3", "6").unwrap_err();
    assert!(error.to_string().contains("fill_slugs"), "{error}");
    let squash = with_functions(migrations.chain())
        .on(&mut client)
        .squash("3", "6", "squashed")
        .unwrap();
    squash.write().unwrap();
    with_functions(migrations.chain())
        .on(&mut client)
        .run()
        .unwrap();
    let rows = "SELECT slug || ' ' || length FROM acme.customers ORDER BY id LIMIT 2";
    assert_eq!(texts(&mut client, rows), ["ann 1 5", "ann 2 5"]);
    check_whole(&mut client, &migrations.chain());
    create(&mut client, "new");
    check_whole(&mut client, &migrations.chain());
}

#[test]
fn checks_that_wait_for_the_end_of_a_transaction_wait_no_longer() {
    let database = TestDb::new();
    let mut client = database.connect();
    let waits = [(
        "tenant.up.sql",
        "ALTER TABLE \"{tenant}\".customers ADD COLUMN parent bigint \
         REFERENCES \"{tenant}\".customers DEFERRABLE INITIALLY DEFERRED",
    )];
    let filled = [(
        "tenant.up.sql",
        "UPDATE \"{tenant}\".customers SET parent = id",
    )];
    let narrowed = [(
        "tenant.up.sql",
        "ALTER TABLE \"{tenant}\".customers ALTER COLUMN parent SET NOT NULL",
    )];
    let folders = [
        PLANS,
        CUSTOMERS,
        ("0003_waits", &waits[..]),
        ("0004_filled", &filled[..]),
        ("0005_narrowed", &narrowed[..]),
    ];
    migrate(&mut client, chain(&folders[..2]));
    create(&mut client, "acme");
    client
        .batch_execute("INSERT INTO acme.customers VALUES (1, 'ann')")
        .unwrap();
    let migrations = Migrations::new(&folders);
    migrations.squash(&mut client, "3", "5");
    assert_eq!(migrations.migrate(&mut client), (1, 0));
    assert_eq!(
        texts(&mut client, "SELECT parent::text FROM acme.customers"),
        ["1"]
    );
}

#[test]
fn migrations_without_a_transaction_are_one_without() {
    let database = TestDb::new();
    let mut client = database.connect();
    let alone = |id: &str| {
        format!("format = 1\nid = \"{id}\"\ntransaction = false\nlock_timeout = \"5s\"\n")
    };
    let [one, other] = ["0003_one", "0004_other"].map(alone);
    let one = [
        ("migration.toml", &*one),
        ("tenant.up.sql", "CREATE TABLE \"{tenant}\".one (id int)"),
    ];
    let other = [
        ("migration.toml", &*other),
        ("tenant.up.sql", "CREATE TABLE \"{tenant}\".other (id int)"),
    ];
    let folders = [
        PLANS,
        CUSTOMERS,
        ("0003_one", &one[..]),
        ("0004_other", &other[..]),
    ];
    migrate(&mut client, chain(&folders[..2]));
    create(&mut client, "acme");
    let migrations = Migrations::new(&folders);
    migrations.squash(&mut client, "3", "4");
    let manifest = migrations.text("0004_squashed/migration.toml");
    assert!(manifest.contains("transaction = false"), "{manifest}");
    assert!(manifest.contains("lock_timeout = \"5000ms\""), "{manifest}");
    assert_eq!(migrations.migrate(&mut client), (1, 0));
    check_whole(&mut client, &migrations.chain());
}
