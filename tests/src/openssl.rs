//! A TLS connector over the program `openssl`, as an application would bring one over a library, and certificates by it.

use std::fs;
use std::future::Future;
use std::io::{self, BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as Pair;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::task::{Context, Poll, ready};
use std::thread;

use postgres::Socket;
use postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, copy_bidirectional};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A connector that trusts one authority, or whoever answers.
#[derive(Debug, Clone)]
pub struct Openssl {
    authority: Option<PathBuf>,
    /// Seconds since 1970, in the place of the clock's.
    now: Option<u64>,
}

impl Openssl {
    /// Returns a connector that verifies certificates and their names.
    pub fn trusting(authority: impl Into<PathBuf>) -> Self {
        Self {
            authority: Some(authority.into()),
            now: None,
        }
    }

    /// Has the certificate verified as if it were another time, in seconds since 1970.
    pub fn at(mut self, now: u64) -> Self {
        self.now = Some(now);
        self
    }

    /// Returns a connector that verifies nothing.
    pub fn trusting_everybody() -> Self {
        Self {
            authority: None,
            now: None,
        }
    }

    /// Tells whether the program is there.
    pub fn is_installed() -> bool {
        let version = Command::new("openssl").arg("version").output();
        version.is_ok_and(|output| output.status.success())
    }
}

/// TLS with one server.
#[derive(Debug)]
pub struct Client {
    host: String,
    connector: Openssl,
}

impl MakeTlsConnect<Socket> for Openssl {
    type Stream = Stream;
    type TlsConnect = Client;
    type Error = io::Error;

    fn make_tls_connect(&mut self, host: &str) -> io::Result<Client> {
        Ok(Client {
            host: host.to_owned(),
            connector: self.clone(),
        })
    }
}

impl TlsConnect<Socket> for Client {
    type Stream = Stream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(self.begin(socket))
    }
}

impl Client {
    /// Has the program connect to a port of ours, and passes on what goes through it.
    async fn begin(self, mut socket: Socket) -> io::Result<Stream> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let (ours, theirs) = Pair::pair()?;
        let mut command = Command::new("openssl");
        command.args(["s_client", "-brief", "-nocommands", "-connect"]);
        command.arg(format!("127.0.0.1:{port}"));
        if let Some(authority) = &self.connector.authority {
            command
                .args(["-verify_return_error", "-verify_hostname", &self.host])
                .arg("-CAfile")
                .arg(authority);
        }
        if let Some(now) = self.connector.now {
            command.arg("-attime").arg(now.to_string());
        }
        let mut program = command
            .stdin(OwnedFd::from(theirs.try_clone()?))
            .stdout(OwnedFd::from(theirs))
            .stderr(Stdio::piped())
            .spawn()?;
        // It holds the other end of the pair, which has to be closed when the program ends.
        drop(command);
        let (tell, told) = oneshot::channel();
        thread::spawn(move || {
            let mut words = String::new();
            let mut lines = BufReader::new(program.stderr.take().expect("it is a pipe")).lines();
            let mut established = false;
            while let Some(Ok(line)) = lines.next() {
                established = line.contains("CONNECTION ESTABLISHED");
                words.push_str(&line);
                words.push('\n');
                if established {
                    break;
                }
            }
            // Nobody listens if the server was silent for too long.
            let _ = tell.send(if established { Ok(()) } else { Err(words) });
            lines.for_each(drop);
            program.wait()
        });
        let (mut there, _) = listener.accept().await?;
        let relay = tokio::spawn(async move {
            // Either side may break off: the other sees it as an end.
            let _ = copy_bidirectional(&mut socket, &mut there).await;
        });
        let verdict = told.await.map_err(io::Error::other)?;
        verdict.map_err(io::Error::other)?;
        ours.set_nonblocking(true)?;
        Ok(Stream {
            plain: UnixStream::from_std(ours)?,
            relay,
        })
    }
}

