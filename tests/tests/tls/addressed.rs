//! TLS and passwords as an address asks for them, over both drivers and in the commands.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::{Address, Error, ErrorKind, sql, tokio as tasks};
use tenantry_tests::openssl::{certified, expired, signed};
use tokio::runtime::Builder;

use super::server::TlsServer;
use super::{is_encrypted, world};

/// Connects with each driver, and returns whether its connection is encrypted.
fn both(server: &TlsServer, url: &str) -> [Result<bool, Error>; 2] {
    let blocking = Database::connect(url).map(|db| is_encrypted(&db));
    [blocking, awaited(server, url)]
}

fn awaited(server: &TlsServer, url: &str) -> Result<bool, Error> {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let db = tasks::Database::connect(url).await?;
        let mut scope = db.shared();
        let pid = scope.sql(sql!("SELECT pg_backend_pid()")).row::<i32>();
        let pid = pid.await?;
        Ok(blocking(|| {
            let ssl = "SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = $1";
            server.client().query_one(ssl, &[&pid]).unwrap().get(0)
        }))
    })
}

#[track_caller]
fn are_encrypted(server: &TlsServer, url: &str, expected: bool) {
    for outcome in both(server, url) {
        assert_eq!(outcome.unwrap(), expected, "{url}");
    }
}

#[track_caller]
fn are_refused(server: &TlsServer, url: &str, kind: ErrorKind, with: &[&str]) {
    for outcome in both(server, url) {
        let error = outcome.expect_err(url);
        let text = error.to_string();
        assert_eq!(error.kind(), kind, "{url}: {text}");
        for part in with {
            assert!(text.contains(part), "{url}: `{part}` is missing in: {text}");
        }
    }
}

#[test]
fn a_mode_says_what_is_verified() {
    let Some(world) = world() else { return };
    let shop = world.server.shop();
    let url = |host, options: &str| world.server.url(&shop, host, options);
    let (ours, other) = (world.ours.display(), world.other.display());
    let elsewhere = "elsewhere.example";
    for (host, options, encrypted) in [
        ("localhost", "sslmode=disable".to_owned(), false),
        ("localhost", "connect_timeout=9".to_owned(), true),
        (elsewhere, "sslmode=prefer".to_owned(), true),
        (elsewhere, "sslmode=require".to_owned(), true),
        (elsewhere, "ssl=true".to_owned(), true),
        (
            elsewhere,
            format!("sslmode=verify-ca&sslrootcert={ours}"),
            true,
        ),
        (
            "localhost",
            format!("sslmode=verify-full&sslrootcert={ours}"),
            true,
        ),
        (
            "localhost.",
            format!("sslmode=verify-full&sslrootcert={ours}"),
            true,
        ),
        (
            "localhost",
            format!("sslmode=require&sslsni=0&ssl_max_protocol_version=TLSv1.2&sslrootcert={ours}"),
            true,
        ),
    ] {
        are_encrypted(&world.server, &url(host, &options), encrypted);
    }
    let help = "\nhelp: ";
    for (host, options, told) in [
        (
            elsewhere,
            format!("sslmode=verify-full&sslrootcert={ours}"),
            "`elsewhere.example` failed",
        ),
        (
            "localhost",
            format!("sslmode=verify-full&sslrootcert={other}"),
            "UnknownIssuer",
        ),
        (
            "localhost",
            format!("sslmode=verify-ca&sslrootcert={other}"),
            "UnknownIssuer",
        ),
        // Who is trusted is asked for in each mode in which somebody is.
        (
            "localhost",
            format!("sslmode=require&sslrootcert={other}"),
            "UnknownIssuer",
        ),
        (
            "localhost",
            format!("sslmode=prefer&sslrootcert={other}"),
            "UnknownIssuer",
        ),
        (
            "localhost",
            "sslmode=verify-full".to_owned(),
            "`sslrootcert=system`",
        ),
        (
            "localhost",
            "sslrootcert=system".to_owned(),
            "UnknownIssuer",
        ),
        (
            "localhost",
            "sslmode=require&sslrootcert=/not/there".to_owned(),
            "`/not/there` of `sslrootcert`",
        ),
        (
            "localhost",
            format!("sslrootcert={}", world.ours.with_extension("key").display()),
            "no certificate",
        ),
    ] {
        are_refused(
            &world.server,
            &url(host, &options),
            ErrorKind::Tls,
            &[told, help],
        );
    }
}

