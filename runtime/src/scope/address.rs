//! Reading the address of a database, and naming the database without anything that is secret.

use postgres::Config;
use postgres::config::Host;

use crate::error::{Error, ErrorKind, Result};

const HELP: &str = "help: write it as `postgres://user:password@host:5432/database`, and in user and password \
                    `%40` for `@`, `%2F` for `/`, `%25` for `%`";

/// Advice about TLS options that the driver leaves to a connector.
const TLS: &str = "help: `sslmode` is `disable`, `prefer` or `require`; which certificates are trusted and shown is the affair of the \
                   TLS connector that is given to `Database::connect_with`, and in the commands to `manage_with`";

/// Reads an address. No part of one that is not valid is repeated: any may be a part of the password.
pub(crate) fn parse(address: &str) -> Result<Config> {
    let wrong = |why: &str| {
        let help = if why.contains("ssl") { TLS } else { HELP };
        let message = format!("the address of the database is not valid: {why}\n{help}");
        Error::new(ErrorKind::Configuration, message)
    };
    if has_stray_at(address) {
        return Err(wrong("it has more than one `@` before the database's name"));
    }
    let config: Config = address.parse().map_err(|error| wrong(&why_not(&error)))?;
    let is_stray = |text: &str| {
        let text = text.to_lowercase();
        text.contains("password=") || text.contains("://")
    };
    let texts = [config.get_dbname(), config.get_user()];
    let hosts = config.get_hosts().iter().filter_map(|host| match host {
        Host::Tcp(name) => Some(name.as_str()),
        #[cfg(unix)]
        Host::Unix(_) => None,
    });
    if texts
        .into_iter()
        .flatten()
        .chain(hosts.clone())
        .any(is_stray)
    {
        return Err(wrong("its options have to come after a `?`"));
    }
    if hosts.clone().any(|host| host.contains('@')) {
        return Err(wrong("a host has an `@` in it"));
    }
    Ok(config)
}

/// Whether there is an `@` where the host or the database's name should be, so that what stands before is only the first
/// part of the password.
fn has_stray_at(address: &str) -> bool {
    let Some((_, rest)) = address.split_once("://") else {
        return false;
    };
    let Some((_, after)) = rest.split_once('@') else {
        return false;
    };
    let before_options = after.split('?').next().unwrap_or_default();
    before_options.contains('@')
}

/// Words of the driver, unless it repeats a part of the address.
fn why_not(error: &postgres::Error) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    let cause = cause.unwrap_or_default();
    if let Some(option) = cause.strip_prefix("unknown option `") {
        let option = option.trim_end_matches('`');
        if let Some(known) = OF_CONNECTORS.iter().find(|known| **known == option) {
            return format!("`{known}` is no option of the driver");
        }
        let near = OPTIONS
            .iter()
            .find(|known| strsim::damerau_levenshtein(known, option) <= 2);
        return near.map_or_else(
            || "it has an unknown option".to_owned(),
            |known| format!("it has an unknown option; is `{known}` meant?"),
        );
    }
    if cause.starts_with("invalid value for option") {
        return cause;
    }
    "it is not well-formed".to_owned()
}

/// The options of `psql` that a connector has in the place of the driver.
const OF_CONNECTORS: [&str; 6] = [
    "sslrootcert",
    "sslcert",
    "sslkey",
    "sslpassword",
    "sslcrl",
    "sslsni",
];

/// The options of the driver.
const OPTIONS: [&str; 18] = [
    "user",
    "password",
    "dbname",
    "options",
    "application_name",
    "sslmode",
    "sslnegotiation",
    "host",
    "hostaddr",
    "port",
    "connect_timeout",
    "tcp_user_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "target_session_attrs",
    "channel_binding",
];

/// Names the database that a configuration leads to: hosts, ports and database.
pub(crate) fn server_name(config: &Config) -> String {
    let mut hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .map(|host| match host {
            // The port would be a part of such an address.
            Host::Tcp(name) if name.contains(':') => format!("[{name}]"),
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        })
        .collect();
    if hosts.is_empty() {
        hosts.extend(config.get_hostaddrs().iter().map(|address| {
            if address.is_ipv6() {
                format!("[{address}]")
            } else {
                address.to_string()
            }
        }));
    }
    let ports = config.get_ports();
    let hosts: Vec<String> = hosts
        .iter()
        .enumerate()
        // One port is that of all hosts.
        .map(|(at, host)| match ports.get(at).or(ports.first()) {
            Some(port) => format!("{host}:{port}"),
            None => host.clone(),
        })
        .collect();
    let database = config
        .get_dbname()
        .or(config.get_user())
        .unwrap_or_default();
    format!("{}/{database}", hosts.join(","))
}

/// Replaces what looks like the address of a database in a text, of which it is a word.
#[cfg(feature = "cli")]
pub(crate) fn conceal(text: &str, words: impl IntoIterator<Item = String>) -> String {
    let secret = words.into_iter().filter(|word| {
        let lower = word.to_lowercase();
        lower.contains("://") || lower.contains("password")
    });
    secret.fold(text.to_owned(), |text, word| {
        let value = word
            .strip_prefix("--")
            .and_then(|option| option.split_once('='))
            .map_or(word.as_str(), |(_, value)| value);
        text.replace(value, "…")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("hostaddr=::1 dbname=app", "[::1]/app"),
            ("host=a,b port=7 dbname=app", "a:7,b:7/app"),
            ("postgres:///app?host=/sockets", "/sockets/app"),
        ] {
            assert_eq!(server_name(&parse(address).unwrap()), name, "{address}");
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
        ] {
            parse(address).unwrap_or_else(|error| panic!("{address}: {error}"));
        }
    }

    #[test]
    fn what_an_address_can_not_say_of_tls_is_sent_to_the_connector() {
        for (options, named) in [
            ("sslmode=verify-full", "sslmode"),
            ("sslmode=allow", "sslmode"),
            ("sslmode=require&sslrootcert=/etc/heim.pem", "sslrootcert"),
            ("sslcert=heim", "sslcert"),
        ] {
            let address = format!("postgres://ann@host/app?{options}");
            let text = parse(&address).unwrap_err().to_string();
            assert!(
                text.contains(named) && text.contains("manage_with"),
                "{text}"
            );
            assert!(!text.contains("heim"), "{text}");
        }
        assert!(parse("host=h sslmode=require").is_ok());
    }

    #[test]
    fn a_mistyped_option_gets_a_suggestion() {
        let error = parse("postgres://ann@host/app?sslmod=disable").unwrap_err();
        assert!(error.to_string().contains("is `sslmode` meant?"), "{error}");
    }
}
