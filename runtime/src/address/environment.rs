//! The surroundings of a process, as far as they say how to connect.

use std::path::{Path, PathBuf};

/// Variables, home and user of a process.
pub(super) struct Environment<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    home: Option<PathBuf>,
}

impl Environment<'_> {
    /// Reads those of this process.
    pub(super) fn of_this_process() -> Self {
        Self {
            // The driver has no place for a text that is none.
            variable: &|name| std::env::var(name).ok(),
            home: std::env::home_dir(),
        }
    }

    /// Returns the value of a variable. An empty one is how a shell unsets it for a single command.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let is_named = !name.is_empty();
        let value = is_named.then(|| (self.variable)(name)).flatten();
        value.filter(|value| !value.is_empty())
    }

    /// Returns the place of a file of `psql` in the home of the user.
    pub(super) fn file(&self, file: UserFile) -> Option<PathBuf> {
        if cfg!(windows) {
            let folder = PathBuf::from(self.get("APPDATA")?).join("postgresql");
            return Some(folder.join(file.on_windows()));
        }
        let home = self.home.as_ref().filter(|home| home.is_absolute())?;
        Some(home.join(file.on_unix()))
    }

    /// Returns the folders of the system that may have a `pg_service.conf`.
    pub(super) fn system_folders(&self) -> Vec<PathBuf> {
        match self.get("PGSYSCONFDIR") {
            Some(folder) => vec![folder.into()],
            // Where Debian, Red Hat and PostgreSQL's own builds look.
            None => ["/etc/postgresql-common", "/etc", "/usr/local/pgsql/etc"]
                .map(PathBuf::from)
                .into(),
        }
    }
}

/// Where servers have their sockets unless they are told otherwise: Debian's and Red Hat's, and PostgreSQL's own.
pub(super) const SOCKET_FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// Returns the folder in which a server of this machine has its socket for a port.
pub(super) fn socket_folder(port: u16) -> Option<&'static str> {
    let mut folders = SOCKET_FOLDERS.into_iter();
    let socket = format!(".s.PGSQL.{port}");
    folders.find(|folder| cfg!(unix) && Path::new(folder).join(&socket).exists())
}

/// A file of `psql` in the home of a user.
#[derive(Debug, Clone, Copy)]
pub(super) enum UserFile {
    Passwords,
    Services,
    Roots,
    Revoked,
    Certificate,
    Key,
}

impl UserFile {
    fn on_unix(self) -> &'static str {
        match self {
            Self::Passwords => ".pgpass",
            Self::Services => ".pg_service.conf",
            Self::Roots => ".postgresql/root.crt",
            Self::Revoked => ".postgresql/root.crl",
            Self::Certificate => ".postgresql/postgresql.crt",
            Self::Key => ".postgresql/postgresql.key",
        }
    }

    fn on_windows(self) -> &'static str {
        match self {
            Self::Passwords => "pgpass.conf",
            Self::Services => ".pg_service.conf",
            Self::Roots => "root.crt",
            Self::Revoked => "root.crl",
            Self::Certificate => "postgresql.crt",
            Self::Key => "postgresql.key",
        }
    }
}

#[cfg(test)]
impl<'a> Environment<'a> {
    pub(super) fn new(variable: &'a dyn Fn(&str) -> Option<String>, home: &Path) -> Self {
        Self {
            variable,
            home: Some(home.to_owned()),
        }
    }
}
