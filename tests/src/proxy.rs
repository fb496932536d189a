//! A network before a server that is cut, falls silent, or is slow, as a test tells it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use postgres::config::Host;
use postgres::{Config, NoTls};
use tenantry::Error;
use tenantry::prelude::*;
use tenantry::scope::Options;

use crate::harness::Shop;

/// A proxy before a test's server that passes on what comes until it is told to fall silent.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    silent: Arc<AtomicBool>,
    /// How long each part waits before it is passed on, in milliseconds.
    slow: Arc<AtomicU64>,
    /// How many bytes each new connection is answered with before it falls silent.
    answers: Arc<AtomicUsize>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    /// Starts one before the server of a shop.
    ///
    /// # Panics
    ///
    /// When there is no port to listen at.
    #[must_use]
    pub fn start(shop: &Shop) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the other side is there");
        let proxy = Self {
            port: listener
                .local_addr()
                .expect("the other side is there")
                .port(),
            silent: Arc::default(),
            slow: Arc::default(),
            answers: Arc::new(AtomicUsize::new(usize::MAX)),
            open: Arc::default(),
        };
        let (weather, answers, open) = (
            (Arc::clone(&proxy.silent), Arc::clone(&proxy.slow)),
            Arc::clone(&proxy.answers),
            Arc::clone(&proxy.open),
        );
        let server = shop.database().config();
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.expect("the other side is there");
                open.lock()
                    .expect("the other side is there")
                    .push(client.try_clone().expect("the other side is there"));
                let limit = answers.load(Ordering::SeqCst);
                pass(&server, client, limit, &weather);
            }
        });
        proxy
    }

    /// The settings to connect this way.
    #[must_use]
    pub fn config(&self, shop: &Shop) -> Config {
        let there = shop.database().config();
        let mut config = Config::new();
        config
            .host("127.0.0.1")
            .port(self.port)
            .user(there.get_user().unwrap_or("postgres"))
            .dbname(shop.database().name())
            .connect_timeout(Duration::from_secs(3));
        if let Some(password) = there.get_password() {
            config.password(password);
        }
        config
    }

    /// Connects this way, with two connections.
    ///
    /// # Errors
    ///
    /// When the proxy does not have it.
    pub fn database(
        &self,
        shop: &Shop,
        change: impl FnOnce(&mut Options),
    ) -> Result<Database, Error> {
        let mut options = Options::default();
        options.wait = Duration::from_secs(1);
        options.max_connections = 2;
        change(&mut options);
        Database::connect_with(&self.config(shop), NoTls, options)
    }

    /// Has nothing passed on any more, in either direction, or everything again. What was on its way meanwhile is lost.
    pub fn silence(&self, silent: bool) {
        self.silent.store(silent, Ordering::SeqCst);
    }

    /// Has each new connection answered with so many bytes before it falls silent.
    pub fn answer(&self, bytes: usize) {
        self.answers.store(bytes, Ordering::SeqCst);
    }

    /// Has each part of a request or an answer wait for so long.
    pub fn slow(&self, milliseconds: u64) {
        self.slow.store(milliseconds, Ordering::SeqCst);
    }

    /// Ends all connections, as a restart does.
    ///
    /// # Panics
    ///
    /// When another thread has panicked that ended them.
    pub fn cut(&self) {
        for client in self.open.lock().expect("the other side is there").drain(..) {
            let _ = client.shutdown(Shutdown::Both);
        }
    }
}

/// A stream that can be ended from either side.
trait Ends {
    fn end(&self);
}

impl Ends for TcpStream {
    fn end(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

#[cfg(unix)]
impl Ends for UnixStream {
    fn end(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

/// Whether nothing is passed on, and how slowly.
type Weather = (Arc<AtomicBool>, Arc<AtomicU64>);

fn pass(server: &Config, client: TcpStream, limit: usize, weather: &Weather) {
    let port = server.get_ports().first().copied().unwrap_or(5432);
    match server.get_hosts().first().expect("the other side is there") {
        #[cfg(unix)]
        Host::Unix(folder) => {
            let there = UnixStream::connect(folder.join(format!(".s.PGSQL.{port}")))
                .expect("the other side is there");
            let back = (
                there.try_clone().expect("the other side is there"),
                client.try_clone().expect("the other side is there"),
            );
            relay(client, there, usize::MAX, weather.clone());
            relay(back.0, back.1, limit, weather.clone());
        }
        Host::Tcp(host) => {
            let there = TcpStream::connect((host.as_str(), port)).expect("the other side is there");
            let back = (
                there.try_clone().expect("the other side is there"),
                client.try_clone().expect("the other side is there"),
            );
            relay(client, there, usize::MAX, weather.clone());
            relay(back.0, back.1, limit, weather.clone());
        }
    }
}

fn relay(
    mut from: impl Read + Ends + Send + 'static,
    mut to: impl Write + Ends + Send + 'static,
    mut limit: usize,
    (silent, slow): Weather,
) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            thread::sleep(Duration::from_millis(slow.load(Ordering::SeqCst)));
            let passed = if silent.load(Ordering::SeqCst) {
                0
            } else {
                read.min(limit)
            };
            limit -= passed;
            if to.write_all(&buffer[..passed]).is_err() {
                break;
            }
        }
        // Neither side waits for one that is gone.
        from.end();
        to.end();
    });
}
