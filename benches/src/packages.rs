//! The packages for Django, as their users run them: installed from the Python registry, driven by `packages/run.py`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tenantry::testing::Server;

use crate::app::Next;
use crate::create::seconds;
use crate::server::database;

/// A package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Package {
    DjangoTenants,
    DjangoPgschemas,
}

impl Package {
    pub(crate) const ALL: [Self; 2] = [Self::DjangoTenants, Self::DjangoPgschemas];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::DjangoTenants => "django-tenants",
            Self::DjangoPgschemas => "django-pgschemas",
        }
    }
}

/// How many columns, constraints and indexes a schema has, without the packages' own table.
pub(crate) fn counts(schema: &str) -> String {
    format!(
        "SELECT pg_catalog.concat_ws(' ', \
         (SELECT count(*) FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = ANY (t.oids) AND a.attnum > 0 AND NOT a.attisdropped), \
         (SELECT pg_catalog.string_agg(k.contype::text || k.n::text, ' ' ORDER BY k.contype) FROM \
         (SELECT contype, count(*) AS n FROM pg_catalog.pg_constraint WHERE conrelid = ANY (t.oids) AND contype <> 'n' GROUP BY contype) AS k), \
         (SELECT count(*) FROM pg_catalog.pg_index AS i WHERE i.indrelid = ANY (t.oids))) \
         FROM (SELECT pg_catalog.array_agg(c.oid) AS oids FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n \
         ON n.oid = c.relnamespace WHERE n.nspname = '{schema}' AND c.relkind = 'r' AND c.relname <> 'django_migrations') AS t"
    )
}

/// Creates so many tenants, and gives the time of each.
pub(crate) fn create(
    server: &Server,
    package: Package,
    tables: usize,
    mode: &str,
    number: usize,
) -> Vec<Duration> {
    let database = database(server);
    let number = number.to_string();
    let output = run(
        package,
        tables,
        30,
        database.url(),
        &["create", mode, &number],
    );
    let times: Vec<f64> = serde_json::from_str(&output).expect("the script prints times");
    seconds(&times)
}

/// Migrates so many tenants in each of the ways that the package has, and gives the time of one and how, for the best.
pub(crate) fn migrate(
    server: &Server,
    package: Package,
    tables: usize,
    number: usize,
    next: Next,
) -> (f64, String) {
    let database = database(server);
    let hand = crate::app::by_hand(tables, "__tenant__", Some("public"));
    let file = scratch().join(format!("tenant_{tables}.sql"));
    std::fs::write(&file, hand).expect("the file can be written");
    let upto = match next {
        Next::Nothing => 30,
        Next::Column => 31,
        Next::Table => 32,
    };
    let number = number.to_string();
    let file = file.display().to_string();
    let output = run(
        package,
        tables,
        upto,
        database.url(),
        &["migrate", &number, &file],
    );
    let best: (f64, String) =
        serde_json::from_str(&output).expect("the script prints a time and how");
    best
}

fn scratch() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/packages");
    std::fs::create_dir_all(&path).expect("the folder can be made");
    path
}

/// The interpreter of an environment that has the packages; the first time it is made.
fn python() -> PathBuf {
    let venv = scratch().join("venv");
    let python = venv.join("bin/python");
    if !venv.join("complete").exists() {
        let made = Command::new("python3")
            .args(["-m", "venv"])
            .arg(&venv)
            .status();
        assert!(
            made.is_ok_and(|status| status.success()),
            "`python3 -m venv` makes an environment"
        );
        let installed = Command::new(&python)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .args(["django-tenants", "django-pgschemas", "psycopg[binary]"])
            .status();
        assert!(
            installed.is_ok_and(|status| status.success()),
            "the packages can be installed"
        );
        std::fs::write(venv.join("complete"), "").expect("the file can be written");
    }
    python
}

/// The versions of the packages.
pub(crate) fn versions() -> String {
    let output = Command::new(python())
        .args([
            "-m",
            "pip",
            "list",
            "--format=freeze",
            "--disable-pip-version-check",
        ])
        .output()
        .expect("pip can be run");
    let list = String::from_utf8_lossy(&output.stdout).into_owned();
    let wanted = |line: &&str| {
        let line = line.to_lowercase();
        [
            "django==",
            "django-tenants==",
            "django-pgschemas==",
            "psycopg==",
        ]
        .iter()
        .any(|name| line.starts_with(name))
    };
    list.lines().filter(wanted).collect::<Vec<_>>().join(", ")
}

fn run(package: Package, tables: usize, upto: usize, url: &str, arguments: &[&str]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("packages");
    let output = Command::new(python())
        .arg(folder.join("run.py"))
        .args(arguments)
        .env("PACKAGE", package.name())
        .env("TABLES", tables.to_string())
        .env("UPTO", upto.to_string())
        .env("DATABASE_URL", url)
        .env("SCRATCH", scratch())
        .output()
        .expect("the script can be run");
    assert!(
        output.status.success(),
        "{}: {}",
        package.name(),
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().last().unwrap_or_default().to_owned()
}
