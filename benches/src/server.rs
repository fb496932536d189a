//! The server that everything is measured on, and databases on it.

use postgres::{Client, NoTls};
use tenantry::Database;
use tenantry::testing::{Server, TestDb};

/// The settings that differ from PostgreSQL's own.
pub(crate) const SETTINGS: [(&str, &str); 5] = [
    ("shared_buffers", "512MB"),
    ("max_connections", "200"),
    ("max_locks_per_transaction", "1024"),
    ("autovacuum", "off"),
    ("max_wal_size", "2GB"),
];

/// Starts a throw-away server, which does not wait for the disk.
pub(crate) fn start() -> Server {
    let mut builder = Server::builder();
    for (name, value) in SETTINGS {
        builder = builder.setting(name, value);
    }
    builder.start().expect("PostgreSQL is installed")
}

/// An empty database.
pub(crate) fn database(server: &Server) -> TestDb {
    server.database().expect("the server makes databases")
}

/// A plain connection.
pub(crate) fn connect(url: &str) -> Client {
    Client::connect(url, NoTls).expect("the server is there")
}

/// The database as an application has it.
pub(crate) fn open(url: &str) -> Database {
    Database::connect(url).expect("the server is there")
}

/// The first column of the first row.
pub(crate) fn text(client: &mut Client, sql: &str) -> String {
    let rows = client.query_typed(sql, &[]).expect(sql);
    rows[0].get(0)
}
