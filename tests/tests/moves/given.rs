//! A fleet with rows, whose models are placed otherwise.

use postgres::Client;
use tempfile::TempDir;
use tenantry::migrate::{Chain, Choices, NewMigration, changes, make_with};
use tenantry::model::ModelDef;
use tenantry::testing::TestDb;
use tenantry::{Database, SharedScope, TenantScope};
use tenantry_tests::fleet::{app, create, migrate, migrator, texts};

/// The tenants, one of which needs quoting.
pub(crate) const TENANTS: [&str; 3] = ["acme", "globex", "select"];

/// An application whose models were migrated, with tenants.
pub(crate) struct Given {
    folder: TempDir,
    pub(crate) client: Client,
    // Closed before the database is dropped.
    db: Database,
    database: TestDb,
}

impl Given {
    /// Tenants with the tables of these models, without rows.
    pub(crate) fn new(before: &[&'static ModelDef]) -> Self {
        let database = TestDb::new();
        let mut given = Self {
            folder: TempDir::new().unwrap(),
            client: database.connect(),
            db: app(database.url()),
            database,
        };
        given.write(before, &Choices::new());
        given.migrate();
        for tenant in TENANTS {
            create(&mut given.client, tenant);
        }
        given
    }

    pub(crate) fn chain(&self) -> Chain {
        Chain::open(self.folder.path()).unwrap()
    }

    pub(crate) fn migrate(&mut self) {
        let chain = self.chain();
        migrate(&mut self.client, chain);
    }

    /// Migrates, and tells why that failed.
    pub(crate) fn fails_to_migrate(&mut self) -> String {
        let migrator = migrator(self.chain());
        migrator.on(&mut self.client).run().unwrap_err().to_string()
    }

    pub(crate) fn roll_back(&mut self, to: &str) {
        let migrator = migrator(self.chain());
        migrator.on(&mut self.client).rollback(Some(to)).unwrap();
    }

    pub(crate) fn fails_to_roll_back(&mut self, to: &str) -> String {
        let migrator = migrator(self.chain());
        let failed = migrator.on(&mut self.client).rollback(Some(to));
        failed.unwrap_err().to_string()
    }

    /// Writes the migrations that lead to the models.
    pub(crate) fn write(&self, models: &[&ModelDef], choices: &Choices) -> Vec<NewMigration> {
        let chain = Chain::open_or_empty(self.folder.path()).unwrap();
        let made = make_with(models, &chain, None, choices).unwrap().unwrap();
        made.write(self.folder.path()).unwrap();
        assert_eq!(changes(models, &self.chain()).unwrap(), [], "green");
        made.migrations().to_vec()
    }

    /// The reason why no migration can be written.
    pub(crate) fn refused(&self, models: &[&ModelDef], choices: &Choices) -> String {
        let made = make_with(models, &self.chain(), None, choices);
        made.unwrap_err().to_string()
    }

    /// Where schemas differ from what the migrations make of them.
    pub(crate) fn drift(&mut self) -> Vec<String> {
        let migrator = migrator(self.chain());
        let drift = migrator.on(&mut self.client).drift().unwrap();
        let found = drift.found.iter().map(|it| format!("{it:?}"));
        found.chain(drift.uncompared).collect()
    }

    /// New tenants are made at once.
    pub(crate) fn expect_baseline(&mut self) {
        let reason = "SELECT COALESCE(reason, 'there is one') FROM tenantry.baseline";
        assert_eq!(self.finds(reason), ["there is one"]);
    }

    pub(crate) fn tenant(&self, name: &str) -> TenantScope {
        self.db
            .tenant_now(tenantry_tests::fleet::key(name))
            .unwrap()
    }

    /// Another session.
    pub(crate) fn connect(&self) -> Client {
        self.database.connect()
    }

    pub(crate) fn database(&self) -> &Database {
        &self.db
    }

    pub(crate) fn shared(&self) -> SharedScope {
        self.db.shared().unwrap()
    }

    pub(crate) fn run(&mut self, sql: &str) {
        self.client.batch_execute(sql).unwrap();
    }

    /// The first column of a query.
    pub(crate) fn finds(&mut self, sql: &str) -> Vec<String> {
        texts(&mut self.client, sql)
    }
}
