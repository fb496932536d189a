//! The shop with some migrations more, and where its tenants are.

use postgres::Client;
use tenantry::Error;
use tenantry::migrate::{Chain, Report};
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{
    CUSTOMERS, Folder, INVOICES, PLANS, chain, create, migrate, migrator, texts,
};

/// Adds a column to a tenant table; it fails where the table is not empty.
pub(crate) const EMAILS: Folder<'static> = (
    "0004_emails",
    &[
        (
            "tenant.up.sql",
            "-- every customer has one\nALTER TABLE \"{tenant}\".customers ADD COLUMN email text NOT NULL;\n",
        ),
        (
            "tenant.down.sql",
            "ALTER TABLE \"{tenant}\".customers DROP COLUMN email;",
        ),
    ],
);

/// Takes away a shared column.
pub(crate) const NO_CODES: Folder<'static> = (
    "0005_no_codes",
    &[
        (
            "shared.up.sql",
            "ALTER TABLE \"{shared}\".plans DROP COLUMN code;",
        ),
        (
            "shared.down.sql",
            "ALTER TABLE \"{shared}\".plans ADD COLUMN code text;",
        ),
    ],
);

/// Takes away a column of tenants.
pub(crate) const NO_NAMES: Folder<'static> = (
    "0005_no_names",
    &[
        (
            "migration.toml",
            "format = 1\nid = \"0005_no_names\"\nphase = \"contract\"\n",
        ),
        (
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".customers DROP COLUMN name;",
        ),
        (
            "tenant.down.sql",
            "ALTER TABLE \"{tenant}\".customers ADD COLUMN name text;",
        ),
    ],
);

/// The shop's chain, which in the end takes away what the version of the application before it uses.
pub(crate) fn full() -> Chain {
    chain(&[PLANS, CUSTOMERS, INVOICES, EMAILS, NO_NAMES])
}

/// A database with the shop's first two migrations and these tenants.
pub(crate) fn young_shop(names: &[&str]) -> (TestDb, Client) {
    let db = TestDb::new();
    let mut client = db.connect();
    migrate(&mut client, chain(&[PLANS, CUSTOMERS]));
    for name in names {
        create(&mut client, name);
    }
    (db, client)
}

pub(crate) fn versions(client: &mut Client) -> Vec<String> {
    texts(
        client,
        "SELECT key || ' ' || version FROM tenantry.tenant ORDER BY id",
    )
}

pub(crate) fn run(client: &mut Client, chain: Chain) -> Result<Report, Error> {
    migrator(chain).on(client).run()
}
