//! A fleet whose models change.

use postgres::{Client, NoTls};
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

    /// Another connection to the database.
    pub(crate) fn connect(&self) -> Client {
        self.db.connect()
    }

    pub(crate) fn url(&self) -> &str {
        self.db.url()
    }

    pub(crate) fn migrate(&mut self) {
        let chain = self.chain();
        migrate(&mut self.client, chain);
    }

    /// Migrates, and is killed once at each step in `acme`; what is left is looked at each time. Returns how often that was.
    pub(crate) fn migrate_killed(&mut self, mut look: impl FnMut(&mut Self)) -> usize {
        self.client
            .batch_execute(
                "CREATE TABLE cut (step int, version int); INSERT INTO cut VALUES (0, 0); \
                 CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 PERFORM pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid()); RETURN NEW; END $$; \
                 CREATE FUNCTION is_cut(now int, at int) RETURNS boolean LANGUAGE sql AS \
                 'SELECT (now, at) > (cut.version, cut.step) FROM public.cut'; \
                 CREATE TRIGGER cut BEFORE UPDATE ON tenantry.tenant FOR EACH ROW \
                 WHEN (OLD.key = 'acme' AND OLD.step > 0 AND public.is_cut(OLD.version, OLD.step)) EXECUTE FUNCTION cut()",
            )
            .unwrap();
        let mut killed = 0;
        loop {
            let chain = self.chain();
            let Err(error) = migrator(chain).on(&mut self.client).attempt() else {
                break;
            };
            killed += 1;
            assert!(killed < 40, "{error}");
            self.client = Client::connect(self.url(), NoTls).unwrap();
            look(self);
            let next = "UPDATE cut SET (version, step) = (SELECT version, step FROM tenantry.tenant WHERE key = 'acme')";
            self.client.batch_execute(next).unwrap();
        }
        self.client
            .batch_execute("DROP TRIGGER cut ON tenantry.tenant")
            .unwrap();
        killed
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

    /// Writes the migrations that lead to these models. Returns their phases, and their operations in words.
    pub(crate) fn steps(&self, models: &[&ModelDef], choices: &Choices) -> Vec<String> {
        let mut steps = Vec::new();
        for migration in self.write(models, choices) {
            steps.push(migration.phase().to_string());
            let operations = migration.operations().iter();
            steps.extend(operations.map(|op| format!("  {op}")));
        }
        steps
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
