//! A chain with a statement in batches, and tenants with few and with many rows.

use std::sync::{Arc, Mutex};

use postgres::Client;
use tenantry::migrate::{Chain, Event, Migrator};
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{Folder, chain, create, migrate, texts};

/// So many rows that their table is big.
pub(crate) const MANY: i32 = 100_000;

pub(crate) const NOTES: Folder<'static> = (
    "0001_notes",
    &[
        (
            "tenant.up.sql",
            "CREATE TABLE \"{tenant}\".notes (id bigint PRIMARY KEY, text text NOT NULL)",
        ),
        ("tenant.down.sql", "DROP TABLE \"{tenant}\".notes"),
    ],
);

/// A row that it is done to twice shows that.
pub(crate) const LENGTHS: Folder<'static> = (
    "0002_lengths",
    &[
        (
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".notes ADD COLUMN length int;\n\n\
             -- tenantry: batch notes by id, size 5000\n\
             UPDATE \"{tenant}\".notes AS n SET length = COALESCE(length, 0) + length(text)\n\
             WHERE n.\"{batch}\";\n\n\
             ALTER TABLE \"{tenant}\".notes ALTER COLUMN length SET NOT NULL;\n",
        ),
        (
            "tenant.down.sql",
            "ALTER TABLE \"{tenant}\".notes DROP COLUMN length",
        ),
    ],
);

pub(crate) fn lengths() -> Chain {
    chain(&[NOTES, LENGTHS])
}

/// Tenants with notes, each with so many.
pub(crate) fn with_notes(db: &TestDb, tenants: &[(&str, i32)]) -> Client {
    let mut client = db.connect();
    migrate(&mut client, chain(&[NOTES]));
    for (tenant, rows) in tenants {
        create(&mut client, tenant);
        client
            .batch_execute(&format!(
                "INSERT INTO {tenant}.notes SELECT n, repeat('x', 100) FROM generate_series(1, {rows}) AS n; \
                 ANALYZE {tenant}.notes"
            ))
            .unwrap();
    }
    client
}

/// Returns how many rows there are, how many of them are not as they should be, and how many transactions wrote them.
pub(crate) fn lengths_of(client: &mut Client, schema: &str) -> (i64, i64, i64) {
    let row = client
        .query_one(
            &format!(
                "SELECT count(*), count(*) FILTER (WHERE length IS DISTINCT FROM 100), count(DISTINCT xmin::text) \
                 FROM {schema}.notes"
            ),
            &[],
        )
        .unwrap();
    (row.get(0), row.get(1), row.get(2))
}

/// Returns what the ledger has of statements that are half-way.
pub(crate) fn half_way(client: &mut Client) -> Vec<String> {
    texts(
        client,
        "SELECT tenant_id || ' ' || (batch ->> 'rows') FROM tenantry.ledger WHERE batch IS NOT NULL ORDER BY 1",
    )
}

/// Keeps what a migrator tells of batches, and does something the first time.
pub(crate) fn at_first_batch(
    migrator: Migrator,
    act: impl FnOnce() + Send + 'static,
) -> (Migrator, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&told);
    let act = Mutex::new(Some(act));
    let migrator = migrator.observe(move |event| {
        if let Event::Batch {
            tenant,
            migration,
            table,
            rows,
            about,
        } = event
        {
            let who = tenant.as_ref().map_or("shared", |tenant| tenant.as_str());
            let about = about.map_or("unknown".to_owned(), |about| about.to_string());
            let line = format!("{who} {migration} {table} {rows} of {about}");
            kept.lock().unwrap().push(line);
            if let Some(act) = act.lock().unwrap().take() {
                act();
            }
        }
    });
    (migrator, told)
}
