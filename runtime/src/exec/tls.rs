//! Errors of TLS: why there is none with a server, and what to do.

use std::fmt;

use crate::error::{Cause, Error, ErrorKind};

/// Reason why there is no TLS with a server.
#[derive(Debug)]
pub(super) enum TlsError {
    /// It is required, and there is nothing to do it with.
    NoConnector,
    /// The server has none.
    NotTaken { host: String },
    /// The two could not agree, or the server's certificate is not trusted.
    Failed { host: String, cause: Cause },
}

impl TlsError {
    /// Returns the error of a connector, which is one of the network where that broke meanwhile.
    pub(super) fn of(host: String, cause: Cause) -> Cause {
        let io = cause.downcast_ref::<std::io::Error>();
        // Connectors put their own errors into those of the network.
        if io.is_some_and(|error| error.get_ref().is_none()) {
            return cause;
        }
        Box::new(Self::Failed { host, cause })
    }

    /// Returns the error to tell in the place of the driver's, if that is one of TLS.
    pub(super) fn explain(error: postgres::Error) -> Error {
        let source = std::error::Error::source(&error);
        if let Some(refused) = source.and_then(refusal) {
            let message = format!(
                "the server has ended TLS: {refused}\n\
                 help: look at the certificate that is shown to it, its date and its authority (`sslcert`, `sslkey`)"
            );
            return Error::new(ErrorKind::Tls, message).because(error);
        }
        let Some(failed) = source.and_then(|source| source.downcast_ref::<Self>()) else {
            return Error::from(error);
        };
        let message = format!("{failed}\nhelp: {}", failed.help());
        Error::new(ErrorKind::Tls, message).because(error)
    }

    fn help(&self) -> &'static str {
        match self {
            Self::NoConnector => {
                "turn on the feature `tls` and connect by the address, or give a connector to `Database::connect_with`, and in the \
                 commands to `manage_with`; or, if all may be sent in the clear, write `sslmode=disable`"
            }
            Self::NotTaken { .. } => {
                "turn TLS on there (`ssl = on`), or, if all may be sent in the clear, write `sslmode=disable`"
            }
            Self::Failed { .. } => {
                "look at the server's certificate, its name and its date, and at the authorities that are trusted (`sslrootcert`, or the \
                 connector's)"
            }
        }
    }
}

/// Returns why a server has broken off after its own side of TLS was done: of the certificate that it was shown.
#[cfg(feature = "tls")]
fn refusal<'a>(source: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    let error = source.downcast_ref::<std::io::Error>()?.get_ref()?;
    let error = error.downcast_ref::<rustls::Error>()?;
    matches!(error, rustls::Error::AlertReceived(_)).then_some(error)
}

#[cfg(not(feature = "tls"))]
fn refusal<'a>(_: &'a (dyn std::error::Error + 'static)) -> Option<&'a Cause> {
    None
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoConnector => f.write_str("TLS is required, and there is no TLS connector"),
            Self::NotTaken { host } => write!(
                f,
                "the server at `{host}` does not take TLS, which is required"
            ),
            Self::Failed { host, cause } => {
                write!(f, "TLS with the server at `{host}` failed: {cause}")
            }
        }
    }
}

impl std::error::Error for TlsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoConnector | Self::NotTaken { .. } => None,
            Self::Failed { cause, .. } => Some(&**cause),
        }
    }
}
