//! A change of models, and all that is to hold of it.

use std::fmt::Write as _;

use postgres::Client;
use tempfile::TempDir;
use tenantry::SchemaName;
use tenantry::migrate::{Chain, Choices, NewMigrations, Question, changes, make_with, questions};
use tenantry::model::ModelDef;
use tenantry::structure::{State, drift};
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{create, migrate, migrator, texts};

use super::watch::{holds_up, seen, watch};

/// Makes a test of a change: what the models become, and a [`Case`] that says what else is known and expected. What they were is in the
/// module `before` of the file, or written too.
macro_rules! change {
    ($(#[$about:meta])* $name:ident after [$($after:ident),*] { $($models:tt)* } $case:expr) => {
        $(#[$about])*
        #[test]
        fn $name() {
            mod after {
                #[allow(unused_imports, reason = "not every model has all types")]
                use super::*;
                $($models)*
                pub(super) const ALL: &[&tenantry::model::ModelDef] = &[$($after::DEF),*];
            }
            let case: fn($crate::table::case::Case) -> $crate::table::case::Case = $case;
            case(given(after::ALL)).holds(stringify!($name));
        }
    };
}
pub(crate) use change;

/// The tenants: one without rows, one with odd ones, and one whose tables are big.
const TENANTS: [&str; 3] = ["bare", "select", "acme"];

/// A table that somebody else has made in each tenant, beside the models.
pub(crate) const BESIDE: &str = "Odd one";

pub(crate) struct Case {
    before: Vec<&'static ModelDef>,
    after: Vec<&'static ModelDef>,
    choices: Choices,
    rows: String,
    many: Vec<(&'static str, &'static str)>,
    /// A query over a tenant with the models of after, and what it gives.
    after_rows: Option<(&'static str, Vec<&'static str>)>,
    /// The same with the models of before, once the change is taken back.
    before_rows: (&'static str, Vec<&'static str>),
    given_rows: Vec<&'static str>,
    /// Why tables are looked at or written anew while others wait.
    held_up: Option<&'static str>,
    /// The words with which it fails in tenants with rows.
    fails: Option<&'static str>,
    /// The words with which it can't be taken back in tenants with rows.
    stays: Option<&'static str>,
    /// Whether there is nothing to do.
    is_none: bool,
    /// SQL that is run in each tenant before the change, beside the models, and afterwards.
    beside: Option<(&'static str, &'static str)>,
}

impl Case {
    /// A change between models; `before` is a query over rows, and what it gives before the change.
    pub(crate) fn new(
        (before, after): (&[&'static ModelDef], &[&'static ModelDef]),
        before_rows: (&'static str, &[&'static str]),
    ) -> Self {
        Self {
            before: before.to_vec(),
            after: after.to_vec(),
            choices: Choices::new(),
            rows: String::new(),
            many: Vec::new(),
            after_rows: None,
            given_rows: before_rows.1.to_vec(),
            before_rows: (before_rows.0, before_rows.1.to_vec()),
            held_up: None,
            fails: None,
            stays: None,
            is_none: false,
            beside: None,
        }
    }

    /// SQL that makes the odd rows; `{t}` is the tenant's schema.
    pub(crate) fn rows(mut self, sql: impl Into<String>) -> Self {
        self.rows = sql.into();
        self
    }

    /// More of it.
    pub(crate) fn rows_too(mut self, sql: &str, found: &[&'static str]) -> Self {
        self.given_rows.extend(found);
        self.rows = format!("{}; {sql}", self.rows);
        self
    }

    /// SQL that makes many rows of a table.
    pub(crate) fn many(mut self, table: &'static str, sql: &'static str) -> Self {
        self.many.push((table, sql));
        self
    }

    /// The knowledge that only the author of the change has.
    pub(crate) fn told(mut self, choose: impl FnOnce(Choices) -> Choices) -> Self {
        self.choices = choose(self.choices);
        self
    }

    /// The rows that a query finds after the change, in the tenant with odd ones.
    pub(crate) fn finds(mut self, sql: &'static str, rows: &[&'static str]) -> Self {
        self.after_rows = Some((sql, rows.to_vec()));
        self
    }

    /// The rows that are found once the change is taken back, where they are not those of before.
    pub(crate) fn finds_back(mut self, rows: &[&'static str]) -> Self {
        self.before_rows.1 = rows.to_vec();
        self
    }

    /// Says why others wait while rows are looked at.
    pub(crate) fn holds_up(mut self, why: &'static str) -> Self {
        self.held_up = Some(why);
        self
    }

    /// Says that it fails where there are rows, with these words.
    pub(crate) fn fails(mut self, words: &'static str) -> Self {
        self.fails = Some(words);
        self
    }

    /// Says that it can't be taken back where there are rows, with these words.
    pub(crate) fn stays(mut self, words: &'static str) -> Self {
        self.stays = Some(words);
        self
    }

    /// Says that there is nothing to do.
    pub(crate) fn nothing(mut self) -> Self {
        self.is_none = true;
        self
    }

    /// Has SQL of somebody else be in each tenant, which is asked for again afterwards.
    pub(crate) fn beside(mut self, sql: &'static str, undo: &'static str) -> Self {
        self.beside = Some((sql, undo));
        self
    }

    /// Tries the change, forwards and backwards, and compares what it was like with what is recorded.
    pub(crate) fn holds(self, name: &str) {
        let mut fleet = Fleet::new(&self);
        let mut told = String::new();
        if self.is_none {
            assert_eq!(changes(&self.after, &fleet.chain()).unwrap(), []);
            return;
        }
        let chain = fleet.chain();
        for question in questions(&self.after, &chain, &Choices::new()).unwrap() {
            writeln!(told, "asks {}", asked(&question)).unwrap();
        }
        let made = fleet.write(&self.after, &self.choices);
        let is_named = made.losses().next().is_some();
        for migration in made.migrations() {
            writeln!(told, "{}", migration.phase()).unwrap();
            for op in migration.operations() {
                writeln!(told, "  {op}").unwrap();
            }
        }
        assert_eq!(
            changes(&self.after, &fleet.chain()).unwrap(),
            [],
            "green afterwards"
        );

        let before_rows = fleet.rows(self.before_rows.0);
        assert_eq!(before_rows, self.given_rows, "rows before the change");
        watch(&mut fleet.client);
        if let Some(words) = self.fails {
            let failed = fleet.failed(words);
            writeln!(told, "fails in {}: {words}", failed.join(" and ")).unwrap();
            seen(&mut fleet.client);
            assert_eq!(
                fleet.rows(self.before_rows.0),
                before_rows,
                "nothing has happened"
            );
            insta::assert_snapshot!(name, told);
            return;
        }
        fleet.migrate();
        let seen = seen(&mut fleet.client);
        for line in &seen {
            writeln!(told, "{line}").unwrap();
        }
        if let Some(why) = self.held_up {
            writeln!(told, "others wait: {why}").unwrap();
        }
        let held_up = seen.iter().any(|line| holds_up(line));
        assert_eq!(held_up, self.held_up.is_some(), "{told}");
        fleet.expect_structure(&self.after);
        if let Some((sql, rows)) = &self.after_rows {
            assert_eq!(fleet.rows(sql), *rows, "rows after the change");
        }

        let back = migrator(fleet.chain())
            .on(&mut fleet.client)
            .rollback(Some("1"));
        if let Some(words) = self.stays {
            let error = back.map(|_| ()).unwrap_err().to_string();
            writeln!(told, "stays: {}", first_line(&error)).unwrap();
            assert!(error.contains(words), "{error}");
            insta::assert_snapshot!(name, told);
            return;
        }
        back.unwrap();
        fleet.expect_structure(&self.before);
        let rows = fleet.rows(self.before_rows.0);
        assert_eq!(rows, self.before_rows.1, "rows once it is taken back");
        assert!(
            rows == before_rows || is_named || told.contains("  forbid nulls"),
            "a loss is asked about: {told}"
        );
        fleet.migrate();
        create(&mut fleet.client, "later");
        fleet.expect_structure(&self.after);
        if let Some((_, sql)) = self.beside {
            for tenant in TENANTS {
                fleet.run(tenant, sql);
            }
        }
        insta::assert_snapshot!(name, told);
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// The question in words.
fn asked(question: &Question) -> String {
    match question {
        Question::Renamed { pair, .. } => format!("whether `{pair}` is a rename"),
        Question::Fill {
            column, sql_type, ..
        } => format!("which `{sql_type}` rows get in `{column}`"),
        Question::Moved { table, ways, .. } => {
            format!("how rows of `{table}` get there: {}", ways.join(" or "))
        }
        Question::Loss { of, words } => format!("whether values may go: `{of}`, {words}"),
        other => format!("{other:?}"),
    }
}

struct Fleet {
    folder: TempDir,
    client: Client,
    // Dropped last.
    _db: TestDb,
}

impl Fleet {
    fn new(case: &Case) -> Self {
        let db = TestDb::new();
        let mut fleet = Self {
            folder: TempDir::new().unwrap(),
            client: db.connect(),
            _db: db,
        };
        fleet.write(&case.before, &Choices::new());
        fleet.migrate();
        for tenant in TENANTS {
            create(&mut fleet.client, tenant);
            if let Some((sql, _)) = case.beside {
                fleet.run(tenant, sql);
            }
        }
        fleet.run("select", &case.rows);
        fleet.run("acme", &case.rows);
        for (table, sql) in &case.many {
            // A tenth of each page, so that a table is big with few rows.
            fleet.run(
                "acme",
                &format!("ALTER TABLE {{t}}.\"{table}\" SET (fillfactor = 10)"),
            );
            fleet.run("acme", sql);
            fleet.run(
                "acme",
                &format!(
                    "ALTER TABLE {{t}}.\"{table}\" RESET (fillfactor); ANALYZE {{t}}.\"{table}\""
                ),
            );
            let size =
                format!("SELECT pg_catalog.pg_relation_size('acme.\"{table}\"') > 8 * 1024 * 1024");
            let is_big: bool = fleet.client.query_one(&size, &[]).unwrap().get(0);
            assert!(is_big, "{table}");
        }
        fleet
    }

    fn chain(&self) -> Chain {
        Chain::open(self.folder.path()).unwrap()
    }

    fn write(&self, models: &[&ModelDef], choices: &Choices) -> NewMigrations {
        let chain = Chain::open_or_empty(self.folder.path()).unwrap();
        let made = make_with(models, &chain, None, choices);
        let made = made.unwrap_or_else(|error| panic!("{error}")).unwrap();
        made.write(self.folder.path()).unwrap();
        made
    }

    fn migrate(&mut self) {
        let chain = self.chain();
        migrate(&mut self.client, chain);
    }

    /// The tenants in which it fails; the one without rows is done.
    fn failed(&mut self, words: &str) -> Vec<String> {
        let report = migrator(self.chain())
            .on(&mut self.client)
            .attempt()
            .unwrap();
        assert_ne!(report.failed.len(), 0, "{words}");
        let mut keys = Vec::new();
        for failed in &report.failed {
            let message = &failed.error.as_ref().unwrap().message;
            assert!(message.contains(words), "{message}");
            keys.push(failed.key.to_string());
        }
        keys.sort_unstable();
        keys
    }

    fn run(&mut self, tenant: &str, sql: &str) {
        let sql = sql.replace("{t}", &format!("{tenant:?}"));
        self.client
            .batch_execute(&sql)
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    fn rows(&mut self, sql: &str) -> Vec<String> {
        texts(&mut self.client, &sql.replace("{t}", "\"select\""))
    }

    /// All schemas are as these models ask for.
    fn expect_structure(&mut self, models: &[&ModelDef]) {
        let wanted = State::from_models(models);
        let shared = SchemaName::new("shared").unwrap();
        let tenants = texts(
            &mut self.client,
            "SELECT schema_name FROM tenantry.tenant ORDER BY 1",
        );
        for tenant in tenants {
            let schema = SchemaName::new(&tenant).unwrap();
            let mut found = drift(&mut self.client, &wanted, &shared, Some(&schema)).unwrap();
            found.retain(|op| op.table != BESIDE);
            assert_eq!(found, [], "{tenant}");
        }
    }
}
