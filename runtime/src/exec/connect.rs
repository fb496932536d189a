//! Opening connections: within a time, whatever the network does.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

#[cfg(unix)]
use postgres::config::Host;
use postgres::config::SslMode;
use postgres::tls::{MakeTlsConnect, TlsConnect};
use postgres::{CancelToken, Client, Config, Socket};

use super::backslash;
use super::caught::no_thread;
use super::described::Described;
use super::handshake::Clocked;
#[cfg(unix)]
use super::local::{self, LocalSession};
use super::silence::{Silence, silent_for};
use super::tls::TlsError;
use crate::error::{Error, ErrorKind, Result};

type Open = dyn Fn(&Silence) -> Result<(Client, OpenedSession)> + Send + Sync;
type Cancel = dyn Fn(&CancelToken) -> Result<(), postgres::Error> + Send + Sync;

/// Opens connections, and cancels what runs over them.
pub(crate) struct Connector {
    open: Box<Open>,
    cancel: Box<Cancel>,
    limit: Duration,
    is_local: bool,
    described: Arc<Described>,
}

/// A connection that was just opened.
pub(crate) struct OpenedClient {
    pub(crate) client: Client,
    /// Its clock.
    pub(super) silence: Silence,
    pub(super) session: OpenedSession,
}

/// A session, as it is known to those who cancel.
pub(super) enum OpenedSession {
    OfDriver(CancelToken),
    #[cfg(unix)]
    Local(LocalSession),
}

/// Values that the driver takes when a configuration says nothing.
const USUAL_KEEPALIVE: Duration = Duration::from_hours(2);

impl Connector {
    /// Takes a configuration, and how long opening a connection may take at the most.
    pub(crate) fn new<T>(config: &Config, tls: T, limit: Duration) -> Self
    where
        T: MakeTlsConnect<Socket, Stream: Send, TlsConnect: Send> + Clone + Send + Sync + 'static,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let Settled {
            config,
            each,
            limit,
        } = Settled::new(config, limit);
        let (cancelled, theirs) = (config.clone(), tls.clone());
        let is_local = is_local(&config);
        Self {
            open: Box::new(move |silence| {
                #[cfg(unix)]
                if let Some(opened) = local::connect(&config, silence, each) {
                    return opened.map(|(client, session)| (client, OpenedSession::Local(session)));
                }
                let tls = tls.clone();
                let opened = match Clocked::new(&config, tls.clone(), silence.clone(), each) {
                    Some((config, clocked)) => config.connect(clocked),
                    None => config.connect(tls),
                };
                let client = opened.map_err(TlsError::explain)?;
                let token = client.cancel_token();
                Ok((client, OpenedSession::OfDriver(token)))
            }),
            cancel: Box::new(move |token| {
                let (tls, silence) = (theirs.clone(), Silence::default());
                match Clocked::new(&cancelled, tls.clone(), silence, each) {
                    Some((_, clocked)) => token.cancel_query(clocked),
                    None => token.cancel_query(tls),
                }
            }),
            limit,
            is_local,
            described: Arc::default(),
        }
    }

    /// Statements that need no description, for all of its connections.
    pub(super) fn described(&self) -> &Arc<Described> {
        &self.described
    }

    /// Whether the server is reached over a socket of the machine.
    pub(super) fn is_local(&self) -> bool {
        self.is_local
    }

    /// How long opening a connection takes at the most.
    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// Opens a connection.
    pub(crate) fn open(self: &Arc<Self>) -> Result<OpenedClient> {
        self.open_by(Self::checked)
    }

    /// Opens a connection over which no statement was sent.
    pub(super) fn reach(self: &Arc<Self>) -> Result<OpenedClient> {
        self.open_by(Self::opened)
    }

    fn open_by(
        self: &Arc<Self>,
        opens: fn(&Self, Silence) -> Result<OpenedClient>,
    ) -> Result<OpenedClient> {
        let (tell, told) = mpsc::sync_channel(1);
        let connector = Arc::clone(self);
        // The thread of the caller may not block in the driver, and may not wait for ever: a name's look-up has no limit.
        let thread = thread::Builder::new().name("tenantry-connect".to_owned());
        let work = move || {
            let silence = Silence::of_thread();
            let opened = catch_unwind(AssertUnwindSafe(|| opens(&connector, silence)));
            // Nobody waits for it any more if that fails, and then it is closed here.
            drop(tell.send(opened));
        };
        if let Err(error) = thread.spawn(work) {
            return Err(no_thread("to open a connection with", error));
        }
        match told.recv_timeout(self.limit) {
            Ok(Ok(opened)) => opened,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(RecvTimeoutError::Timeout) => Err(too_slow(self.limit)),
            Err(RecvTimeoutError::Disconnected) => Err(Error::new(
                ErrorKind::Connection,
                "the thread that opens a connection is gone\nhelp: connect again",
            )),
        }
    }

    fn checked(&self, silence: Silence) -> Result<OpenedClient> {
        let mut opened = self.opened(silence)?;
        let checked = backslash::check(&mut opened.client);
        opened.silence.allow(None);
        checked?;
        Ok(opened)
    }

    fn opened(&self, silence: Silence) -> Result<OpenedClient> {
        let (client, session) = (self.open)(&silence)?;
        Ok(OpenedClient {
            client,
            silence,
            session,
        })
    }

    /// Asks the server to cancel what runs over a connection.
    pub(super) fn cancel(&self, session: &OpenedSession) -> Result<()> {
        match session {
            OpenedSession::OfDriver(token) => (self.cancel)(token).map_err(TlsError::explain),
            #[cfg(unix)]
            OpenedSession::Local(session) => session.cancel(self.limit),
        }
    }
}