#[test]
fn a_server_without_tls_is_refused_where_tls_is_required() {
    let server = TlsServer::plain();
    let shop = server.shop();
    are_encrypted(
        &server,
        &server.url(&shop, "localhost", "sslmode=prefer"),
        false,
    );
    let told = ["`localhost` does not take TLS", "\nhelp: "];
    are_refused(
        &server,
        &server.url(&shop, "localhost", "sslmode=require"),
        ErrorKind::Tls,
        &told,
    );
    // There is none over a socket of the machine, whatever is asked for.
    are_encrypted(
        &server,
        &format!("{}?sslmode=verify-full", shop.url()),
        false,
    );
}

#[test]
fn a_certificate_is_refused_that_is_over() {
    let Some(world) = world() else { return };
    let folder = tempfile::tempdir().unwrap();
    let over = expired(folder.path(), "over", &world.ours);
    let Some(server) = TlsServer::start(&over, &world.ours) else {
        return;
    };
    let shop = server.shop();
    let ours = world.ours.display();
    for mode in ["verify-ca", "verify-full"] {
        let options = format!("sslmode={mode}&sslrootcert={ours}");
        let url = server.url(&shop, "localhost", &options);
        are_refused(&server, &url, ErrorKind::Tls, &["expired", "\nhelp: "]);
    }
    are_encrypted(
        &server,
        &server.url(&shop, "localhost", "sslmode=require"),
        true,
    );
}

#[test]
fn a_client_shows_its_certificate() {
    let Some(world) = world() else { return };
    let shop = world.server.shop();
    let folder = tempfile::tempdir().unwrap();
    let options = |certificate: &Path| {
        let key = certificate.with_extension("key");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let (certificate, key) = (certificate.display(), key.display());
        format!("sslmode=require&sslcert={certificate}&sslkey={key}")
    };
    let url = |options: &str| {
        let url = world.server.url(&shop, "localhost", options);
        url.replace("postgres@", "shown@")
    };
    let shown = certified(folder.path(), "shown", &world.ours);
    are_encrypted(&world.server, &url(&options(&shown)), true);
    // None, that of somebody else, and one of another authority.
    let refused = ["certificate"];
    are_refused(
        &world.server,
        &url("sslmode=require"),
        ErrorKind::Database,
        &refused,
    );
    let eve = certified(folder.path(), "eve", &world.ours);
    are_refused(
        &world.server,
        &url(&options(&eve)),
        ErrorKind::Database,
        &["authentication failed"],
    );
    let foreign = certified(&folder.path().join("foreign"), "shown", &world.other);
    are_refused(
        &world.server,
        &url(&options(&foreign)),
        ErrorKind::Tls,
        &["`sslcert`"],
    );
    let theirs = shown.with_extension("key");
    let mixed = format!(
        "sslmode=require&sslcert={}&sslkey={}",
        eve.display(),
        theirs.display()
    );
    are_refused(
        &world.server,
        &url(&mixed),
        ErrorKind::Tls,
        &["of no use together", "`sslkey`"],
    );
    let open = options(&shown);
    fs::set_permissions(&theirs, fs::Permissions::from_mode(0o644)).unwrap();
    are_refused(&world.server, &url(&open), ErrorKind::Tls, &["chmod 0600"]);
    let missing = "sslmode=require&sslcert=/not/there&sslkey=/not/there.key";
    are_refused(
        &world.server,
        &url(missing),
        ErrorKind::Tls,
        &["`/not/there` of `sslcert`"],
    );
}

#[test]
fn a_login_is_bound_to_its_tls() {
    let Some(world) = world() else { return };
    // A hash of each kind, of the algorithm that a certificate is signed with.
    let folder = tempfile::tempdir().unwrap();
    for hash in ["-sha256", "-sha384", "-sha512"] {
        let certificate = signed(folder.path(), "localhost", &world.ours, &[hash]);
        let Some(server) = TlsServer::start(&certificate, &world.ours) else {
            return;
        };
        let shop = server.shop();
        let url = |options: &str| {
            let url = server.url(&shop, "localhost", options);
            url.replace("postgres@", "secret:ge%3Aheim@")
        };
        are_encrypted(
            &server,
            &url("sslmode=require&channel_binding=require"),
            true,
        );
        are_refused(
            &server,
            &url("sslmode=disable&channel_binding=require"),
            ErrorKind::Database,
            &[],
        );
    }
}

