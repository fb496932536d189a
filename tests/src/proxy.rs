//! A network before a server that is cut, falls silent, or is slow, as a test tells it.

use std::fmt::Debug;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
#[cfg(unix)]
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use postgres::config::Host;
use postgres::{Config, NoTls};
#[cfg(unix)]
use tempfile::TempDir;
use tenantry::Error;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::testing::TestDb;

use crate::harness::Shop;

/// A proxy before a test's server that passes on what comes until it is told to fall silent.
#[derive(Debug)]
pub struct Proxy {
    place: ProxyPlace,
    silent: Arc<AtomicBool>,
    /// How long each part waits before it is passed on, in milliseconds.
    slow: Arc<AtomicU64>,
    /// How many bytes each new connection is answered with before it falls silent.
    answers: Arc<AtomicUsize>,
    /// The requests and answers that were lost in silence.
    lost: Arc<Mutex<Vec<u8>>>,
    /// The words of requests at which a connection is to fall silent, each once.
    swallows: Arc<Mutex<Vec<&'static str>>>,
    open: Arc<Mutex<Vec<Box<dyn Ends>>>>,
}

/// Where a proxy listens.
#[derive(Debug)]
enum ProxyPlace {
    Port(u16),
    #[cfg(unix)]
    Folder(TempDir),
}

impl Proxy {
    /// Starts one before the server of a shop.
    ///
    /// # Panics
    ///
    /// When there is no port to listen at.
    #[must_use]
    pub fn start(shop: &Shop) -> Self {
        Self::before(shop.database())
    }

    /// Starts one before the server of a database.
    ///
    /// # Panics
    ///
    /// When there is no port to listen at.
    #[must_use]
    pub fn before(database: &TestDb) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the other side is there");
        let address = listener.local_addr().expect("the other side is there");
        let proxy = Self::at(ProxyPlace::Port(address.port()));
        proxy.serve(database, move || {
            listener.accept().map(|(client, _)| client)
        });
        proxy
    }

    /// Starts one at a socket of the machine.
    ///
    /// # Panics
    ///
    /// When there is no folder for the socket.
    #[cfg(unix)]
    #[must_use]
    pub fn start_local(shop: &Shop) -> Self {
        Self::local_before(shop.database())
    }

    /// Starts one before the server of a database, at a socket of the machine.
    ///
    /// # Panics
    ///
    /// When there is no folder for the socket.
    #[cfg(unix)]
    #[must_use]
    pub fn local_before(database: &TestDb) -> Self {
        let folder = TempDir::new().expect("a folder for the socket");
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432"));
        let listener = listener.expect("a socket");
        let proxy = Self::at(ProxyPlace::Folder(folder));
        proxy.serve(database, move || {
            listener.accept().map(|(client, _)| client)
        });
        proxy
    }

    fn at(place: ProxyPlace) -> Self {
        Self {
            place,
            silent: Arc::default(),
            slow: Arc::default(),
            answers: Arc::new(AtomicUsize::new(usize::MAX)),
            lost: Arc::default(),
            swallows: Arc::default(),
            open: Arc::default(),
        }
    }

    /// Passes on what comes over the connections that it gets.
    fn serve<S: Passes>(
        &self,
        database: &TestDb,
        next: impl Fn() -> io::Result<S> + Send + 'static,
    ) {
        let (weather, answers, open) = (
            Weather {
                silent: Arc::clone(&self.silent),
                slow: Arc::clone(&self.slow),
                lost: Arc::clone(&self.lost),
                swallows: Arc::clone(&self.swallows),
            },
            Arc::clone(&self.answers),
            Arc::clone(&self.open),
        );
        let server = database.config();
        thread::spawn(move || {
            loop {
                let client = next().expect("the other side is there");
                open.lock()
                    .expect("the other side is there")
                    .push(Box::new(client.copy()));
                let limit = answers.load(Ordering::SeqCst);
                pass(&server, client, limit, &weather.of_one_connection());
            }
        });
    }

    /// The settings to connect this way.
    #[must_use]
    pub fn config(&self, shop: &Shop) -> Config {
        self.config_of(shop.database())
    }

    /// The settings to connect to a database this way.
    #[must_use]
    pub fn config_of(&self, database: &TestDb) -> Config {
        let there = database.config();
        let mut config = Config::new();
        match &self.place {
            ProxyPlace::Port(port) => config.host("127.0.0.1").port(*port),
            #[cfg(unix)]
            ProxyPlace::Folder(folder) => config.host_path(folder.path()),
        };
        config
            .user(there.get_user().unwrap_or("postgres"))
            .dbname(database.name())
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

    /// Has the next request with these words lost, and whatever comes over its connection after it. Others go on.
    ///
    /// # Panics
    ///
    /// When another thread has panicked that passed something on.
    pub fn swallow(&self, words: &'static str) {
        let mut swallows = self.swallows.lock().expect("the other side is there");
        swallows.push(words);
    }

    /// Tells whether a request or an answer with these words was lost in silence.
    ///
    /// # Panics
    ///
    /// When another thread has panicked that passed something on.
    pub fn has_lost(&self, words: &str) -> bool {
        let lost = self.lost.lock().expect("the other side is there");
        has(&lost, words)
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
            client.end();
        }
    }
}

