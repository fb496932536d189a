//! TLS as an address asks for it, with the meanings that `psql` gives to its words.

use std::path::PathBuf;

use postgres::config::SslMode;

use super::environment::{Environment, UserFile};
use super::settings::AddressSettings;
use crate::error::{Error, ErrorKind, Result};

/// TLS of a connection.
#[derive(Debug, Clone)]
#[cfg_attr(
    not(feature = "tls"),
    expect(dead_code, reason = "read by who does TLS")
)]
pub(crate) struct Tls {
    pub(crate) verify: Verify,
    pub(crate) roots: Roots,
    /// File of certificates that are taken back.
    pub(crate) revoked: Option<PathBuf>,
    /// Files of the certificate to show, and of its key.
    pub(crate) identity: Option<(PathBuf, PathBuf)>,
    /// Whether the server is told by which name it is called.
    pub(crate) tells_name: bool,
    /// Whether there may be TLS 1.2, and 1.3.
    pub(crate) versions: [bool; 2],
    /// An option that only tenantry's own TLS can do, and who says it.
    #[cfg_attr(
        all(feature = "tls", not(feature = "cli")),
        expect(dead_code, reason = "all is done that an address asks for")
    )]
    own: Option<(&'static str, String)>,
}

/// Demands on a server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verify {
    /// There is one, whoever's it is.
    Nothing,
    /// A trusted authority has signed it.
    Authority,
    /// The same, and it is for the host of the address.
    Name,
}

/// Whom to trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Roots {
    Nobody,
    File(PathBuf),
    /// The authorities of the system.
    System,
}

const MODES: [&str; 5] = ["disable", "prefer", "require", "verify-ca", "verify-full"];
const VERSIONS: [&str; 4] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

impl Tls {
    /// Reads it, and whether there is to be TLS at all.
    pub(super) fn read(
        settings: &AddressSettings,
        is_local: bool,
        environment: &Environment<'_>,
    ) -> Result<(SslMode, Self)> {
        let by_system = settings.text("sslrootcert")? == Some("system");
        let usual = if by_system { "verify-full" } else { "prefer" };
        let word = settings.text("sslmode")?.unwrap_or(usual);
        let (mode, mut verify) = match word {
            "disable" => (SslMode::Disable, Verify::Nothing),
            "prefer" => (SslMode::Prefer, Verify::Nothing),
            "require" => (SslMode::Require, Verify::Nothing),
            "verify-ca" => (SslMode::Require, Verify::Authority),
            "verify-full" => (SslMode::Require, Verify::Name),
            "allow" => {
                let why = "`sslmode=allow` would begin in the clear, which is not done";
                let help = "write `sslmode=prefer`, which has TLS wherever the server has it";
                return Err(settings.wrong("sslmode", why, help));
            }
            _ => return Err(settings.not_among("sslmode", &MODES)),
        };
        if by_system && verify != Verify::Name {
            let why = "the authorities of the system sign for everybody, so that `sslrootcert=system` needs `sslmode=verify-full`";
            return Err(settings.wrong(
                "sslmode",
                why,
                "write `sslmode=verify-full`, or leave it away",
            ));
        }
        if settings.text("sslnegotiation")? == Some("direct") && mode != SslMode::Require {
            let why = "TLS from the first byte on can't be left to the server";
            let help = "write `sslmode=require` or more with `sslnegotiation=direct`";
            return Err(settings.wrong("sslnegotiation", why, help));
        }
        let roots = roots(settings, environment)?;
        // Nothing leaves the machine over one of its sockets, and PostgreSQL has no TLS for it.
        if is_local || mode == SslMode::Disable {
            return Ok((SslMode::Disable, Self::off()));
        }
        // A file of authorities is there to be used.
        if verify == Verify::Nothing && roots != Roots::Nobody {
            verify = Verify::Authority;
        }
        if roots == Roots::Nobody && settings.text("sslcrl")?.is_some() {
            let why = "`sslcrl` is looked at only with a certificate that is verified";
            return Err(settings.wrong("sslcrl", why, "name the authorities with `sslrootcert`"));
        }
        let own = ["sslrootcert", "sslcert", "sslkey", "sslcrl", "sslsni"];
        let own = own.into_iter().chain(OF_VERSIONS);
        let mut own = own.filter_map(|name| Some((name, settings.origin(name)?.to_string())));
        let verifies = matches!(word, "verify-ca" | "verify-full");
        let of_mode = || settings.origin("sslmode").filter(|_| verifies);
        let tls = Self {
            verify,
            roots,
            revoked: file(settings, "sslcrl", UserFile::Revoked, environment)?,
            identity: identity(settings, environment)?,
            tells_name: match settings.text("sslsni")? {
                None | Some("1") => true,
                Some("0") => false,
                Some(_) => return Err(settings.not_among("sslsni", &["0", "1"])),
            },
            versions: versions(settings)?,
            own: of_mode()
                .map(|origin| ("sslmode", origin.to_string()))
                .or_else(|| own.next()),
        };
        Ok((mode, tls))
    }