#[test]
fn a_password_comes_from_a_file() {
    let server = TlsServer::plain();
    let shop = server.shop();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("passwords");
    fs::write(
        &file,
        "elsewhere:*:*:*:no\nlocalhost:5432:*:secret:ge\\:heim\n",
    )
    .unwrap();
    let url = server.url(&shop, "localhost", &format!("passfile={}", file.display()));
    let url = url.replace("postgres@", "secret@");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    are_encrypted(&server, &url, false);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o604)).unwrap();
    are_refused(&server, &url, ErrorKind::Database, &["chmod 0600"]);
}

#[test]
fn statements_are_cancelled_over_the_tls_of_an_address() {
    let Some(world) = world() else { return };
    let shop = world.server.shop();
    let options = format!("sslmode=verify-full&sslrootcert={}", world.ours.display());
    let address: Address = world
        .server
        .url(&shop, "localhost", &options)
        .parse()
        .unwrap();
    let db = Database::connect_to(&address, Options::default()).unwrap();
    super::cancel::is_cancelled(&world.server, &db);
    let mut limited = Options::default();
    limited.statement_timeout = Some(Duration::from_secs(1));
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(async {
        let db = tasks::Database::connect_to(&address, limited)
            .await
            .unwrap();
        let mut scope = db.shared();
        scope
            .sql(sql!("SELECT pg_sleep(600)"))
            .execute()
            .await
            .unwrap_err()
    });
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
}

#[test]
fn the_commands_take_what_an_address_leaves_open_from_the_environment() {
    let Some(world) = world() else { return };
    let shop = world.server.shop();
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) = (world.ours.to_str().unwrap(), world.other.to_str().unwrap());
    let home = folder.path().to_str().unwrap();
    let host = world.server.url(&shop, "localhost", "");
    let hostaddr = host
        .split("hostaddr=")
        .nth(1)
        .unwrap()
        .trim_end_matches('&')
        .to_owned();
    let service = format!(
        "[shop]\nhost=localhost\nhostaddr={hostaddr}\nuser=secret\ndbname={}\n",
        shop.name()
    );
    fs::write(folder.path().join(".pg_service.conf"), service).unwrap();
    let manage = |address: &str, variables: &[(&str, &str)]| {
        let run = Command::new(env!("CARGO_BIN_EXE_shop_manage"))
            .current_dir(folder.path())
            .envs([
                ("HOME", home),
                ("DATABASE_URL", address),
                ("RELEASE", "first"),
            ])
            .envs(variables.iter().copied())
            .args(["tenants", "list"])
            .output()
            .unwrap();
        let text = String::from_utf8([run.stdout, run.stderr].concat()).unwrap();
        assert!(!text.contains("heim"), "{text}");
        (run.status.success(), text)
    };
    let password = ("PGPASSWORD", "ge:heim");
    let full = ("PGSSLMODE", "verify-full");
    let by_service = "postgres://?service=shop";
    for (address, variables) in [
        (by_service, vec![password, full, ("PGSSLROOTCERT", ours)]),
        ("port=5432", vec![("PGSERVICE", "shop"), password]),
        // The system's authorities are those that it is told.
        (
            by_service,
            vec![
                password,
                ("PGSSLROOTCERT", "system"),
                ("SSL_CERT_FILE", ours),
            ],
        ),
    ] {
        let (done, text) = manage(address, &variables);
        assert!(done, "{variables:?}: {text}");
    }
    for (address, variables, told) in [
        (
            by_service,
            vec![password, full, ("PGSSLROOTCERT", other)],
            "UnknownIssuer",
        ),
        (by_service, vec![password, full], "`sslrootcert=system`"),
        (by_service, vec![], "password"),
        (
            by_service,
            vec![("PGPASSWORD", "heimlich")],
            "look at the user, the password",
        ),
        ("service=shops", vec![], "no service `shops`"),
        (
            by_service,
            vec![("PGSSLMODE", "full")],
            "variable `PGSSLMODE`",
        ),
    ] {
        let (done, text) = manage(address, &variables);
        assert!(
            !done && text.contains(told) && text.contains("help: "),
            "{variables:?}: {text}"
        );
    }
}
