//! Connections over TLS: to a server that has it and to one that has not, with connectors that trust it or don't.

// Every server has an address of its own on the loopback interface, which other systems don't give.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first surprise, in its helpers too"
)]

mod addressed;
mod cancel;
mod server;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use postgres::{Config, NoTls};
use server::TlsServer;
use tempfile::TempDir;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::testing::TestDb;
use tenantry::{Error, ErrorKind};
use tenantry_tests::openssl::{Openssl, authority, certified};
use tenantry_tests::programs;
use tenantry_tests::shop::{Customer, NewCustomer, NewPlan, Plan};

/// A server with TLS, whose certificate is for `localhost`, the authority that has signed it, and another one.
struct World {
    server: TlsServer,
    ours: PathBuf,
    other: PathBuf,
    _folder: TempDir,
}

/// The world of most tests. There is none where `openssl` is missing, or the server was built without TLS.
fn world() -> Option<&'static World> {
    static WORLD: LazyLock<Option<World>> = LazyLock::new(|| {
        if !Openssl::is_installed() {
            programs::is_not_installed("openssl");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let ours = authority(folder.path(), "ours");
        let certificate = certified(folder.path(), "localhost", &ours);
        Some(World {
            server: TlsServer::start(&certificate, &ours)?,
            ours,
            other: authority(folder.path(), "other"),
            _folder: folder,
        })
    });
    WORLD.as_ref()
}

/// Returns whether a database's connections are over TLS.
fn is_encrypted(db: &Database) -> bool {
    let mut scope = db.shared().unwrap();
    let client = scope.client();
    let sql = "SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_backend_pid()";
    blocking(|| client.query_one(sql, &[]).unwrap().get(0))
}

fn connect(url: &str, tls: Openssl) -> Result<Database, Error> {
    let config: Config = url.parse().unwrap();
    Database::connect_with(&config, tls, Options::default())
}

#[track_caller]
fn is_about_tls(outcome: Result<Database, Error>, with: &[&str]) {
    let error = outcome.unwrap_err();
    let text = error.to_string();
    assert_eq!(error.kind(), ErrorKind::Tls, "{text}");
    for part in with.iter().chain(&["\nhelp: "]) {
        assert!(text.contains(part), "`{part}` is missing in: {text}");
    }
    assert!(!error.is_retryable(), "{text}");
}

#[test]
fn a_mode_says_whether_there_is_tls_and_the_connector_whom_it_trusts() {
    let Some(world) = world() else { return };
    let shop = world.server.shop();
    let url = |host: &str, mode: &str| world.server.url(&shop, host, mode);
    let ours = || Openssl::trusting(&world.ours);
    for (mode, encrypted) in [
        ("sslmode=disable", false),
        ("sslmode=prefer", true),
        ("connect_timeout=9", true),
        ("sslmode=require", true),
    ] {
        let db = connect(&url("localhost", mode), ours()).unwrap();
        assert_eq!(is_encrypted(&db), encrypted, "{mode}");
    }
    let anybody = connect(
        &url("elsewhere.example", "sslmode=require"),
        Openssl::trusting_everybody(),
    );
    assert!(is_encrypted(&anybody.unwrap()));
    for mode in ["sslmode=prefer", "sslmode=require"] {
        let elsewhere = url("elsewhere.example", mode);
        is_about_tls(connect(&elsewhere, ours()), &["`elsewhere.example`"]);
        let others = Openssl::trusting(&world.other);
        is_about_tls(
            connect(&url("localhost", mode), others),
            &["`localhost`", "verify"],
        );
    }
}

#[test]
fn tls_that_is_required_needs_a_connector() {
    let Some(world) = world() else { return };
    let shop = world.server.shop();
    let url = world.server.url(&shop, "localhost", "sslmode=require");
    let told = ["no TLS connector", "connect_with"];
    let config: Config = url.parse().unwrap();
    let outcome = Database::connect_with(&config, NoTls, Options::default());
    is_about_tls(outcome, &told);
    let config: Config = world
        .server
        .url(&shop, "localhost", "sslmode=prefer")
        .parse()
        .unwrap();
    let db = Database::connect_with(&config, NoTls, Options::default());
    assert!(!is_encrypted(&db.unwrap()));
}

#[test]
fn a_server_without_tls_is_used_only_where_that_is_allowed() {
    let server = TlsServer::plain();
    let shop = server.shop();
    for allowed in ["connect_timeout=9", "sslmode=prefer", "sslmode=disable"] {
        let url = server.url(&shop, "localhost", allowed);
        let db = connect(&url, Openssl::trusting_everybody()).unwrap();
        assert!(!is_encrypted(&db));
    }
    let required = server.url(&shop, "localhost", "sslmode=require");
    let outcome = connect(&required, Openssl::trusting_everybody());
    is_about_tls(outcome, &["`localhost`", "sslmode=disable"]);
    // Nobody listens on the socket of a machine, so that it needs no TLS.
    let local = format!("{}?sslmode=require", shop.url());
    assert!(!is_encrypted(&Database::connect(&local).unwrap()));
    let local = connect(&local, Openssl::trusting_everybody()).unwrap();
    assert!(!is_encrypted(&local));
}

