//! Small chains and fleets for tests, and a look at what became of them.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use postgres::Client;
use tenantry::migrate::{Chain, Event, Migration, Migrator, TenantReport};
use tenantry::scope::Tenants;
use tenantry::structure::introspect;
use tenantry::tenant::{self, NewTenant, Tenant};
use tenantry::testing::TestDb;
use tenantry::{Database, SchemaName, TenantKey, TenantScope};

use crate::hear::be_interested;

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
        if !texts.iter().any(|(name, _)| *name == "migration.toml") {
            files.push((
                format!("{folder}/migration.toml"),
                format!("format = 1\nid = \"{folder}\"\n"),
            ));
        }
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

/// A database, and the application's way to it.
#[derive(Debug)]
pub struct Fleet {
    // Closed before the database is dropped.
    db: Database,
    database: TestDb,
}

impl Fleet {
    /// Connects to a database.
    ///
    /// # Panics
    ///
    /// If the server can't be reached.
    pub fn of(database: TestDb) -> Self {
        let db = app(database.url());
        Self { db, database }
    }

    /// The registry.
    pub fn tenants(&self) -> Tenants<'_> {
        self.db.tenants()
    }

    /// Opens a tenant, whatever was known of it.
    ///
    /// # Errors
    ///
    /// As [`Database::tenant_now`].
    pub fn open(&self, name: &str) -> tenantry::Result<TenantScope> {
        self.db.tenant_now(key(name))
    }

    /// Tells whether the registry has a tenant.
    ///
    /// # Panics
    ///
    /// If it can't be read.
    pub fn has(&self, name: &str) -> bool {
        match self.tenants().get(key(name)) {
            Ok(_) => true,
            Err(error) if error.is_unknown_tenant() => false,
            Err(error) => panic!("{error}"),
        }
    }
}

impl Deref for Fleet {
    type Target = TestDb;

    fn deref(&self) -> &TestDb {
        &self.database
    }
}

