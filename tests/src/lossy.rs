//! A network that loses the answer to a chosen request, after the server has done what was asked.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use postgres::Config;
use postgres::config::Host;
use tenantry::testing::TestDb;

/// A way to a test's database on which one answer is lost.
#[derive(Debug)]
pub struct Lossy {
    port: u16,
    config: Config,
    lost: Arc<AtomicBool>,
}

impl Lossy {
    /// Loses the answer to the first request that has this text in it, and the connection with it.
    ///
    /// # Panics
    ///
    /// When there is no port to listen at.
    pub fn on_the_way_to(database: &TestDb, marker: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it listens").port();
        let config = database.config();
        let lost = Arc::new(AtomicBool::new(false));
        let (server, marker) = (config.clone(), marker.to_owned());
        let has_lost = Arc::clone(&lost);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (server, marker) = (server.clone(), marker.clone());
                let has_lost = Arc::clone(&has_lost);
                thread::spawn(move || {
                    // Either end may go at any time.
                    let _ = forward(client, &server, marker.as_bytes(), &has_lost);
                });
            }
        });
        Self { port, config, lost }
    }

    /// The settings to connect this way.
    pub fn config(&self) -> Config {
        let mut config = Config::new();
        config.host("127.0.0.1").port(self.port);
        config.user(self.config.get_user().unwrap_or("postgres"));
        config.dbname(self.config.get_dbname().unwrap_or("postgres"));
        if let Some(password) = self.config.get_password() {
            config.password(password);
        }
        config
    }

    /// Tells whether the answer was lost.
    pub fn has_lost(&self) -> bool {
        self.lost.load(Ordering::SeqCst)
    }
}

/// A stream of bytes to the server.
trait Stream: Read + Write + Send {
    fn copy(&self) -> io::Result<Box<dyn Stream>>;
    fn end(&self);
}

impl Stream for TcpStream {
    fn copy(&self) -> io::Result<Box<dyn Stream>> {
        Ok(Box::new(self.try_clone()?))
    }

    fn end(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

impl Stream for UnixStream {
    fn copy(&self) -> io::Result<Box<dyn Stream>> {
        Ok(Box::new(self.try_clone()?))
    }

    fn end(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

fn connect(config: &Config) -> io::Result<Box<dyn Stream>> {
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match config.get_hosts().first() {
        Some(Host::Unix(folder)) => Ok(Box::new(UnixStream::connect(
            folder.join(format!(".s.PGSQL.{port}")),
        )?)),
        Some(Host::Tcp(host)) => Ok(Box::new(TcpStream::connect((host.as_str(), port))?)),
        None => Err(io::Error::other("no host")),
    }
}

fn forward(
    mut client: TcpStream,
    server: &Config,
    marker: &[u8],
    has_lost: &AtomicBool,
) -> io::Result<()> {
    let mut server = connect(server)?;
    let mut answers = server.copy()?;
    let mut back = client.try_clone()?;
    let loses = Arc::new(AtomicBool::new(false));
    let is_lost = Arc::clone(&loses);
    let answering = thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = answers.read(&mut buffer) {
            // The server answers when all is committed.
            if is_lost.load(Ordering::SeqCst) || back.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        answers.end();
        let _ = back.shutdown(Shutdown::Both);
    });
    let mut buffer = vec![0; 1024 * 1024];
    while let Ok(read @ 1..) = client.read(&mut buffer) {
        let request = &buffer[..read];
        let is_meant = request.windows(marker.len()).any(|part| part == marker);
        if is_meant && !has_lost.swap(true, Ordering::SeqCst) {
            loses.store(true, Ordering::SeqCst);
        }
        server.write_all(request)?;
    }
    server.end();
    let _ = answering.join();
    Ok(())
}