    /// Returns what there is where nothing is to be encrypted.
    pub(crate) fn off() -> Self {
        Self {
            verify: Verify::Nothing,
            roots: Roots::Nobody,
            revoked: None,
            identity: None,
            tells_name: true,
            versions: [true; 2],
            own: None,
        }
    }

    /// Refuses what another connector than tenantry's own can't be told.
    #[cfg(feature = "cli")]
    pub(crate) fn leave_to_connector(&self) -> Result<()> {
        let Some((name, origin)) = &self.own else {
            return Ok(());
        };
        Err(Error::new(
            ErrorKind::Configuration,
            format!(
                "{origin} has `{name}`, and TLS is done by a connector of the application, which can't be told\n\
                 help: leave it away, with `sslmode=require` if there has to be TLS; which certificates are trusted and shown is the \
                 affair of the connector that `manage_with` was given"
            ),
        ))
    }

    /// Returns the error of a certificate that is to be verified where nobody is trusted.
    #[cfg(feature = "tls")]
    pub(crate) fn no_roots(&self) -> Error {
        let mode = match self.verify {
            Verify::Name => "verify-full",
            Verify::Authority | Verify::Nothing => "verify-ca",
        };
        Error::new(
            ErrorKind::Tls,
            format!(
                "`sslmode={mode}` verifies the server's certificate, and nobody is said to be trusted: there is no `sslrootcert`, and no \
                 `~/.postgresql/root.crt`\n\
                 help: name the file of the authority that has signed it with `sslrootcert`, or write `sslrootcert=system` for the \
                 authorities of the system"
            ),
        )
    }

    /// Refuses what needs tenantry's own TLS where that was not built.
    #[cfg(not(feature = "tls"))]
    pub(crate) fn leave_to_nobody(&self) -> Result<()> {
        let Some((name, origin)) = &self.own else {
            return Ok(());
        };
        Err(Error::new(
            ErrorKind::Tls,
            format!(
                "{origin} has `{name}`, and tenantry was built without TLS\n\
                 help: turn its feature `tls` on in `Cargo.toml`, or give a connector to `Database::connect_with`, and in the commands to \
                 `manage_with`, with `sslmode=require` in the address"
            ),
        ))
    }
}

fn roots(settings: &AddressSettings, environment: &Environment<'_>) -> Result<Roots> {
    if settings.text("sslrootcert")? == Some("system") {
        return Ok(Roots::System);
    }
    let file = file(settings, "sslrootcert", UserFile::Roots, environment)?;
    Ok(file.map_or(Roots::Nobody, Roots::File))
}

/// Returns the file that an option names, or that of the user if it is there.
fn file(
    settings: &AddressSettings,
    name: &str,
    of_user: UserFile,
    environment: &Environment<'_>,
) -> Result<Option<PathBuf>> {
    if let Some(file) = settings.text(name)? {
        return Ok(Some(file.into()));
    }
    Ok(environment.file(of_user).filter(|file| file.exists()))
}

fn identity(
    settings: &AddressSettings,
    environment: &Environment<'_>,
) -> Result<Option<(PathBuf, PathBuf)>> {
    match settings.text("sslcertmode")? {
        None | Some("allow") => {}
        Some("disable") => return Ok(None),
        Some("require") => {
            let why = "whether a server asks for a certificate is not told by TLS here";
            let help =
                "have the server require it, with `clientcert=verify-full` in its `pg_hba.conf`";
            return Err(settings.wrong("sslcertmode", why, help));
        }
        Some(_) => return Err(settings.not_among("sslcertmode", &["disable", "allow"])),
    }
    let Some(certificate) = file(settings, "sslcert", UserFile::Certificate, environment)? else {
        return Ok(None);
    };
    let key = match settings.text("sslkey")? {
        Some(key) => Some(PathBuf::from(key)),
        None => environment.file(UserFile::Key),
    };
    let Some(key) = key else {
        let why = "a certificate can't be shown without its key";
        return Err(settings.wrong("sslcert", why, "name the key with `sslkey`"));
    };
    Ok(Some((certificate, key)))
}

const OF_VERSIONS: [&str; 2] = ["ssl_min_protocol_version", "ssl_max_protocol_version"];

/// Tells which versions may be used of those that there are, 1.2 and 1.3.
fn versions(settings: &AddressSettings) -> Result<[bool; 2]> {
    let [least, most] = OF_VERSIONS;
    let at = |name: &str, usual: usize| -> Result<usize> {
        let Some(word) = settings.text(name)? else {
            return Ok(usual);
        };
        let mut words = VERSIONS.iter();
        let at = words.position(|version| version.eq_ignore_ascii_case(word));
        at.ok_or_else(|| settings.not_among(name, &VERSIONS))
    };
    let allowed = at(least, 0)?..=at(most, 3)?;
    let versions = [allowed.contains(&2), allowed.contains(&3)];
    if versions == [false; 2] {
        let why = "it leaves no version of TLS that is done here: 1.2 and 1.3";
        return Err(settings.wrong(most, why, "allow `TLSv1.2` or `TLSv1.3`"));
    }
    Ok(versions)
}
