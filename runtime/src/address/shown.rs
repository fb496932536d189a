//! Naming a database without anything that is secret.

use postgres::Config;
use postgres::config::Host;

use super::settings::{HELP, SettingOrigin};
use crate::error::Result;

/// Refuses an address of which something is where the password or an option should not be.
pub(super) fn look_astray(config: &Config) -> Result<()> {
    let wrong = |why: &str| SettingOrigin::Address.wrong(why, HELP);
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
    Ok(())
}

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