#[test]
fn a_certificate_that_is_over_is_told_so() {
    let Some(world) = world() else { return };
    let shop = world.server.shop();
    let url = world.server.url(&shop, "localhost", "sslmode=require");
    let year_3000 = 32_503_680_000;
    let outcome = connect(&url, Openssl::trusting(&world.ours).at(year_3000));
    is_about_tls(outcome, &["expired"]);
}

/// Opens a database over TLS that recycles its connections, and cancels after so many seconds.
fn soon(world: &World, shop: &TestDb, seconds: u64) -> Database {
    let url = world.server.url(shop, "localhost", "sslmode=require");
    let mut options = Options::default();
    options.max_tables_per_connection = 2;
    options.max_connections = 2;
    options.statement_timeout = Some(Duration::from_secs(seconds));
    let config: Config = url.parse().unwrap();
    Database::connect_with(&config, Openssl::trusting(&world.ours), options).unwrap()
}

fn use_all(db: &Database) {
    let mut shared = db.shared().unwrap();
    let plan = Plan::insert(NewPlan::new("pro", Decimal::from(49)))
        .returning(&mut shared)
        .unwrap();
    drop(shared);
    for name in ["acme", "globex", "initech"] {
        let key = TenantKey::new(name).unwrap();
        db.tenants().create(&key).unwrap();
        let mut scope = db.tenant(&key).unwrap();
        // More than one record of TLS.
        let long = "long ".repeat(20_000);
        let customer = scope.transaction(|tx| {
            Customer::insert(NewCustomer::new(&long, "ann@x.example", &plan)).returning(tx)
        });
        assert_eq!(customer.unwrap().name, long);
        assert_eq!(Customer::query().count(&mut scope).unwrap(), 1);
        let client = scope.client();
        blocking(|| client.batch_execute("SET work_mem = '7MB'")).unwrap();
    }
    let mut scope = db.shared().unwrap();
    let client = scope.client();
    let row = blocking(|| client.query_one("SHOW work_mem", &[])).unwrap();
    assert_ne!(row.get::<_, String>(0), "7MB");
}

#[tokio::test]
async fn everything_works_over_tls_on_the_thread_of_a_runtime() {
    let Some(world) = blocking(world) else { return };
    let shop = world.server.shop();
    let db = soon(world, &shop, 2);
    use_all(&db);
    assert!(is_encrypted(&db));

    let mut scope = db.shared().unwrap();
    let error = scope
        .sql(tenantry::sql!("SELECT pg_sleep(60)"))
        .execute()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    drop(scope);
    assert_eq!(Plan::query().count(&mut db.shared().unwrap()).unwrap(), 1);
    tokio::task::yield_now().await;
    drop(db);
}

#[test]
fn a_pool_over_tls_survives_connections_that_are_ended_on_the_server() {
    let Some(world) = world() else { return };
    let shop = world.server.shop();
    let db = soon(world, &shop, 2);
    drop((db.shared().unwrap(), db.shared().unwrap()));
    let ended = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity \
                 WHERE datname = $1 AND backend_type = 'client backend'";
    let mut client = world.server.client();
    assert_eq!(client.query(ended, &[&shop.name()]).unwrap().len(), 2);
    for _ in 0..4 {
        assert_eq!(Plan::query().count(&mut db.shared().unwrap()).unwrap(), 0);
        assert!(is_encrypted(&db));
    }
}

#[test]
fn the_commands_go_over_tls_too() {
    let Some(world) = world() else { return };
    let shop = world.server.shop();
    let folder = tempfile::tempdir().unwrap();
    let manage = |mode: &str, release: &str, authority: &Path, args: &[&str]| {
        // A role that is let in over TLS alone.
        let url = world.server.url(&shop, "localhost", mode);
        let run = Command::new(env!("CARGO_BIN_EXE_shop_manage"))
            .current_dir(folder.path())
            .env("DATABASE_URL", url.replace("postgres@", "bound@"))
            .env("RELEASE", release)
            .env("AUTHORITY", authority)
            .args(args)
            .output()
            .unwrap();
        let text = [run.stdout, run.stderr].concat();
        (run.status.success(), String::from_utf8(text).unwrap())
    };
    let list = ["tenants", "list"];
    let (ours, over_tls) = (&world.ours, "over TLS");
    let (done, text) = manage(
        "sslmode=require",
        over_tls,
        ours,
        &["tenants", "create", "acme"],
    );
    assert!(done, "{text}");
    let (done, text) = manage("sslmode=prefer", over_tls, ours, &list);
    assert!(done && text.contains("acme"), "{text}");
    for (mode, release, authority, told) in [
        ("sslmode=disable", over_tls, ours, "pg_hba.conf"),
        (
            "sslmode=require",
            over_tls,
            &world.other,
            "TLS with the server at `localhost` failed",
        ),
        ("sslmode=verify-full", over_tls, ours, "`manage_with`"),
        (
            "sslmode=require&sslrootcert=a.crt",
            over_tls,
            ours,
            "`sslrootcert`",
        ),
    ] {
        let (done, text) = manage(mode, release, authority, &list);
        assert!(
            !done && text.contains(told) && text.contains("help: "),
            "{mode}: {text}"
        );
    }
}
