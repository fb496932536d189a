//! Chains with a migration that is not one transaction, and what is left of one.

use postgres::{Client, NoTls};
use tenantry::migrate::{Chain, Migrator};
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{
    CUSTOMERS, Folder, INVOICES, PLANS, chain, create, migrate, migrator, shop, texts,
};

const NAMES: Folder<'static> = (
    "0004_names",
    &[
        (
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".customers ADD COLUMN rank int;\n\
             CREATE UNIQUE INDEX CONCURRENTLY customers_name ON \"{tenant}\".customers (name);\n\
             ALTER TABLE \"{tenant}\".customers ADD CONSTRAINT customers_name_key UNIQUE USING INDEX customers_name;\n",
        ),
        (
            "tenant.down.sql",
            "ALTER TABLE \"{tenant}\".customers DROP CONSTRAINT customers_name_key;\n\
             ALTER TABLE \"{tenant}\".customers DROP COLUMN rank;",
        ),
    ],
);

pub(crate) fn longer() -> Chain {
    chain(&[PLANS, CUSTOMERS, INVOICES, NAMES])
}

/// The shop's chain, and a migration with a line of its own in `migration.toml`.
pub(crate) fn described(line: &str, sql: &str) -> Chain {
    let mut files = Vec::new();
    let log: &[(&str, &str)] = &[("tenant.up.sql", sql)];
    for (folder, texts) in [PLANS, CUSTOMERS, INVOICES, ("0004_log", log)] {
        let line = if folder == "0004_log" { line } else { "" };
        let manifest = format!("format = 1\nid = \"{folder}\"\n{line}\n");
        files.push((format!("{folder}/migration.toml"), manifest));
        let texts = texts.iter();
        files.extend(texts.map(|(name, text)| (format!("{folder}/{name}"), (*text).to_owned())));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    Chain::from_files(&files).unwrap()
}

pub(crate) fn young(db: &TestDb, tenants: &[&str]) -> Client {
    let mut client = db.connect();
    migrate(&mut client, shop());
    for tenant in tenants {
        create(&mut client, tenant);
    }
    client
}

pub(crate) fn with_workers(workers: usize, chain: Chain, db: &TestDb) -> Migrator {
    let url = db.url().to_owned();
    migrator(chain)
        .connect_by(move || Ok(Client::connect(&url, NoTls)?))
        .workers(workers)
}

pub(crate) fn steps(client: &mut Client) -> Vec<String> {
    let sql = "SELECT key || ' ' || version || '.' || step FROM tenantry.tenant ORDER BY id";
    texts(client, sql)
}

pub(crate) fn invalid(client: &mut Client) -> Vec<String> {
    let sql = "SELECT indexrelid::regclass::text FROM pg_catalog.pg_index WHERE NOT indisvalid";
    texts(client, sql)
}

/// Gives the tenant `big` a table that is big.
pub(crate) fn fill_big(client: &mut Client) {
    client
        .batch_execute(
            "INSERT INTO big.customers SELECT n, repeat('x', 100) || n, NULL FROM generate_series(1, 80000) AS n; \
             ANALYZE big.customers",
        )
        .unwrap();
}

/// The tenant `a` of the shop, whose customers have a parent; and a chain with this last migration.
pub(crate) fn with_index(db: &TestDb, sql: &'static str) -> (Client, Chain) {
    let client = young(db, &["a", "b"]);
    let parts: &[(&str, &str)] = &[("tenant.up.sql", sql)];
    (
        client,
        chain(&[PLANS, CUSTOMERS, INVOICES, ("0004_index", parts)]),
    )
}
