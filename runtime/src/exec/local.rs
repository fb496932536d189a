//! Connections over sockets of the machine, whose streams have a clock like those over a network.
//!
//! The driver gives a socket to others only for TLS, and never begins TLS over a socket of the machine. So it is told to begin with TLS at a
//! port where this process listens for just that moment. Whoever makes the stream then drops that connection, over which nothing is sent, and opens
//! the socket of the machine in its place.

use std::error::Error as StdError;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use postgres::config::{Host, LoadBalanceHosts, SslMode, SslNegotiation};
use postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use postgres::{Client, Config, Socket};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::UnixStream;
use tokio::runtime::Builder;
use tokio::time::timeout;

use super::greeting::SessionKey;
use super::silence::{Layer, Patient, Silence, silent_for};
use crate::error::{Error, ErrorKind, Result};
use crate::random::random;

/// The port of a server where none is given.
const USUAL_PORT: u16 = 5432;

/// The code of a request to cancel.
const CANCEL: [u8; 4] = [4, 210, 22, 46];

/// Opens a connection over one of the sockets that a configuration names, and gives with it what cancels its statements. Gives nothing if there are
/// other hosts too, or the process may not listen even to itself: then the driver opens a connection, which has no clock.
pub(super) fn connect(
    config: &Config,
    silence: &Silence,
    limit: Duration,
) -> Option<Result<(Client, LocalSession)>> {
    let sockets = sockets(config)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).ok()?;
    let port = listener.local_addr().ok()?.port();
    let detour = Detour {
        sockets: sockets.into(),
        at: 0,
        silence: silence.clone(),
        limit,
        found: LocalAttempt::default(),
    };
    let found = detour.found.clone();
    let opened = led_to(config, port).connect(detour);
    let found = found.take();
    match opened {
        Ok(client) => Some(Ok((client, found.session?))),
        Err(_) if found.session.is_none() && found.refusal.is_none() => None,
        Err(error) => Some(Err(found.explain(error))),
    }
}

/// The sockets that a configuration names, in the order in which they are tried, if it names nothing else.
fn sockets(config: &Config) -> Option<Vec<PathBuf>> {
    if !config.get_hostaddrs().is_empty() || config.get_hosts().is_empty() {
        return None;
    }
    let ports = config.get_ports();
    let socket = |(at, host): (usize, &Host)| match host {
        Host::Unix(folder) => {
            let port = ports.get(at).or(ports.first()).unwrap_or(&USUAL_PORT);
            Some(folder.join(format!(".s.PGSQL.{port}")))
        }
        Host::Tcp(_) => None,
    };
    let hosts = config.get_hosts().iter().enumerate();
    let mut sockets = hosts.map(socket).collect::<Option<Vec<_>>>()?;
    if config.get_load_balance_hosts() == LoadBalanceHosts::Random {
        sockets.sort_by_cached_key(|_| random());
    }
    Some(sockets)
}

/// A configuration that leads the driver to a port of this machine once for each of its hosts, which it names by their numbers.
///
/// A host can't be taken out of one, so those that it has get an address to which no system opens a connection.
fn led_to(config: &Config, port: u16) -> Config {
    let hosts = config.get_hosts().len();
    let ports = config.get_ports().len();
    let mut config = config.clone();
    for _ in ports..hosts {
        config.port(port);
    }
    for _ in 0..hosts {
        config.hostaddr(Ipv4Addr::BROADCAST.into());
    }
    for at in 0..hosts {
        let name = at.to_string();
        config.host(&name);
        config.hostaddr(Ipv4Addr::LOCALHOST.into()).port(port);
    }
    config
        .load_balance_hosts(LoadBalanceHosts::Disable)
        .ssl_mode(SslMode::Require)
        .ssl_negotiation(SslNegotiation::Direct);
    config
}

/// A session over a socket of the machine, as it is known to those who cancel.
#[derive(Debug)]
pub(super) struct LocalSession {
    socket: PathBuf,
    key: SessionKey,
}

