//! The way from a socket to a stream that the driver may use: TLS or none, and a clock in any case.
//!
//! The driver gives a socket to others only for TLS, and at once only if TLS is what a connection begins with. So it is
//! told that, and what a configuration really asks for is done here.

use std::any::TypeId;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use postgres::config::{Host, SslMode, SslNegotiation};
use postgres::tls::{MakeTlsConnect, TlsConnect};
use postgres::{Config, NoTls, Socket};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::silence::{Layer, Patient, Silence, silent_for};
use super::tls::TlsError;
use crate::error::Cause;

/// Makes streams with a clock.
#[derive(Clone)]
pub(super) struct Clocked<T> {
    tls: T,
    silence: Silence,
    mode: SslMode,
    /// Whether there is anything to do TLS with.
    can: bool,
    negotiation: SslNegotiation,
    /// Name of the server, once it is known.
    host: String,
    limit: Duration,
}

impl<T: 'static> Clocked<T> {
    /// Returns a connector that does what the configuration asks for, and the configuration to use it with.
    ///
    /// There is none for sockets of the machine, which the driver gives to nobody.
    pub(super) fn new(
        config: &Config,
        tls: T,
        silence: Silence,
        limit: Duration,
    ) -> Option<(Config, Self)> {
        let is_tcp = |host: &Host| matches!(host, Host::Tcp(_));
        if !config.get_hosts().iter().all(is_tcp) {
            return None;
        }
        let has_none = TypeId::of::<T>() == TypeId::of::<NoTls>();
        let mode = match config.get_ssl_mode() {
            SslMode::Prefer if has_none => SslMode::Disable,
            mode => mode,
        };
        let clocked = Self {
            tls,
            silence,
            mode,
            can: !has_none,
            negotiation: config.get_ssl_negotiation(),
            host: String::new(),
            limit,
        };
        let mut config = config.clone();
        if config.get_hosts().is_empty() {
            // The driver wants a name for a host that is an address, because it takes this for TLS.
            for address in config.get_hostaddrs().to_vec() {
                config.host(&address.to_string());
            }
        }
        config
            .ssl_mode(SslMode::Require)
            .ssl_negotiation(SslNegotiation::Direct);
        Some((config, clocked))
    }
}

impl<T> MakeTlsConnect<Socket> for Clocked<T>
where
    T: MakeTlsConnect<Socket, Stream: Send, TlsConnect: Send> + 'static,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    type Stream = Patient<T::Stream>;
    type TlsConnect = Clocked<T::TlsConnect>;
    type Error = T::Error;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Self::TlsConnect, T::Error> {
        Ok(Clocked {
            tls: self.tls.make_tls_connect(domain)?,
            silence: self.silence.clone(),
            mode: self.mode,
            can: self.can,
            negotiation: self.negotiation,
            host: domain.to_owned(),
            limit: self.limit,
        })
    }
}

impl<T> TlsConnect<Socket> for Clocked<T>
where
    T: TlsConnect<Socket, Stream: Send, Future: Send> + Send + 'static,
{
    type Stream = Patient<T::Stream>;
    type Error = Cause;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Cause>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move {
            let (silence, limit) = (self.silence.clone(), self.limit);
            // What follows TLS is the driver's, and reads through the stream.
            silence.allow(Some(limit));
            let stream = timeout(limit, self.layer(socket)).await;
            Ok(Patient::new(
                stream.map_err(|_| silent_for(limit))??,
                silence,
            ))
        })
    }
}

impl<T: TlsConnect<Socket>> Clocked<T> {
    async fn layer(self, mut socket: Socket) -> Result<Layer<T::Stream>, Cause> {
        if self.mode == SslMode::Disable {
            return Ok(Layer::Plain(socket));
        }
        if !self.can {
            return Err(TlsError::NoConnector.into());
        }
        if self.negotiation == SslNegotiation::Postgres {
            // The length of the message, and the code that asks for TLS.
            socket.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).await?;
            if socket.read_u8().await? != b'S' {
                return match self.mode {
                    SslMode::Require => Err(TlsError::NotTaken { host: self.host }.into()),
                    _ => Ok(Layer::Plain(socket)),
                };
            }
        }
        let connected = self.tls.connect(socket).await;
        connected
            .map(Layer::Given)
            .map_err(|cause| TlsError::of(self.host, cause.into()))
    }
}