/// The near end of the program.
#[derive(Debug)]
pub struct Stream {
    plain: UnixStream,
    relay: JoinHandle<()>,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.plain).poll_read(cx, into)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.plain).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.plain).poll_flush(cx)
    }

    /// Ends when all has gone through the program, because the driver looks after nothing afterwards.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.relay.is_finished() {
            ready!(Pin::new(&mut self.plain).poll_shutdown(cx))?;
            ready!(Pin::new(&mut self.relay).poll(cx)).map_err(io::Error::other)?;
        }
        Poll::Ready(Ok(()))
    }
}

impl TlsStream for Stream {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

/// Makes an authority, as `NAME.crt` and `NAME.key` in a folder.
///
/// # Panics
///
/// When `openssl` does not.
pub fn authority(folder: &Path, name: &str) -> PathBuf {
    certificate(folder, name, &[])
}

/// Makes a certificate for `localhost` that an authority has signed, as `NAME.crt` and `NAME.key`.
///
/// # Panics
///
/// When `openssl` does not.
pub fn certified(folder: &Path, name: &str, authority: &Path) -> PathBuf {
    signed(folder, name, authority, &[])
}

/// Makes one with more arguments for `openssl req`. All else is as with [`certified`].
///
/// # Panics
///
/// As [`certified`].
pub fn signed(folder: &Path, name: &str, authority: &Path, args: &[&str]) -> PathBuf {
    let key = authority.with_extension("key");
    let (authority, key) = (authority.display().to_string(), key.display().to_string());
    let extensions = "subjectAltName=DNS:localhost";
    let leaf = "basicConstraints=critical,CA:FALSE";
    let usual = [
        "-CA", &authority, "-CAkey", &key, "-addext", extensions, "-addext", leaf,
    ];
    certificate(folder, name, &[&usual, args].concat())
}

/// Makes one that was over years ago. All else is as with [`certified`].
///
/// # Panics
///
/// As [`certified`].
pub fn expired(folder: &Path, name: &str, authority: &Path) -> PathBuf {
    // `openssl req` takes no time that is over.
    let settings = "[ca]\ndefault_ca = one\n\
                    [one]\ndatabase = index\nnew_certs_dir = .\nrand_serial = yes\ndefault_md = sha256\n\
                    policy = any\nx509_extensions = leaf\n\
                    [any]\ncommonName = supplied\n\
                    [leaf]\nsubjectAltName = DNS:localhost\nbasicConstraints = critical, CA:FALSE\n";
    fs::create_dir_all(folder).expect("a folder to write to");
    fs::write(folder.join("settings"), settings).expect("our own folder");
    fs::write(folder.join("index"), "").expect("our own folder");
    let file = |ending: &str| folder.join(format!("{name}.{ending}"));
    let subject = format!("/CN={name}");
    let run = |command: &mut Command| {
        let output = command.current_dir(folder).output();
        let output = output.expect("`openssl` is there");
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words}");
    };
    let mut request = Command::new("openssl");
    request.args(["req", "-new", "-newkey", "ec", "-pkeyopt"]);
    request.args(["ec_paramgen_curve:prime256v1", "-noenc", "-subj", &subject]);
    run(request
        .arg("-keyout")
        .arg(file("key"))
        .arg("-out")
        .arg(file("csr")));
    let mut sign = Command::new("openssl");
    sign.args(["ca", "-batch", "-notext", "-config", "settings", "-cert"]);
    sign.arg(authority)
        .arg("-keyfile")
        .arg(authority.with_extension("key"));
    sign.args([
        "-startdate",
        "20200101000000Z",
        "-enddate",
        "20200102000000Z",
    ]);
    run(sign
        .arg("-in")
        .arg(file("csr"))
        .arg("-out")
        .arg(file("crt")));
    file("crt")
}

fn certificate(folder: &Path, name: &str, args: &[&str]) -> PathBuf {
    fs::create_dir_all(folder).expect("a folder to write to");
    let file = |ending: &str| folder.join(format!("{name}.{ending}"));
    let output = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
        .args([
            "ec_paramgen_curve:prime256v1",
            "-noenc",
            "-days",
            "2",
            "-subj",
        ])
        .arg(format!("/CN={name}"))
        .arg("-keyout")
        .arg(file("key"))
        .arg("-out")
        .arg(file("crt"))
        .args(args)
        .output()
        .expect("`openssl` is there");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    file("crt")
}
