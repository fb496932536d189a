//! A fleet whose models change.

use postgres::Client;
use tempfile::TempDir;
use tenantry::SchemaName;
use tenantry::migrate::{Chain, Choices, NewMigration, changes, make_with};
use tenantry::model::ModelDef;
use tenantry::structure::{State, drift};
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{create, migrate, migrator, texts};

/// The tenants, one of which needs quoting.
pub(crate) const TENANTS: [&str; 2] = ["acme", "select"];

/// An application whose models were migrated, with tenants.
pub(crate) struct Given {
    folder: TempDir,
    before: Vec<&'static ModelDef>,
    pub(crate) client: Client,
    // Dropped last.
    db: TestDb,
}

impl Given {
    /// Tenants with the tables of these models, in which SQL puts rows; `{t}` is a tenant's schema.
    pub(crate) fn new(before: &[&'static ModelDef], rows: &str) -> Self {
        Self::on(TestDb::new(), before, rows)
    }

    /// The same in a database.
    pub(crate) fn on(db: TestDb, before: &[&'static ModelDef], rows: &str) -> Self {
        let mut given = Self {
            folder: TempDir::new().unwrap(),
            before: before.to_vec(),
            client: db.connect(),
            db,
        };
        given.write(before, &Choices::new());
        given.migrate();
        for tenant in TENANTS {
            create(&mut given.client, tenant);
            given.run(tenant, rows);
        }
        given
    }

    /// Has all sessions from now on be in a time zone.
    pub(crate) fn in_time_zone(&mut self, zone: &str) {
        let set = format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone TO %L', current_database(), '{zone}'); END $$"
        );
        self.client.batch_execute(&set).unwrap();
        self.client = self.db.connect();
    }

    pub(crate) fn chain(&self) -> Chain {
        Chain::open(self.folder.path()).unwrap()
    }

    /// The folder of the migrations.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(crate) fn url(&self) -> &str {
        self.db.url()
    }

    pub(crate) fn migrate(&mut self) {
        let chain = self.chain();
        migrate(&mut self.client, chain);
    }

    /// Runs SQL in the schema of a tenant, which is `{t}`.
    pub(crate) fn run(&mut self, tenant: &str, sql: &str) {
        let sql = sql.replace("{t}", &format!("{tenant:?}"));
        self.client.batch_execute(&sql).unwrap();
    }

    /// Writes the migration that leads to these models.
    pub(crate) fn write(&self, models: &[&ModelDef], choices: &Choices) -> Vec<NewMigration> {
        let chain = Chain::open_or_empty(self.folder.path()).unwrap();
        let made = make_with(models, &chain, None, choices).unwrap().unwrap();
        made.write(self.folder.path()).unwrap();
        made.migrations().to_vec()
    }

    /// Has the models become these: the migration is written, applied, taken back and applied again, for tenants with
    /// rows and for one that is made afterwards. Returns its operations, in words.
    pub(crate) fn become_(
        &mut self,
        after: &[&'static ModelDef],
        choices: &Choices,
    ) -> Vec<String> {
        let before = self.before.clone();
        let migrations = self.write(after, choices);
        assert_eq!(
            changes(after, &self.chain()).unwrap(),
            [],
            "green afterwards"
        );
        self.migrate();
        self.expect_structure(after);
        let back = migrator(self.chain())
            .on(&mut self.client)
            .rollback(Some("1"));
        back.unwrap();
        self.expect_structure(&before);
        self.migrate();
        create(&mut self.client, "later");
        self.expect_structure(after);
        self.before = after.to_vec();
        let operations = migrations.iter().flat_map(NewMigration::operations);
        operations.map(ToString::to_string).collect()
    }

    /// All schemas are as these models ask for.
    pub(crate) fn expect_structure(&mut self, models: &[&ModelDef]) {
        let wanted = State::from_models(models);
        let shared = SchemaName::new("shared").unwrap();
        for tenant in texts(
            &mut self.client,
            "SELECT schema_name FROM tenantry.tenant ORDER BY 1",
        ) {
            let schema = SchemaName::new(&tenant).unwrap();
            let found = drift(&mut self.client, &wanted, &shared, Some(&schema)).unwrap();
            assert_eq!(found, [], "{tenant}");
        }
    }

    /// Returns what a query finds in each of the first tenants, which is the same.
    pub(crate) fn finds(&mut self, sql: &str) -> Vec<String> {
        let [one, other] = TENANTS.map(|tenant| {
            let sql = sql.replace("{t}", &format!("{tenant:?}"));
            texts(&mut self.client, &sql)
        });
        assert_eq!(one, other);
        one
    }

    /// Returns what a query finds in a tenant.
    pub(crate) fn finds_in(&mut self, tenant: &str, sql: &str) -> Vec<String> {
        let sql = sql.replace("{t}", &format!("{tenant:?}"));
        texts(&mut self.client, &sql)
    }
}
