//! Small chains and fleets for tests, and a look at what became of them.

use postgres::Client;
use tenantry::migrate::{Chain, Migrator};
use tenantry::tenant::{self, NewTenant, Tenant};
use tenantry::testing::TestDb;
use tenantry::{SchemaName, TenantKey};

/// A migration's folder and the SQL of its files.
pub type Folder<'a> = (&'a str, &'a [(&'a str, &'a str)]);

/// The chain of these folders; each gets the `migration.toml` that it needs.
///
/// # Panics
///
/// If something is wrong with the chain.
pub fn chain(folders: &[Folder<'_>]) -> Chain {
    let mut files = Vec::new();
    for (folder, texts) in folders {
        files.push((
            format!("{folder}/migration.toml"),
            format!("format = 1\nid = \"{folder}\"\n"),
        ));
        for (name, text) in *texts {
            files.push((format!("{folder}/{name}"), (*text).to_owned()));
        }
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    Chain::from_files(&files).unwrap_or_else(|error| panic!("{error}"))
}

/// A chain of a shared table, a tenant table that references it, and another tenant table.
pub fn shop() -> Chain {
    chain(&[PLANS, CUSTOMERS, INVOICES])
}

/// A database that is migrated along the shop's chain.
///
/// # Panics
///
/// If that fails.
pub fn shop_db() -> TestDb {
    TestDb::from_template("fleet_shop", |url| {
        let client = Client::connect(url, postgres::NoTls);
        migrate(
            &mut client.unwrap_or_else(|error| panic!("{error}")),
            shop(),
        );
    })
}

/// Makes a shared table.
pub const PLANS: Folder<'static> = (
    "0001_plans",
    &[
        (
            "shared.up.sql",
            "CREATE TABLE \"{shared}\".plans (id bigint PRIMARY KEY, code text NOT NULL);",
        ),
        ("shared.down.sql", "DROP TABLE \"{shared}\".plans;"),
    ],
);

/// Makes a tenant table that references the shared one.
pub const CUSTOMERS: Folder<'static> = (
    "0002_customers",
    &[
        (
            "tenant.up.sql",
            "CREATE TABLE \"{tenant}\".customers (\n    id bigint PRIMARY KEY,\n    name text NOT NULL,\n    \
             plan bigint REFERENCES \"{shared}\".plans\n);\n",
        ),
        ("tenant.down.sql", "DROP TABLE \"{tenant}\".customers;"),
    ],
);

/// Makes another tenant table.
pub const INVOICES: Folder<'static> = (
    "0003_invoices",
    &[
        (
            "tenant.up.sql",
            "CREATE TABLE \"{tenant}\".invoices (id bigint PRIMARY KEY, total numeric NOT NULL);",
        ),
        ("tenant.down.sql", "DROP TABLE \"{tenant}\".invoices;"),
    ],
);

/// A key.
///
/// # Panics
///
/// If it is not valid.
pub fn key(text: &str) -> TenantKey {
    TenantKey::new(text).unwrap_or_else(|error| panic!("{error}"))
}

/// A migrator along a chain, with the usual name of the shared schema.
///
/// # Panics
///
/// Never.
pub fn migrator(chain: Chain) -> Migrator {
    let shared = SchemaName::new("shared").unwrap_or_else(|error| panic!("{error}"));
    Migrator::new(chain, shared)
}

/// Migrates along a chain.
///
/// # Panics
///
/// If anything fails.
pub fn migrate(client: &mut Client, chain: Chain) {
    migrator(chain)
        .run(client)
        .unwrap_or_else(|error| panic!("{error}"));
}

/// Creates a tenant.
///
/// # Panics
///
/// If that fails.
pub fn create(client: &mut Client, name: &str) -> Tenant {
    tenant::create(client, &NewTenant::new(&key(name))).unwrap_or_else(|error| panic!("{error}"))
}

/// The names of the tables in a schema.
///
/// # Panics
///
/// If the server refuses.
pub fn tables(client: &mut Client, schema: &str) -> Vec<String> {
    texts(
        client,
        &format!(
            "SELECT c.relname::text FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE n.nspname = '{schema}' AND c.relkind = 'r' ORDER BY 1"
        ),
    )
}

/// The names of the schemas that are neither PostgreSQL's nor `public`.
///
/// # Panics
///
/// If the server refuses.
pub fn schemas(client: &mut Client) -> Vec<String> {
    texts(
        client,
        "SELECT nspname::text FROM pg_catalog.pg_namespace \
         WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public') ORDER BY 1",
    )
}

/// The ledger: the tenant's number, 0 for the shared schema, and the migration.
///
/// # Panics
///
/// If the server refuses.
pub fn ledger(client: &mut Client) -> Vec<String> {
    texts(
        client,
        "SELECT tenant_id || ' ' || migration FROM tenantry.ledger ORDER BY tenant_id, migration",
    )
}

/// The first column of a query, as texts.
///
/// # Panics
///
/// If the server refuses.
pub fn texts(client: &mut Client, sql: &str) -> Vec<String> {
    let rows = client
        .query_typed(sql, &[])
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    rows.iter().map(|row| row.get(0)).collect()
}
