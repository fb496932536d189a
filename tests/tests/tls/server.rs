//! A server over TCP, with TLS or without.

use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use postgres::{Client, NoTls};
use tenantry::testing::{Server, TestDb};
use tenantry_tests::programs;
use tenantry_tests::shop::SHOP;
use tenantry_tests::wait::until;

/// A server at an address of its own, whose certificate is for `localhost`.
pub(crate) struct TlsServer {
    server: Server,
    address: Ipv4Addr,
}

impl TlsServer {
    /// Starts a server that has no TLS yet.
    pub(crate) fn plain() -> Self {
        // All of 127/8 is this machine. The port is that of all test servers, so each has an address.
        let [a, b, c, ..] = std::process::id()
            .to_be_bytes()
            .map(|byte| byte ^ random_byte());
        let address = Ipv4Addr::new(127, a, b, c.clamp(2, 254));
        let server = Server::builder()
            .setting("listen_addresses", address.to_string())
            .start()
            .unwrap();
        let this = Self { server, address };
        this.rule(
            "hostnossl all bound 127.0.0.0/8 reject\n\
             host all secret 127.0.0.0/8 scram-sha-256\n\
             host all all 127.0.0.0/8 trust\n",
        );
        this.client()
            .batch_execute(
                "CREATE ROLE bound LOGIN SUPERUSER; CREATE ROLE shown LOGIN SUPERUSER; \
                 CREATE ROLE secret LOGIN SUPERUSER PASSWORD 'ge:heim'",
            )
            .unwrap();
        this.reload();
        this
    }

    /// Has these rules count before all others.
    fn rule(&self, rules: &str) {
        let file = self.data().join("pg_hba.conf");
        let rest = fs::read_to_string(&file).unwrap();
        fs::write(&file, format!("{rules}{rest}")).unwrap();
    }

    /// Starts a server with a certificate, which lets the role `shown` in with one of an authority alone. There is none where the installed one was built without TLS.
    pub(crate) fn start(certificate: &Path, authority: &Path) -> Option<Self> {
        let this = Self::plain();
        let mut client = this.client();
        let library: String = client.query_one("SHOW ssl_library", &[]).unwrap().get(0);
        if library.is_empty() {
            programs::is_not_installed("a server with TLS");
            return None;
        }
        this.own("server.crt", certificate);
        this.own("server.key", &certificate.with_extension("key"));
        this.own("root.crt", authority);
        client.batch_execute("ALTER SYSTEM SET ssl = on").unwrap();
        client
            .batch_execute("ALTER SYSTEM SET ssl_ca_file = 'root.crt'")
            .unwrap();
        this.rule("hostssl all shown 127.0.0.0/8 trust clientcert=verify-full\n");
        this.reload();
        let is_on: String = this.client().query_one("SHOW ssl", &[]).unwrap().get(0);
        assert_eq!(is_on, "on", "{}", this.server.log().unwrap_or_default());
        Some(this)
    }

    /// Makes a database with the shop's tables.
    pub(crate) fn shop(&self) -> TestDb {
        self.server
            .database_from("shop", |url| {
                let db = tenantry::Database::connect(url).unwrap();
                let chain = tenantry_tests::chain_of_schema(&SHOP);
                db.migrator(chain).run().unwrap();
            })
            .unwrap()
    }

    /// Returns the address of a database over TCP, under some name of the server.
    pub(crate) fn url(&self, database: &TestDb, host: &str, options: &str) -> String {
        let (address, name) = (self.address, database.name());
        format!("postgres://postgres@{host}:5432/{name}?hostaddr={address}&{options}")
    }

    /// Connects over the socket of the machine.
    pub(crate) fn client(&self) -> Client {
        self.server.config().connect(NoTls).unwrap()
    }

    fn data(&self) -> PathBuf {
        let name: String = self
            .client()
            .query_one("SHOW data_directory", &[])
            .unwrap()
            .get(0);
        name.into()
    }

    /// Copies a file, so that it belongs to the account of the server.
    fn own(&self, name: &str, from: &Path) {
        let folder = self.data();
        let path = folder.join(name);
        fs::copy(from, &path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let account = fs::metadata(&folder).unwrap();
        chown(&path, Some(account.uid()), Some(account.gid())).unwrap();
    }

    /// Has the server read its files again, and waits until new connections see it.
    fn reload(&self) {
        let read = |client: &mut Client| -> std::time::SystemTime {
            let row = client.query_one("SELECT pg_conf_load_time()", &[]);
            row.unwrap().get(0)
        };
        let mut client = self.client();
        let before = read(&mut client);
        client.batch_execute("SELECT pg_reload_conf()").unwrap();
        until("the server has read its files", || {
            read(&mut self.client()) > before
        });
    }
}

/// A byte that two servers of one process do not share.
fn random_byte() -> u8 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0).to_be_bytes()[0]
}
