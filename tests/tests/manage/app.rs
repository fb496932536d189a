//! An application with a database and a folder of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tenantry::testing::TestDb;

/// An application: a database, a folder of migrations, and the release that is running.
pub(crate) struct App {
    pub(crate) db: TestDb,
    folder: TempDir,
    release: &'static str,
}

impl App {
    /// An application in its first release, with an empty database and without migrations.
    pub(crate) fn new() -> Self {
        Self {
            db: TestDb::new(),
            folder: TempDir::new().unwrap(),
            release: "first",
        }
    }

    /// An application whose first migration is applied, with these tenants.
    pub(crate) fn with_tenants(keys: &[&str]) -> Self {
        let app = Self::new();
        app.manage(&["makemigrations"]).succeeds();
        app.manage(&["migrate"]).succeeds();
        for key in keys {
            app.manage(&["tenants", "create", key]).succeeds();
        }
        app
    }

    /// Runs another release from now on.
    pub(crate) fn release(&mut self, release: &'static str) {
        self.release = release;
    }

    /// The command that a test adds arguments to.
    pub(crate) fn command(&self) -> Command {
        Self::command_in(self.folder.path(), self.db.url(), self.release)
    }

    /// The command of a release, in this folder and for this database.
    pub(crate) fn command_in(folder: &Path, url: &str, release: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shop_manage"));
        // As it is called in an application; the workspace has another binary of that name.
        std::os::unix::process::CommandExt::arg0(&mut command, "manage");
        command
            .current_dir(folder)
            .env("DATABASE_URL", url)
            .env("RELEASE", release)
            .stdin(Stdio::null());
        command
    }

    /// Runs a command without a terminal.
    #[track_caller]
    pub(crate) fn manage(&self, args: &[&str]) -> Run {
        Run::of(self.command().args(args))
    }

    /// Runs a command that prints JSON.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let run = self.manage(args).succeeds();
        serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}", run.out))
    }

    /// The folder that commands are run in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The path of a file of the chain.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join("migrations").join(below)
    }

    /// Writes a file of the chain.
    pub(crate) fn write(&self, below: &str, text: &str) {
        fs::write(self.path(below), text).unwrap();
    }

    /// The folders of the chain's migrations.
    pub(crate) fn migrations(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(""))
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().is_dir())
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The tables of a schema, by name.
    pub(crate) fn tables(&self, schema: &str) -> Vec<String> {
        let sql =
            "SELECT tablename::text FROM pg_catalog.pg_tables WHERE schemaname = $1 ORDER BY 1";
        let rows = self.db.connect().query(sql, &[&schema]).unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// The columns of a table, by name.
    pub(crate) fn columns(&self, schema: &str, table: &str) -> Vec<String> {
        let sql = "SELECT a.attname::text FROM pg_catalog.pg_attribute AS a \
             JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid \
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname";
        let rows = self.db.connect().query(sql, &[&schema, &table]).unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// All that there is: the files, the catalogue, the rows and the sequences, with the transactions that wrote them.
    pub(crate) fn picture(&self) -> (BTreeMap<PathBuf, Vec<u8>>, Vec<String>) {
        let mut files = BTreeMap::new();
        read_into(self.folder.path(), &mut files);
        (files, self.database_picture())
    }

    /// The rows of some of the tables that the metadata tables have.
    pub(crate) fn rows(&self, tables: &[&str]) -> Vec<String> {
        let mut client = self.db.connect();
        let mut lines = Vec::new();
        for table in tables {
            let sql = format!("SELECT '{table} ' || t::text FROM tenantry.{table} AS t ORDER BY 1");
            let rows = client.query(&sql, &[]).unwrap();
            lines.extend(rows.iter().map(|row| row.get::<_, String>(0)));
        }
        lines
    }

    fn database_picture(&self) -> Vec<String> {
        let mut client = self.db.connect();
        let mut lines = Vec::new();
        let mut add = |client: &mut postgres::Client, sql: &str| {
            let rows = client.query(sql, &[]).unwrap();
            lines.extend(rows.iter().map(|row| row.get::<_, String>(0)));
        };
        // What PostgreSQL itself brings has smaller numbers.
        for (catalogue, number) in [
            ("pg_namespace", "oid"),
            ("pg_attribute", "attrelid"),
            ("pg_constraint", "oid"),
            ("pg_index", "indexrelid"),
            ("pg_description", "objoid"),
        ] {
            let sql = format!(
                "SELECT '{catalogue} ' || t.xmin || ' ' || t::text FROM pg_catalog.{catalogue} AS t \
                 WHERE t.{number} >= 16384 ORDER BY 1"
            );
            add(&mut client, &sql);
        }
        add(
            &mut client,
            "SELECT schemaname || '.' || sequencename || ' ' || coalesce(last_value, 0) FROM pg_catalog.pg_sequences ORDER BY 1",
        );
        let own = "SELECT format('%I.%I', schemaname, tablename) FROM pg_catalog.pg_tables \
             WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1";
        let tables: Vec<String> = client
            .query(own, &[])
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect();
        for table in tables {
            let sql = format!(
                "SELECT '{table} ' || t.xmin || ' ' || t::text FROM {table} AS t ORDER BY 1"
            );
            add(&mut client, &sql);
        }
        lines
    }
}

fn read_into(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.insert(path.clone(), Vec::new());
            read_into(&path, files);
        } else {
            let content = fs::read(&path).unwrap();
            files.insert(path, content);
        }
    }
}

/// The output of a command, and how it ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) out: String,
    pub(crate) err: String,
    code: Option<i32>,
}

impl Run {
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code(),
        }
    }

    /// Whether the command has done its work.
    pub(crate) fn is_done(&self) -> bool {
        self.code == Some(0)
    }

    /// The command has done its work, and complained of nothing.
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{self:?}");
        self
    }

    /// The command has done its work, and may have told something besides.
    #[track_caller]
    pub(crate) fn finishes(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// The command has failed, or found something.
    #[track_caller]
    pub(crate) fn fails(self) -> Self {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert!(!self.err.contains("panicked"), "{self:?}");
        self
    }

    /// The command line is wrong.
    #[track_caller]
    pub(crate) fn refused_as_usage(self) -> Self {
        assert_eq!((self.code, self.out.as_str()), (Some(2), ""), "{self:?}");
        self
    }

    /// The result has this text in it.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.out.contains(text), "`{text}` is missing in {self:#?}");
        self
    }

    /// The complaint has this text in it.
    #[track_caller]
    pub(crate) fn complains(self, text: &str) -> Self {
        assert!(self.err.contains(text), "`{text}` is missing in {self:#?}");
        self
    }
}