impl LocalSession {
    /// Asks the server to cancel what runs in it.
    pub(super) fn cancel(&self, limit: Duration) -> Result<()> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let told = runtime.and_then(|runtime| {
            runtime.block_on(async {
                let told = timeout(limit, self.tell()).await;
                told.map_err(|_| silent_for(limit))?
            })
        });
        told.map_err(|error| unreached(&self.socket, &error).because(error))
    }

    async fn tell(&self) -> io::Result<()> {
        let key = self.key.bytes();
        let length = u32::try_from(8 + key.len()).map_err(io::Error::other)?;
        let request = [&length.to_be_bytes()[..], &CANCEL, &key].concat();
        let mut stream = UnixStream::connect(&self.socket).await?;
        stream.write_all(&request).await?;
        stream.shutdown().await
    }
}

fn unreached(socket: &Path, error: &io::Error) -> Error {
    let socket = socket.display();
    let message = format!(
        "error connecting to server: {error} (`{socket}`)\n\
         help: look whether the server is up, and whether its sockets are there (`SHOW unix_socket_directories`)"
    );
    Error::new(ErrorKind::Connection, message)
}

/// The outcome of an attempt, for whoever has begun it.
#[derive(Debug, Clone, Default)]
struct LocalAttempt(Arc<Mutex<AttemptState>>);

#[derive(Debug, Default)]
struct AttemptState {
    session: Option<LocalSession>,
    refusal: Option<(PathBuf, io::Error)>,
}

impl LocalAttempt {
    fn state(&self) -> MutexGuard<'_, AttemptState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> AttemptState {
        std::mem::take(&mut *self.state())
    }
}

impl AttemptState {
    /// Says of an error of the driver that it is none of TLS.
    fn explain(self, error: postgres::Error) -> Error {
        let is_tls = StdError::source(&error)
            .and_then(|source| source.downcast_ref::<NotOpened>())
            .is_some();
        match self.refusal {
            Some((socket, refusal)) if is_tls => unreached(&socket, &refusal).because(error),
            _ => Error::from(error),
        }
    }
}

/// The error that the driver is told where a socket could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("the socket could not be opened")]
struct NotOpened;

/// Makes streams over sockets of the machine in the place of those that the driver has opened.
#[derive(Clone)]
struct Detour {
    sockets: Arc<[PathBuf]>,
    /// The number of the one to open, once it is known.
    at: usize,
    silence: Silence,
    limit: Duration,
    found: LocalAttempt,
}

impl MakeTlsConnect<Socket> for Detour {
    type Stream = Patient<LocalStream>;
    type TlsConnect = Self;
    type Error = std::num::ParseIntError;

    fn make_tls_connect(&mut self, name: &str) -> Result<Self, Self::Error> {
        let at = name.parse()?;
        Ok(Self { at, ..self.clone() })
    }
}

impl TlsConnect<Socket> for Detour {
    type Stream = Patient<LocalStream>;
    type Error = NotOpened;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, NotOpened>> + Send>>;

    fn connect(self, unused: Socket) -> Self::Future {
        drop(unused);
        Box::pin(async move {
            let socket = self.sockets.get(self.at).cloned().unwrap_or_default();
            // The greeting is the driver's, and reads through the stream.
            self.silence.allow(Some(self.limit));
            let opened = timeout(self.limit, UnixStream::connect(&socket)).await;
            let opened = opened.unwrap_or_else(|_| Err(silent_for(self.limit)));
            let mut found = self.found.state();
            match opened {
                Ok(stream) => {
                    let key = self.silence.key().clone();
                    found.session = Some(LocalSession { socket, key });
                    drop(found);
                    Ok(Patient::new(
                        Layer::Given(LocalStream(stream)),
                        self.silence,
                    ))
                }
                Err(error) => {
                    found.refusal = Some((socket, error));
                    Err(NotOpened)
                }
            }
        })
    }
}

/// A socket of the machine.
#[derive(Debug)]
struct LocalStream(UnixStream);

impl AsyncRead for LocalStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, into)
    }
}

impl AsyncWrite for LocalStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

impl TlsStream for LocalStream {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

#[cfg(test)]
mod tests;
