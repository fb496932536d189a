//! A folder of migrations, and a chain of which a range can be one.

use std::fs;
use std::path::PathBuf;

use postgres::Client;
use tempfile::TempDir;
use tenantry::Error;
use tenantry::migrate::{Chain, Migrator, Squash};
use tenantry_tests::fleet::{CUSTOMERS, Folder, PLANS, migrator, texts};

pub(crate) const PHONES: Folder<'static> = (
    "0003_phones",
    &[
        (
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".customers ADD COLUMN phone text",
        ),
        (
            "tenant.down.sql",
            "ALTER TABLE \"{tenant}\".customers DROP COLUMN phone;",
        ),
    ],
);

/// Rows of the shared schema.
pub(crate) const CODES: Folder<'static> = (
    "0004_codes",
    &[
        (
            "shared.up.sql",
            "INSERT INTO \"{shared}\".plans VALUES (1, 'free'), (2, 'paid');",
        ),
        (
            "shared.down.sql",
            "DELETE FROM \"{shared}\".plans WHERE id IN (1, 2);",
        ),
    ],
);

/// Rows of the tenants, those that are there and one that is new.
pub(crate) const NOTES: Folder<'static> = (
    "0005_notes",
    &[
        (
            "tenant.up.sql",
            "CREATE TABLE \"{tenant}\".notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text NOT NULL);\n\
             INSERT INTO \"{tenant}\".notes (text) VALUES ('welcome'); -- by hand\n\
             UPDATE \"{tenant}\".customers SET phone = 'none' WHERE phone IS NULL",
        ),
        ("tenant.down.sql", "DROP TABLE \"{tenant}\".notes;"),
    ],
);

pub(crate) const PRICES: Folder<'static> = (
    "0006_prices",
    &[
        (
            "shared.up.sql",
            "ALTER TABLE \"{shared}\".plans ADD COLUMN price int;",
        ),
        (
            "shared.down.sql",
            "ALTER TABLE \"{shared}\".plans DROP COLUMN price;",
        ),
    ],
);

pub(crate) const TAGS: Folder<'static> = (
    "0007_tags",
    &[
        (
            "tenant.up.sql",
            "CREATE TABLE \"{tenant}\".tags (id bigint PRIMARY KEY);",
        ),
        ("tenant.down.sql", "DROP TABLE \"{tenant}\".tags;"),
    ],
);

/// The range from the third to the sixth has its last part for tenants before its last shared one.
pub(crate) const ALL: [Folder<'static>; 7] = [PLANS, CUSTOMERS, PHONES, CODES, NOTES, PRICES, TAGS];

/// Migrations of which the range from the third to the fourth has no shared part, so tenants can be anywhere.
pub(crate) const OF_TENANTS: [Folder<'static>; 4] =
    [PLANS, CUSTOMERS, PHONES, ("0004_notes", NOTES.1)];

/// A folder of migrations.
pub(crate) struct Migrations(TempDir);

impl Migrations {
    pub(crate) fn new(folders: &[Folder<'_>]) -> Self {
        let migrations = Self(TempDir::new().unwrap());
        for folder in folders {
            migrations.add(folder);
        }
        migrations
    }

    pub(crate) fn add(&self, (id, files): &Folder<'_>) {
        fs::create_dir_all(self.path(id)).unwrap();
        if !files.iter().any(|(name, _)| *name == "migration.toml") {
            let manifest = format!("format = 1\nid = \"{id}\"\n");
            fs::write(self.path(id).join("migration.toml"), manifest).unwrap();
        }
        for (name, text) in *files {
            fs::write(self.path(id).join(name), text).unwrap();
        }
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    pub(crate) fn text(&self, below: &str) -> String {
        fs::read_to_string(self.path(below)).unwrap()
    }

    pub(crate) fn chain(&self) -> Chain {
        Chain::open(self.0.path()).unwrap()
    }

    pub(crate) fn migrator(&self) -> Migrator {
        migrator(self.chain())
    }

    /// The names of what is there, hidden or not.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Makes the range one, and writes it.
    pub(crate) fn squash(&self, client: &mut Client, first: &str, last: &str) -> Squash {
        let squash = self.try_squash(client, first, last).unwrap();
        squash.write().unwrap();
        squash
    }

    pub(crate) fn try_squash(
        &self,
        client: &mut Client,
        first: &str,
        last: &str,
    ) -> Result<Squash, Error> {
        self.migrator().on(client).squash(first, last, "squashed")
    }

    /// Refuses the range for this reason, and leaves everything as it is.
    #[track_caller]
    pub(crate) fn refuses(&self, client: &mut Client, (first, last): (&str, &str), why: &str) {
        let before = (self.names(), picture(client));
        let error = self.try_squash(client, first, last).unwrap_err();
        let said = error.to_string();
        assert!(said.contains(why), "`{why}` is missing in: {said}");
        assert!(said.contains("help: "), "{said}");
        assert!((self.names(), picture(client)) == before, "{said}");
    }

    /// Migrates, and gives the number of tenants and shared parts that anything was done to.
    #[track_caller]
    pub(crate) fn migrate(&self, client: &mut Client) -> (usize, usize) {
        let report = self.migrator().on(client).run().unwrap();
        (report.migrated, report.shared.len())
    }
}

/// The metadata tables and the schemas, with the transactions that wrote them.
pub(crate) fn picture(client: &mut Client) -> Vec<String> {
    let mut lines = texts(
        client,
        "SELECT nspname || ' ' || xmin FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_(toast_)?temp' ORDER BY 1",
    );
    let tables = texts(
        client,
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'tenantry' AND table_name <> 'turn' ORDER BY 1",
    );
    for table in tables {
        let sql = format!(
            "SELECT '{table} ' || t.xmin || ' ' || t::text FROM tenantry.{table} AS t ORDER BY 1"
        );
        lines.extend(texts(client, &sql));
    }
    lines
}

/// Where everybody is.
pub(crate) fn versions(client: &mut Client) -> Vec<String> {
    texts(
        client,
        "SELECT key || ' ' || version FROM tenantry.tenant UNION ALL SELECT 'shared ' || shared_version FROM tenantry.meta \
         UNION ALL SELECT 'new ' || tenant_version FROM tenantry.meta ORDER BY 1",
    )
}

/// The ledger by keys.
pub(crate) fn booked(client: &mut Client) -> Vec<String> {
    texts(
        client,
        "SELECT COALESCE(t.key, 'shared') || ' ' || l.migration FROM tenantry.ledger AS l \
         LEFT JOIN tenantry.tenant AS t ON t.id = l.tenant_id ORDER BY 1",
    )
}