/// A stream that can be ended from either side.
trait Ends: Debug + Send {
    fn end(&self);
}

/// A stream whose two directions are passed on by two threads.
trait Passes: Ends + Read + Write + Sized + 'static {
    fn copy(&self) -> Self;
}

impl Ends for TcpStream {
    fn end(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

impl Passes for TcpStream {
    fn copy(&self) -> Self {
        self.try_clone().expect("the other side is there")
    }
}

#[cfg(unix)]
impl Ends for UnixStream {
    fn end(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

#[cfg(unix)]
impl Passes for UnixStream {
    fn copy(&self) -> Self {
        self.try_clone().expect("the other side is there")
    }
}

/// Whether nothing is passed on, how slowly, and where it is noted what is lost.
#[derive(Clone)]
struct Weather {
    silent: Arc<AtomicBool>,
    slow: Arc<AtomicU64>,
    lost: Arc<Mutex<Vec<u8>>>,
    swallows: Arc<Mutex<Vec<&'static str>>>,
}

impl Weather {
    /// The same, but for a silence that one connection alone falls into.
    fn of_one_connection(&self) -> ConnectionWeather {
        ConnectionWeather {
            all: self.clone(),
            is_silent: Arc::default(),
        }
    }
}

/// The weather of one connection, which may fall silent alone.
#[derive(Clone)]
struct ConnectionWeather {
    all: Weather,
    is_silent: Arc<AtomicBool>,
}

impl ConnectionWeather {
    /// Whether a part of a request or an answer is lost. It is noted then.
    fn loses(&self, part: &[u8]) -> bool {
        let mut swallows = self.all.swallows.lock().expect("the other side is there");
        if let Some(at) = swallows.iter().position(|words| has(part, words)) {
            swallows.remove(at);
            self.is_silent.store(true, Ordering::SeqCst);
        }
        let flags = [&self.all.silent, &self.is_silent];
        let is_lost = flags.iter().any(|flag| flag.load(Ordering::SeqCst));
        if is_lost {
            let mut lost = self.all.lost.lock().expect("the other side is there");
            lost.extend_from_slice(part);
        }
        is_lost
    }
}

fn has(text: &[u8], words: &str) -> bool {
    text.windows(words.len())
        .any(|part| part == words.as_bytes())
}

fn pass(server: &Config, client: impl Passes, limit: usize, weather: &ConnectionWeather) {
    let port = server.get_ports().first().copied().unwrap_or(5432);
    match server.get_hosts().first().expect("the other side is there") {
        #[cfg(unix)]
        Host::Unix(folder) => {
            let there = UnixStream::connect(folder.join(format!(".s.PGSQL.{port}")))
                .expect("the other side is there");
            relay(client.copy(), there.copy(), usize::MAX, weather.clone());
            relay(there, client, limit, weather.clone());
        }
        Host::Tcp(host) => {
            let there = TcpStream::connect((host.as_str(), port)).expect("the other side is there");
            relay(client.copy(), there.copy(), usize::MAX, weather.clone());
            relay(there, client, limit, weather.clone());
        }
    }
}

fn relay(
    mut from: impl Read + Ends + 'static,
    mut to: impl Write + Ends + 'static,
    mut limit: usize,
    weather: ConnectionWeather,
) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            thread::sleep(Duration::from_millis(
                weather.all.slow.load(Ordering::SeqCst),
            ));
            let passed = if weather.loses(&buffer[..read]) {
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
