//! Databases that are dropped and made again under their names.

use postgres::NoTls;
use tenantry::testing::{TestDb, server};

/// Drops a database, whoever is connected to it, and makes an empty one of its name, or a copy of another database.
///
/// # Panics
///
/// If the server refuses.
pub fn make_again(database: &TestDb, template: Option<&TestDb>) {
    let name = database.name();
    let template = template.map_or("template0", TestDb::name);
    let client = server().config().connect(NoTls);
    let mut client = client.unwrap_or_else(|error| panic!("{error}"));
    for sql in [
        format!("DROP DATABASE \"{name}\" WITH (FORCE)"),
        format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\" STRATEGY wal_log"),
    ] {
        client
            .batch_execute(&sql)
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}
