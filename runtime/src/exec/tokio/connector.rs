//! Opening connections, within a time, whatever the network does.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use postgres::tls::{MakeTlsConnect, TlsConnect};
use postgres::{Config, Socket};
use tokio::runtime::Builder;
use tokio::time::timeout;
use tokio_postgres::{CancelToken, Client};

use crate::error::{Error, ErrorKind, Result};
use crate::exec::backslash;
use crate::exec::connect::{Settled, too_slow};
use crate::exec::described::Described;
use crate::exec::handshake::Clocked;
use crate::exec::silence::Silence;
use crate::exec::tls::TlsError;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type Driver = Boxed<'static, ()>;
type Open = dyn Fn(Silence) -> Boxed<'static, Result<(Client, Driver)>> + Send + Sync;
type Cancel = dyn Fn(CancelToken) -> Boxed<'static, Result<(), postgres::Error>> + Send + Sync;

/// A connection that was just opened.
pub(super) struct Opened {
    pub(super) client: Client,
    /// Does its I/O, until the client is dropped.
    pub(super) driver: Driver,
    pub(super) silence: Silence,
}

/// Opens connections, and cancels what runs over them.
pub(crate) struct Connector {
    open: Box<Open>,
    cancel: Box<Cancel>,
    limit: Duration,
    described: Arc<Described>,
}

impl Connector {
    /// Takes a configuration, and how long opening a connection may take at the most.
    pub(crate) fn new<T>(config: &Config, tls: T, limit: Duration) -> Arc<Self>
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
        Arc::new(Self {
            open: Box::new(move |silence| {
                let tls = tls.clone();
                match Clocked::new(&config, tls.clone(), silence, each) {
                    Some((config, clocked)) => Box::pin(opened(asynchronous(&config), clocked)),
                    None => Box::pin(opened(asynchronous(&config), tls)),
                }
            }),
            cancel: Box::new(move |token| {
                let (tls, silence) = (theirs.clone(), Silence::default());
                match Clocked::new(&cancelled, tls.clone(), silence, each) {
                    Some((_, clocked)) => Box::pin(cancel(token, clocked)),
                    None => Box::pin(cancel(token, tls)),
                }
            }),
            limit,
            described: Arc::default(),
        })
    }

    /// Statements that need no description, for all of its connections.
    pub(super) fn described(&self) -> &Arc<Described> {
        &self.described
    }

    /// How long opening a connection takes at the most.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    pub(super) async fn open(&self) -> Result<Opened> {
        let silence = Silence::default();
        let opened = timeout(self.limit, (self.open)(silence.clone())).await;
        let opened = opened.map_err(|_| too_slow(self.limit))?;
        let (client, driver) = opened?;
        silence.allow(None);
        Ok(Opened {
            client,
            driver,
            silence,
        })
    }

    /// Asks the server to cancel what runs over a connection.
    pub(super) async fn cancel(&self, token: CancelToken) -> Result<()> {
        let told = timeout(self.limit, (self.cancel)(token)).await;
        let told = told.map_err(|_| too_slow(self.limit))?;
        told.map_err(TlsError::explain)
    }

    /// The same from a thread that may be blocked, whatever the runtime of the connection is doing.
    pub(super) fn cancel_blocking(&self, token: CancelToken) -> Result<()> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| {
            let message = "the system has nothing left to cancel a statement with\n\
                           help: raise how many files the process may have open (`ulimit -n`)";
            Error::new(ErrorKind::Resources, message).because(error)
        })?;
        runtime.block_on(self.cancel(token))
    }
}

async fn opened<T>(config: tokio_postgres::Config, tls: T) -> Result<(Client, Driver)>
where
    T: MakeTlsConnect<Socket, Stream: Send + 'static, TlsConnect: Send> + Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    let (client, connection) = config.connect(tls).await.map_err(TlsError::explain)?;
    backslash::refuse(connection.parameter(backslash::SETTING))?;
    let driver = async {
        // Whoever has sent something hears of it, and notices are nobody's.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection has ended");
        }
    };
    Ok((client, Box::pin(driver)))
}

async fn cancel<T>(token: CancelToken, tls: T) -> Result<(), postgres::Error>
where
    T: MakeTlsConnect<Socket, Stream: Send, TlsConnect: Send> + Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    token.cancel_query(tls).await
}

/// The same configuration for the asynchronous driver, which the blocking one has no way to give out.
fn asynchronous(config: &Config) -> tokio_postgres::Config {
    let mut to = tokio_postgres::Config::new();
    if let Some(user) = config.get_user() {
        to.user(user);
    }
    if let Some(password) = config.get_password() {
        to.password(password);
    }
    if let Some(name) = config.get_dbname() {
        to.dbname(name);
    }
    if let Some(options) = config.get_options() {
        to.options(options);
    }
    if let Some(name) = config.get_application_name() {
        to.application_name(name);
    }
    for host in config.get_hosts() {
        match host {
            postgres::config::Host::Tcp(name) => to.host(name),
            #[cfg(unix)]
            postgres::config::Host::Unix(path) => to.host_path(path),
        };
    }
    for address in config.get_hostaddrs() {
        to.hostaddr(*address);
    }
    for port in config.get_ports() {
        to.port(*port);
    }
    if let Some(limit) = config.get_connect_timeout() {
        to.connect_timeout(*limit);
    }
    if let Some(limit) = config.get_tcp_user_timeout() {
        to.tcp_user_timeout(*limit);
    }
    if let Some(interval) = config.get_keepalives_interval() {
        to.keepalives_interval(interval);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        to.keepalives_retries(retries);
    }
    to.keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle())
        .ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .target_session_attrs(config.get_target_session_attrs())
        .channel_binding(config.get_channel_binding())
        .load_balance_hosts(config.get_load_balance_hosts());
    to
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