/// A configuration with what it leaves open.
pub(super) struct Settled {
    pub(super) config: Config,
    /// How long one of its hosts may take.
    pub(super) each: Duration,
    /// How long all of them may take.
    pub(super) limit: Duration,
}

impl Settled {
    pub(super) fn new(config: &Config, limit: Duration) -> Self {
        let mut config = config.clone();
        if config.get_application_name().is_none() {
            config.application_name("tenantry");
        }
        keep_alive(&mut config);
        // What is sent over a socket of the machine stays there, and PostgreSQL has no TLS for it.
        if is_local(&config) {
            config.ssl_mode(SslMode::Disable);
        }
        let hosts = config.get_hosts().len().max(config.get_hostaddrs().len());
        let hosts = u32::try_from(hosts).unwrap_or(u32::MAX).max(1);
        // One host that is silent leaves time for the next.
        let given = config.get_connect_timeout().copied();
        let each = given.unwrap_or(limit / hosts).min(limit);
        config.connect_timeout(each);
        Self {
            config,
            each,
            limit: limit.min(each.saturating_mul(hosts)),
        }
    }
}

/// Returns the error of a server that could not be reached in time.
pub(super) fn too_slow(limit: Duration) -> Error {
    Error::new(
        ErrorKind::Connection,
        format!(
            "the server could not be reached within {limit:?}\n\
             help: look whether it is up and reachable, or raise `connect_timeout`"
        ),
    )
    .because(silent_for(limit))
}

/// Has the system find out that the other side is gone, in a minute and not in two hours.
fn keep_alive(config: &mut Config) {
    if config.get_keepalives_idle() == USUAL_KEEPALIVE {
        config.keepalives_idle(Duration::from_secs(30));
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(Duration::from_secs(10));
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(3);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(Duration::from_secs(30));
    }
}

#[cfg(unix)]
fn is_local(config: &Config) -> bool {
    let hosts = config.get_hosts();
    !hosts.is_empty() && hosts.iter().all(|host| matches!(host, Host::Unix(_)))
}

#[cfg(not(unix))]
fn is_local(_: &Config) -> bool {
    false
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
