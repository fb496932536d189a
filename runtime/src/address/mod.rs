//! Addresses of databases, with all that `psql` adds to them: services, the environment, files of passwords.
//!
//! | what says it | counts |
//! |---|---|
//! | the address itself | first |
//! | the service that `service` or `PGSERVICE` names | where the address says nothing |
//! | the variables of the environment, such as `PGHOST` | where neither does |
//! | the file of passwords | for a password that nothing else says |

mod environment;
mod keywords;
mod passfile;
mod service;
mod settings;
mod shown;
#[cfg(test)]
mod tests;
mod text;
mod tls;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use postgres::Config;
use postgres::config::Host;

use self::environment::{Environment, SOCKET_FOLDERS, UserFile, socket_folder};
use self::passfile::Login;
use self::settings::AddressSettings;
#[cfg(feature = "cli")]
pub(crate) use self::shown::conceal;
pub(crate) use self::shown::server_name;
pub(crate) use self::tls::Tls;
#[cfg(feature = "tls")]
pub(crate) use self::tls::{Roots, Verify};
use crate::error::{Error, ErrorKind, Result};

/// Address of a database: where it is, who connects, and how.
///
/// It is written as `postgres://user:password@host:5432/database?option=value` or as `host=… dbname=…`, with the
/// [options of `psql`](https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS). An address leaves open what it does not say, all of
/// it if it is empty; that is taken from the service that `service` or `PGSERVICE` names (in `PGSERVICEFILE`, `~/.pg_service.conf` or the system's
/// `pg_service.conf`), then from the environment (`PGHOST`, `PGUSER`, `PGPASSWORD`, `PGSSLMODE`, …), and a password at last from
/// `PGPASSFILE` or `~/.pgpass`. An option that the driver can't do is refused.
///
/// It shows the server and the database of itself, never a password.
///
/// ```
/// use tenantry::Address;
///
/// let address: Address = "postgres://ann:secret@db.example/app?sslmode=require".parse()?;
/// assert_eq!(address.to_string(), "db.example:5432/app");
/// assert_eq!(address.config().get_user(), Some("ann"));
/// # Ok::<(), tenantry::Error>(())
/// ```
#[derive(Clone)]
pub struct Address {
    config: Config,
    tls: Tls,
    /// Why a file of passwords was left alone.
    unread: Option<String>,
}

impl Address {
    /// Reads an address, and what it leaves open from the surroundings of this process.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], when an option is unknown, has no such value or asks for what the driver can't do; when
    /// there is no such service; when a file of passwords has not the same for all hosts.
    pub fn new(text: &str) -> Result<Self> {
        Self::read(text, &Environment::of_this_process())
    }

    fn read(text: &str, environment: &Environment<'_>) -> Result<Self> {
        let settings = AddressSettings::read(text, environment)?;
        let config = settings.for_driver()?.parse::<Config>();
        let mut config = config.map_err(|error| settings.refused_by_driver(&error))?;
        shown::look_astray(&config)?;
        complete(&mut config);
        if config.get_application_name().is_none()
            && let Some(name) = settings.text("fallback_application_name")?
        {
            config.application_name(name);
        }
        if let Some(time) = settings.text("tcp_user_timeout")? {
            let time = time.parse().map_err(|_| {
                let why = "the value of `tcp_user_timeout` is not valid";
                settings.wrong("tcp_user_timeout", why, "write a number of milliseconds")
            })?;
            config.tcp_user_timeout(Duration::from_millis(time));
        }
        let (mode, tls) = Tls::read(&settings, is_local(&config), environment)?;
        config.ssl_mode(mode);
        let mut unread = None;
        if let Some(password) = settings.bytes("password") {
            config.password(password);
        } else {
            let named = settings.text("passfile")?.map(PathBuf::from);
            if let Some(file) = named.or_else(|| environment.file(UserFile::Passwords)) {
                match passfile::read(&file) {
                    Ok(Some(text)) => {
                        if let Some(password) = password(&config, &text)? {
                            config.password(password);
                        }
                    }
                    Ok(None) => {}
                    Err(why) => unread = Some(why),
                }
            }
        }
        Ok(Self {
            config,
            tls,
            unread,
        })
    }

    /// Returns the same for the driver, with the password; but for what is said of certificates, which the driver leaves to its
    /// TLS connector.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Changes what the driver is told.
    #[cfg(feature = "cli")]
    pub(crate) fn config_mut(&mut self) -> &mut Config {
        &mut self.config
    }

    /// TLS that it asks for.
    pub(crate) fn tls(&self) -> &Tls {
        &self.tls
    }

    /// Has the error of a connection say where a password may stand, and why a file of passwords was left alone.
    pub(crate) fn explain(&self, error: Error) -> Error {
        let mut message = error.message().to_owned();
        if message.contains("password missing") && !message.contains("\nhelp: ") {
            message.push_str(
                "\nhelp: write it into `PGPASSWORD`, into `~/.pgpass`, or into the address",
            );
        }
        if let Some(unread) = &self.unread {
            message.push_str("\nnote: ");
            message.push_str(unread);
        }
        let kind = error.kind();
        error.retold(kind, message)
    }
}

/// Adds what the driver needs and nothing has said.
fn complete(config: &mut Config) {
    if config.get_ports().is_empty() {
        config.port(5432);
    }
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        let port = config.get_ports().first().copied().unwrap_or(5432);
        config.host(socket_folder(port).unwrap_or("localhost"));
    }
}

/// Whether all hosts are sockets of this machine.
fn is_local(config: &Config) -> bool {
    let hosts = config.get_hosts();
    let addresses = config.get_hostaddrs();
    let is_name = |host: &Host| matches!(host, Host::Tcp(_));
    addresses.is_empty() && !hosts.iter().any(is_name)
}

/// Looks for a password in the text of a file. All hosts have to have the same, for the driver has place for one.
fn password(config: &Config, text: &str) -> Result<Option<String>> {
    let user = match config.get_user() {
        Some(user) => user.to_owned(),
        None => match whoami::username() {
            Ok(user) => user,
            // The driver tells of it.
            Err(_) => return Ok(None),
        },
    };
    let database = config.get_dbname().unwrap_or(&user);
    let addresses = config.get_hostaddrs().iter().map(ToString::to_string);
    let hosts: Vec<String> = match config.get_hosts() {
        [] => addresses.collect(),
        hosts => hosts.iter().map(host_of_line).collect(),
    };
    let ports = config.get_ports();
    let mut passwords = hosts.iter().enumerate().map(|(at, host)| {
        let port = ports.get(at).or(ports.first()).copied().unwrap_or(5432);
        let find = |host| {
            let login = Login {
                host,
                port,
                database,
                user: &user,
            };
            passfile::find(text, &login)
        };
        let is_usual = SOCKET_FOLDERS.contains(&host.as_str());
        find(host).or_else(|| is_usual.then(|| find("localhost")).flatten())
    });
    let first = passwords.next().flatten();
    if passwords.all(|other| other == first) {
        return Ok(first);
    }
    Err(Error::new(
        ErrorKind::Configuration,
        format!(
            "the file of passwords has not the same password for each host of `{}`, and the driver takes one for all\n\
             help: give all of them the same password there, or connect to one host",
            server_name(config)
        ),
    ))
}

fn host_of_line(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::new(text)
    }
}

/// Shows the hosts, their ports and the database.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&server_name(&self.config))
    }
}

/// Shows no password.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Address").field(&self.to_string()).finish()
    }
}
