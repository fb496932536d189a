//! Addresses in surroundings that a test makes.

use std::fs;
use std::path::{Path, PathBuf};

use postgres::config::{SslMode, TargetSessionAttrs};
use tempfile::TempDir;

use super::environment::Environment;
use super::tls::{Roots, Verify};
use super::*;

/// A home, and variables.
struct Around {
    home: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Around {
    fn new<const N: usize>(variables: [(&'static str, &str); N]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut variables: Vec<_> = variables
            .into_iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect();
        // No file of this machine.
        variables.push(("PGSYSCONFDIR", home.path().display().to_string()));
        Self { home, variables }
    }

    fn read(&self, text: &str) -> Result<Address> {
        let variable = |name: &str| {
            let mut variables = self.variables.iter();
            variables
                .find(|(other, _)| *other == name)
                .map(|(_, value)| value.clone())
        };
        Address::read(text, &Environment::new(&variable, self.home.path()))
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let file = self.home.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        set_mode(&file, mode);
        file
    }
}

#[cfg(unix)]
fn set_mode(file: &Path, mode: u32) {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
    fs::set_permissions(file, mode).unwrap();
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) {}

fn parse(text: &str) -> Result<Address> {
    Around::new([]).read(text)
}

fn password(address: &Address) -> Option<String> {
    let password = address.config().get_password()?;
    Some(String::from_utf8(password.to_vec()).unwrap())
}

#[track_caller]
fn is_refused(address: Result<Address>, with: &[&str]) {
    let error = address.unwrap_err();
    let text = error.to_string();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{text}");
    for part in with.iter().chain(&["\nhelp: "]) {
        assert!(text.contains(part), "`{part}` is missing in: {text}");
    }
    assert!(!text.contains("heim"), "{text}");
}

#[test]
fn a_database_is_named_by_its_hosts_with_their_ports() {
    for (address, name) in [
        (
            "postgres://ann:geheim@db.example:5433/app",
            "db.example:5433/app",
        ),
        ("postgres://ann:geheim@[::1]:5432/app", "[::1]:5432/app"),
        ("postgres://ann@[2001:db8::7]/app", "[2001:db8::7]:5432/app"),
        ("postgres://ann@a:1,[::1]:2/app", "a:1,[::1]:2/app"),
        ("postgres://ann:ge%40heim@a/app", "a:5432/app"),
        ("host=::1 port=7 dbname=app", "[::1]:7/app"),
        ("hostaddr=::1 dbname=app", "[::1]:5432/app"),
        ("host=a,b port=7 dbname=app", "a:7,b:7/app"),
        ("postgres://a:1,b/app", "a:1,b:5432/app"),
        ("postgres:///app?host=/sockets", "/sockets:5432/app"),
    ] {
        let read = parse(address).unwrap();
        assert_eq!(read.to_string(), name, "{address}");
        assert!(!format!("{read:?}").contains("heim"), "{read:?}");
    }
}

#[test]
fn an_address_that_is_not_valid_is_told_without_any_of_it() {
    for address in [
        "postgres://ann:ge@heim@db.example/app",
        "postgres://ann:ge@heim:77@db.example:5432/app",
        "postgres://ann:ge@heim/77@db.example:5432/app",
        "postgres://ann:ge?x@heim@db.example/app",
        "postgres://ann:ge@heim?x@db.example/app",
        "postgres://ann:geheim",
        "postgres://ann:geheim@db.example:port/app",
        "postgres://ann:geheim@db.example/app&password=heim",
        "postgres://ann@db.example/app;PASSWORD=heim",
        "postgres://ann@db.example/app?pasword=heim",
        "postgres://ann@db.example/app?heim=1",
        "postgres://ann:geheim@[::1/app",
        "postgres://ann:%zzheim@db.example:x/app",
        "host=db.example password=ge heim dbname=app",
        "host=db.example password='ge heim dbname=app",
        "host=db.example password=ge heim=1",
        "mysql://ann:geheim@db.example/app",
        "postgres:/ann:geheim@db.example/app",
        " postgres://ann:geheim@db.example/app",
        "host=postgres://ann:geheim@db.example/app",
        "geheim",
    ] {
        let error = parse(address).expect_err(address);
        let text = format!("{error} {error:?}");
        assert!(!text.contains("heim"), "{address}: {text}");
        assert!(std::error::Error::source(&error).is_none(), "{address}");
        assert!(text.contains("help: write it as"), "{text}");
    }
}

#[test]
fn what_is_right_is_left_alone() {
    for address in [
        "postgres://ann@host/app?application_name=a@b",
        "postgres://ann%40corp:p%40ss@host/app",
        "postgres://ann:p/s?s@host/app",
        "postgres:///app?host=%2Ftmp%2Fa%40b",
        "host=h sslmode=require",
        "host=h gssencmode=prefer client_encoding=UTF8 krbsrvname=x sslcompression=1",
    ] {
        parse(address).unwrap_or_else(|error| panic!("{address}: {error}"));
    }
}

#[test]
fn a_mistyped_option_gets_a_suggestion() {
    is_refused(
        parse("postgres://ann@host/app?sslmod=disable"),
        &["is `sslmode` meant?"],
    );
}

#[test]
fn a_value_that_can_not_be_kept_is_refused_with_the_place_that_has_it() {
    let address = "the address of the database";
    for (options, told) in [
        ("sslmode=heim", "`verify-full`"),
        ("sslmode=allow", "`sslmode=prefer`"),
        ("target_session_attrs=primary", "`read-write`"),
        ("channel_binding=heim", "`require`"),
        ("sslnegotiation=direct", "`sslmode=require`"),
        (
            "sslrootcert=system&sslmode=require",
            "`sslmode=verify-full`",
        ),
        ("sslmode=require&sslcertmode=require", "clientcert"),
        ("sslmode=require&sslcrl=/heim", "`sslrootcert`"),
        (
            "sslmode=require&ssl_max_protocol_version=TLSv1.1",
            "TLSv1.2",
        ),
        ("ssl_min_protocol_version=heim", "`TLSv1.3`"),
        ("require_auth=scram-sha-256", "`channel_binding=require`"),
        ("gssencmode=require", "`disable`"),
        ("sslpassword=geheim", "openssl pkey"),
        ("tcp_user_timeout=heim", "milliseconds"),
        ("connect_timeout=heim", "`connect_timeout`"),
    ] {
        let url = format!("postgres://ann@host/app?{options}");
        is_refused(parse(&url), &[address, told]);
    }
    let around = Around::new([("PGSSLMODE", "heim")]);
    is_refused(around.read("host=h"), &["variable `PGSSLMODE`"]);
    let around = Around::new([("PGREQUIREAUTH", "geheim")]);
    is_refused(around.read("host=h"), &["variable `PGREQUIREAUTH`"]);
    let file = around.write(".pg_service.conf", "[app]\nport=heim", 0o644);
    let around = Around::new([("PGSERVICEFILE", file.to_str().unwrap())]);
    is_refused(around.read("host=h service=app"), &["service `app` in `"]);
}

#[test]
fn the_address_counts_before_the_service_and_that_before_the_environment() {
    let around = Around::new([
        ("PGHOST", "of-environment"),
        ("PGPORT", "7"),
        ("PGUSER", "eve"),
        ("PGDATABASE", "other"),
        ("PGPASSWORD", "of the environment"),
        ("PGAPPNAME", "shell"),
        ("PGOPTIONS", "-c a.b=1"),
        ("PGCONNECT_TIMEOUT", "9"),
        ("PGTARGETSESSIONATTRS", "read-only"),
        ("PGSERVICE", "app"),
    ]);
    let service = "[app]\nhost=of-service\nuser=ann\npassword=of the service\ntarget_session_attrs=read-write\n\
                   [empty]\n";
    around.write(".pg_service.conf", service, 0o644);
    let address = around.read("postgres://bob@/app").unwrap();
    let config = address.config();
    assert_eq!(address.to_string(), "of-service:7/app");
    assert_eq!(config.get_user(), Some("bob"));
    assert_eq!(password(&address).as_deref(), Some("of the service"));
    assert_eq!(config.get_application_name(), Some("shell"));
    assert_eq!(config.get_options(), Some("-c a.b=1"));
    assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(9)));
    assert_eq!(
        config.get_target_session_attrs(),
        TargetSessionAttrs::ReadWrite
    );
    let address = around
        .read("host=of-address service=empty password=own")
        .unwrap();
    assert_eq!(address.to_string(), "of-address:7/other");
    assert_eq!(password(&address).as_deref(), Some("own"));
    // An empty value keeps the rest from counting.
    let address = around
        .read("postgres://h/app?application_name=&password=")
        .unwrap();
    assert_eq!(address.config().get_application_name(), None);
    assert_eq!(password(&address), None);
}

#[test]
fn a_service_is_looked_for_in_the_file_of_the_user_and_then_in_that_of_the_system() {
    let around = Around::new([]);
    around.write(
        ".pg_service.conf",
        "[own]\nhost=own\n[both]\nhost=first",
        0o644,
    );
    around.write(
        "pg_service.conf",
        "[system]\nhost=system\n[both]\nhost=second",
        0o644,
    );
    for (name, host) in [("own", "own"), ("system", "system"), ("both", "first")] {
        let address = around.read(&format!("postgres:///app?service={name}"));
        assert_eq!(address.unwrap().to_string(), format!("{host}:5432/app"));
    }
    is_refused(
        around.read("service=nowhere"),
        &[
            "no service `nowhere`",
            ".pg_service.conf",
            "`PGSERVICEFILE`",
        ],
    );
    is_refused(
        around.read("service=own servicefile=/not/there"),
        &["`/not/there` can't be read"],
    );
}

#[test]
fn a_password_is_taken_from_the_file_when_nothing_else_has_one() {
    let around = Around::new([]);
    let lines = "a:5432:app:ann:of a\n*:7:app:ann:of 7\nb:5432:app:ann:of b\nlocalhost:5432:app:ann:local\n";
    let file = around.write(".pgpass", lines, 0o600);
    for (address, expected) in [
        ("postgres://ann@a/app", Some("of a")),
        ("postgres://ann:own@a/app", Some("own")),
        ("postgres://ann@c:7/app", Some("of 7")),
        ("postgres://eve@a/app", None),
        ("postgres://ann@a:7,b:7/app", Some("of 7")),
        ("postgres://ann@x,y/app", None),
        ("host=/tmp user=ann dbname=app", Some("local")),
        ("host=/elsewhere user=ann dbname=app", None),
        ("hostaddr=::1 port=7 user=ann dbname=app", Some("of 7")),
    ] {
        let read = around.read(address).unwrap();
        assert_eq!(password(&read).as_deref(), expected, "{address}");
    }
    is_refused(
        around.read("postgres://ann@a,b/app"),
        &["each host of `a:5432,b:5432/app`"],
    );
    is_refused(around.read("postgres://ann@a,x/app"), &["each host"]);
    let named = around.write("mine", "a:*:*:*:named", 0o600);
    let named = named.to_str().unwrap();
    let address = format!("host=a user=ann dbname=app passfile={named}");
    assert_eq!(
        password(&around.read(&address).unwrap()).as_deref(),
        Some("named")
    );
    let by_variable = Around::new([("PGPASSFILE", named)]);
    let read = by_variable.read("postgres://ann@a/app").unwrap();
    assert_eq!(password(&read).as_deref(), Some("named"));
    if cfg!(unix) {
        set_mode(&file, 0o640);
        let read = around.read("postgres://ann@a/app").unwrap();
        assert_eq!(password(&read), None);
        let error = read.explain(Error::new(ErrorKind::Connection, "no"));
        let text = error.to_string();
        assert!(
            text.contains("chmod 0600") && text.contains(".pgpass"),
            "{text}"
        );
        assert!(!text.contains("of a"), "{text}");
    }
}

#[test]
fn modes_mean_what_they_mean_for_psql() {
    let around = Around::new([]);
    let tls = |around: &Around, options: &str| {
        let address = around.read(&format!("host=h {options}")).unwrap();
        let tls = address.tls();
        (
            address.config().get_ssl_mode(),
            tls.verify,
            tls.roots.clone(),
        )
    };
    let (nobody, file) = (Roots::Nobody, Roots::File("/r".into()));
    for (options, expected) in [
        ("", (SslMode::Prefer, Verify::Nothing, nobody.clone())),
        (
            "sslmode=disable sslrootcert=/r",
            (SslMode::Disable, Verify::Nothing, nobody.clone()),
        ),
        (
            "sslmode=require",
            (SslMode::Require, Verify::Nothing, nobody),
        ),
        (
            "sslmode=require sslrootcert=/r",
            (SslMode::Require, Verify::Authority, file.clone()),
        ),
        (
            "sslmode=prefer sslrootcert=/r",
            (SslMode::Prefer, Verify::Authority, file.clone()),
        ),
        (
            "sslmode=verify-ca sslrootcert=/r",
            (SslMode::Require, Verify::Authority, file.clone()),
        ),
        (
            "sslmode=verify-full sslrootcert=/r",
            (SslMode::Require, Verify::Name, file),
        ),
        (
            "sslrootcert=system",
            (SslMode::Require, Verify::Name, Roots::System),
        ),
    ] {
        assert_eq!(tls(&around, options), expected, "{options}");
    }
    // Files of the user are there to be used.
    let roots = around.write(".postgresql/root.crt", "", 0o644);
    let certificate = around.write(".postgresql/postgresql.crt", "", 0o644);
    let expected = (SslMode::Require, Verify::Authority, Roots::File(roots));
    assert_eq!(tls(&around, "sslmode=require"), expected);
    let address = around.read("host=h").unwrap();
    let key = certificate.with_extension("key");
    assert_eq!(address.tls().identity, Some((certificate, key)));
    let address = around.read("host=h sslcertmode=disable").unwrap();
    assert_eq!(address.tls().identity, None);
    // There is no TLS over a socket of the machine.
    let address = around.read("host=/tmp sslmode=verify-full").unwrap();
    assert_eq!(address.config().get_ssl_mode(), SslMode::Disable);
}
