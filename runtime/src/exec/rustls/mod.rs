//! TLS by rustls, for addresses that ask for it.

mod binding;
mod files;
mod stream;
mod verify;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use postgres::Socket;
use postgres::config::SslMode;
use postgres::tls::{MakeTlsConnect, TlsConnect};
use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use self::stream::Stream;
use self::verify::Lenient;
use crate::address::{Address, Roots, Tls, Verify};
use crate::error::{Error, ErrorKind, Result};

/// Does TLS as an address asks for it.
#[derive(Clone)]
pub(crate) struct Rustls(Arc<ClientConfig>);

/// Returns the connector of an address.
///
/// # Errors
///
/// When a file that it names can't be read.
pub(crate) fn tls_of(address: &Address) -> Result<Rustls> {
    let is_off = address.config().get_ssl_mode() == SslMode::Disable;
    let off = Tls::off();
    configuration(if is_off { &off } else { address.tls() }).map(|config| Rustls(Arc::new(config)))
}

fn configuration(tls: &Tls) -> Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let [with_12, with_13] = tls.versions;
    let versions = [with_12.then_some(&TLS12), with_13.then_some(&TLS13)];
    let versions: Vec<_> = versions.into_iter().flatten().collect();
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_protocol_versions(&versions);
    let builder = builder
        .map_err(|error| unusable("there is no TLS", error))?
        .dangerous();
    let strict = |roots: RootCertStore| {
        let verifier =
            WebPkiServerVerifier::builder_with_provider(roots.into(), Arc::clone(&provider));
        let revoked = tls.revoked.as_deref().map(files::revoked).transpose()?;
        let verifier = verifier.with_crls(revoked.unwrap_or_default()).build();
        verifier.map_err(|error| unusable("the authorities or revocations are of no use", error))
    };
    let roots = match &tls.roots {
        Roots::Nobody => None,
        Roots::File(file) => Some(files::roots(file)?),
        Roots::System => Some(files::roots_of_system()?),
    };
    let builder = match (tls.verify, roots) {
        (Verify::Name, Some(roots)) => builder.with_custom_certificate_verifier(strict(roots)?),
        (Verify::Authority, Some(roots)) => {
            let verifier = Lenient::any_name(strict(roots)?, Arc::clone(&provider));
            builder.with_custom_certificate_verifier(Arc::new(verifier))
        }
        (Verify::Nothing, _) => {
            builder.with_custom_certificate_verifier(Arc::new(Lenient::anybody(provider)))
        }
        (Verify::Name | Verify::Authority, None) => return Err(tls.no_roots()),
    };
    let mut config = match &tls.identity {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let (chain, secret) = (files::chain(certificate)?, files::key(key)?);
            builder.with_client_auth_cert(chain, secret).map_err(|error| {
                let (certificate, key) = (certificate.display(), key.display());
                unusable(&format!("the certificate `{certificate}` and the key `{key}` are of no use together"), error)
            })?
        }
    };
    config.enable_sni = tls.tells_name;
    // Servers want it where TLS begins at once, lest somebody lead a browser there.
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(config)
}

fn unusable(what: &str, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    let message = format!(
        "{what}: {error}\nhelp: look at `sslrootcert`, `sslcrl`, `sslcert` and `sslkey` of the address"
    );
    Error::new(ErrorKind::Tls, message).because(error)
}

impl MakeTlsConnect<Socket> for Rustls {
    type Stream = Stream;
    type TlsConnect = RustlsConnect;
    type Error = io::Error;

    fn make_tls_connect(&mut self, host: &str) -> io::Result<RustlsConnect> {
        Ok(RustlsConnect {
            host: host.to_owned(),
            config: Arc::clone(&self.0),
        })
    }
}

/// TLS with one server.
pub(crate) struct RustlsConnect {
    host: String,
    config: Arc<ClientConfig>,
}

impl TlsConnect<Socket> for RustlsConnect {
    type Stream = Stream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move {
            // A name with a dot at its end is the same without, and certificates have it so.
            let host = self.host.trim_end_matches('.').to_owned();
            let name = ServerName::try_from(host).map_err(io::Error::other)?;
            let connector = TlsConnector::from(self.config);
            connector.connect(name, socket).await.map(Stream)
        })
    }
}
