//! The chains of the chaos test, which its migrators share.

use std::time::Duration;

use postgres::NoTls;
use tenantry::Database;
use tenantry::migrate::Chain;
use tenantry::scope::Options;

use crate::fleet::{Folder, PLANS, chain};

/// The time for which migrators, sign-ups and drops wait for a lock.
pub const LOCK_TIMEOUT: Duration = Duration::from_millis(300);

/// Opens the database for sign-ups, drops and standbys that wait no longer than that.
///
/// # Panics
///
/// If the server refuses.
pub fn open(url: &str) -> Database {
    let mut options = Options::default();
    options.lock_timeout = LOCK_TIMEOUT;
    let config = url.parse().expect("a URL of the tests' own");
    Database::connect_with(&config, NoTls, options).unwrap_or_else(|error| panic!("{error}"))
}

/// The number of migrations that write down that they were applied, in all.
pub const APPLIED: usize = 4;

const NOTES: &str = "CREATE TABLE \"{tenant}\".notes (id bigint PRIMARY KEY, text text NOT NULL, plan bigint REFERENCES \"{shared}\".plans);\n\
     CREATE TABLE \"{tenant}\".applied (migration text);\nINSERT INTO \"{tenant}\".applied VALUES ('0002');";
const TABLES: &str = "CREATE TABLE \"{tenant}\".a1 (id bigint PRIMARY KEY, n int UNIQUE);\n\
     CREATE TABLE \"{tenant}\".a2 (id bigint PRIMARY KEY, n int UNIQUE, plan bigint REFERENCES \"{shared}\".plans);\n\
     INSERT INTO \"{tenant}\".applied VALUES ('0003');";
const INDEX: &str = "ALTER TABLE \"{tenant}\".notes ADD COLUMN length int;\n\
     CREATE INDEX CONCURRENTLY notes_text ON \"{tenant}\".notes (text);\nINSERT INTO \"{tenant}\".applied VALUES ('0005');";
const PRICE: &str = "ALTER TABLE \"{tenant}\".notes ADD COLUMN price int REFERENCES \"{shared}\".plans (price);\n\
     INSERT INTO \"{tenant}\".applied VALUES ('0006');";

/// The chain that the fleet begins with.
///
/// # Panics
///
/// Never.
pub fn before() -> Chain {
    chain(&[PLANS, ("0002_notes", &[("tenant.up.sql", NOTES)])])
}

/// The chain that it ends with: tables, a column of the shared schema, an index that is no part of a transaction, and a reference to the
/// new column.
///
/// # Panics
///
/// Never.
pub fn after() -> Chain {
    let price: Folder<'_> = (
        "0004_price",
        &[(
            "shared.up.sql",
            "ALTER TABLE \"{shared}\".plans ADD COLUMN price int UNIQUE;",
        )],
    );
    chain(&[
        PLANS,
        ("0002_notes", &[("tenant.up.sql", NOTES)]),
        ("0003_tables", &[("tenant.up.sql", TABLES)]),
        price,
        ("0005_index", &[("tenant.up.sql", INDEX)]),
        ("0006_price", &[("tenant.up.sql", PRICE)]),
    ])
}