/// A database that is migrated along the shop's chain.
///
/// # Panics
///
/// If that fails.
pub fn shop_db() -> Fleet {
    be_interested();
    Fleet::of(TestDb::from_template("fleet_shop", |url| {
        let client = Client::connect(url, postgres::NoTls);
        migrate(
            &mut client.unwrap_or_else(|error| panic!("{error}")),
            shop(),
        );
    }))
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

/// Connects to a database as an application does.
///
/// # Panics
///
/// If the server can't be reached.
pub fn app(url: &str) -> Database {
    Database::connect(url).unwrap_or_else(|error| panic!("{error}"))
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

/// Fate of each tenant, as a run tells it.
#[derive(Debug, Clone, Default)]
pub struct Seen(Arc<Mutex<Vec<TenantReport>>>);

impl Seen {
    /// Takes what was told so far.
    pub fn take(&self) -> Vec<TenantReport> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The same by key, a line for each tenant: its key, its migrations, and whether the next one failed.
    pub fn lines(&self) -> Vec<String> {
        let line = |tenant: &TenantReport| {
            let failed = if tenant.error.is_some() {
                " failed"
            } else {
                ""
            };
            format!("{}: {}{failed}", tenant.key, tenant.migrations.join(" "))
        };
        let mut tenants = self.take();
        tenants.sort_by(|one, other| one.key.cmp(&other.key));
        tenants.iter().map(line).collect()
    }
}

/// Keeps what a migrator tells of each tenant.
pub fn watched(migrator: Migrator) -> (Migrator, Seen) {
    let seen = Seen::default();
    let kept = seen.clone();
    let migrator = migrator.observe(move |event| {
        if let Event::Tenant(tenant) = event {
            let mut seen = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.push(tenant.clone());
        }
    });
    (migrator, seen)
}

/// Migrates along a chain.
///
/// # Panics
///
/// If anything fails.
pub fn migrate(client: &mut Client, chain: Chain) {
    migrator(chain)
        .on(client)
        .run()
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

/// Creates a role unless the server has it; tests that run beside each other may ask for the same one.
///
/// # Panics
///
/// If the server refuses.
pub fn ensure_role(client: &mut Client, name: &str) {
    let sql = format!(
        "DO $$ BEGIN CREATE ROLE \"{name}\"; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$"
    );
    client
        .batch_execute(&sql)
        .unwrap_or_else(|error| panic!("{error}"));
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

/// A chain that keeps a server busy: a shared table, and many tenant tables that reference it.
///
/// # Panics
///
/// Never.
pub fn wide_before() -> Chain {
    let tables = wide_tables("a");
    chain(&[PLANS, ("0002_tables", &tables.files())])
}

/// The same with as many tables more, a column more in the shared schema, and one that comes after that.
///
/// # Panics
///
/// Never.
pub fn wide_after() -> Chain {
    let (before, after) = (wide_tables("a"), wide_tables("b"));
    chain(&[
        PLANS,
        ("0002_tables", &before.files()),
        ("0003_more_tables", &after.files()),
        (
            "0004_prices",
            &[
                (
                    "shared.up.sql",
                    "ALTER TABLE \"{shared}\".plans ADD COLUMN price int UNIQUE",
                ),
                (
                    "shared.down.sql",
                    "ALTER TABLE \"{shared}\".plans DROP COLUMN price",
                ),
                (
                    "tenant.up.sql",
                    "CREATE TABLE \"{tenant}\".deals (price int REFERENCES \"{shared}\".plans (price))",
                ),
                ("tenant.down.sql", "DROP TABLE \"{tenant}\".deals"),
            ],
        ),
    ])
}

struct Texts {
    up: String,
    down: String,
}

impl Texts {
    fn files(&self) -> [(&str, &str); 2] {
        [("tenant.up.sql", &self.up), ("tenant.down.sql", &self.down)]
    }
}

fn wide_tables(prefix: &str) -> Texts {
    let numbers = 0..8;
    let create = |number: i32| {
        format!(
            "CREATE TABLE \"{{tenant}}\".{prefix}{number} (id bigint PRIMARY KEY, name text UNIQUE, \
             plan bigint REFERENCES \"{{shared}}\".plans);\n"
        )
    };
    let drop = |number: i32| format!("DROP TABLE \"{{tenant}}\".{prefix}{number};\n");
    Texts {
        up: numbers.clone().map(create).collect(),
        down: numbers.map(drop).collect(),
    }
}

/// Checks that metadata tables and catalogue agree: every tenant has the ledger of its version, every schema is a tenant's, and
/// tenants of one version have the same structure.
///
/// # Panics
///
/// If they do not.
pub fn check_whole(client: &mut Client, chain: &Chain) {
    let tenants = entries(client);
    let known: Vec<String> = tenants.iter().map(|it| it.schema.to_string()).collect();
    for schema in schemas(client) {
        let is_ours = ["shared", "tenantry"].contains(&schema.as_str()) || known.contains(&schema);
        assert!(is_ours, "the schema `{schema}` is nobody's");
    }
    for tenant in &tenants {
        let done = chain
            .migrations()
            .iter()
            .filter(|it| it.position() <= tenant.version);
        let expected: Vec<&str> = done
            .filter(|it| it.tenant().is_some())
            .map(Migration::id)
            .collect();
        let sql = format!(
            "SELECT migration FROM tenantry.ledger WHERE tenant_id = {} ORDER BY 1",
            tenant.id
        );
        assert_eq!(texts(client, &sql), expected, "{}", tenant.key);
    }
    let strays = "SELECT migration FROM tenantry.ledger WHERE tenant_id NOT IN (SELECT 0 UNION ALL SELECT id FROM tenantry.tenant)";
    assert_eq!(texts(client, strays), Vec::<String>::new());
    let shared = SchemaName::new("shared").unwrap_or_else(|error| panic!("{error}"));
    let of_active: Vec<&Entry> = tenants.iter().filter(|it| !it.is_being_dropped).collect();
    let names: Vec<SchemaName> = of_active.iter().map(|it| it.schema.clone()).collect();
    let live = introspect(client, &names, &shared).unwrap_or_else(|error| panic!("{error}"));
    let mut of_version = BTreeMap::new();
    for tenant in of_active {
        let found = live.get(&tenant.schema);
        assert!(found.is_some(), "{} has no schema", tenant.key);
        let (first, expected) = of_version
            .entry(tenant.version)
            .or_insert((&tenant.key, found));
        assert!(found == *expected, "{} is not like {first}", tenant.key);
    }
}

/// A row of the registry, a standby's too.
struct Entry {
    id: i64,
    key: String,
    schema: SchemaName,
    version: i32,
    is_being_dropped: bool,
}

fn entries(client: &mut Client) -> Vec<Entry> {
    let sql = "SELECT id, key, schema_name, version, state = 'dropping' FROM tenantry.tenant ORDER BY key";
    let rows = client
        .query_typed(sql, &[])
        .unwrap_or_else(|error| panic!("{error}"));
    let entry = |row: &postgres::Row| Entry {
        id: row.get(0),
        key: row.get(1),
        schema: SchemaName::new(row.get::<_, &str>(2)).unwrap_or_else(|error| panic!("{error}")),
        version: row.get(3),
        is_being_dropped: row.get(4),
    };
    rows.iter().map(entry).collect()
}

/// A database that a chain is applied to, with so many standbys; the application's way to it, and another.
///
/// # Panics
///
/// If that can't be done.
pub fn ready(chain: Chain, count: usize) -> (TestDb, Database, Client) {
    let database = TestDb::new();
    let db = app(database.url());
    let mut client = database.connect();
    migrate(&mut client, chain);
    let made = db.tenants().refill_standbys(count);
    assert_eq!(made.expect("standbys can be made"), count);
    (database, db, client)
}

/// Every name in the catalogue and in the text of routines, triggers and comments that looks like that of a standby.
pub fn leftovers(client: &mut Client) -> Vec<String> {
    texts(
        client,
        "SELECT nspname::text FROM pg_catalog.pg_namespace WHERE nspname LIKE '%standby%' \
         UNION ALL SELECT prosrc FROM pg_catalog.pg_proc WHERE prosrc LIKE '%_standby\"%' \
         UNION ALL SELECT pg_catalog.pg_get_triggerdef(oid) FROM pg_catalog.pg_trigger \
         WHERE pg_catalog.pg_get_triggerdef(oid) LIKE '%_standby%'",
    )
}

/// Has all transactions of later connections be this strict, if nothing else is said.
///
/// # Panics
///
/// If that can't be done.
pub fn be_strict(client: &mut Client, isolation: &str) {
    let name = &texts(client, "SELECT pg_catalog.current_database()::text")[0];
    let sql =
        format!("ALTER DATABASE \"{name}\" SET default_transaction_isolation = '{isolation}'");
    client.batch_execute(&sql).expect("the database is ours");
}

/// Enters in the ledger that tenants, which are written into the registry by hand, have the migrations up to their version.
///
/// # Panics
///
/// If the database refuses.
pub fn enter_versions(client: &mut Client) {
    let sql = "INSERT INTO tenantry.ledger (migration, tenant_id, checksum) \
               SELECT m.id, t.id, m.tenant_checksum FROM tenantry.migration AS m \
               JOIN tenantry.tenant AS t ON m.position <= t.version \
               WHERE m.tenant_up IS NOT NULL ON CONFLICT DO NOTHING";
    client.batch_execute(sql).expect("the ledger takes it");
}
