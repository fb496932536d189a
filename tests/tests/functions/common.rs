//! A chain that calls a function, and tenants with notes.

use postgres::Client;
use tenantry::migrate::{Chain, Functions, KeyBatch};
use tenantry::prelude::*;
use tenantry::scope::InMigration;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{Folder, chain, create, migrate, texts};

/// The notes as they are by the time that the function is called.
#[tenant_model(table = "notes")]
pub(crate) struct Note {
    #[field(key)]
    pub(crate) id: i64,
    pub(crate) text: String,
    pub(crate) slug: Option<String>,
}

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

pub(crate) const SLUGS: Folder<'static> = (
    "0002_slugs",
    &[
        (
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".notes ADD COLUMN slug text;\n\n\
             -- tenantry: batch notes by id, size 100\n\
             CALL \"{rust}\".fill_slugs(\"{tenant}\".notes);\n\n\
             ALTER TABLE \"{tenant}\".notes ALTER COLUMN slug SET NOT NULL;\n",
        ),
        (
            "tenant.down.sql",
            "-- tenantry: batch notes by id, size 100\n\
             CALL \"{rust}\".keep_slugs(\"{tenant}\".notes);\n\
             ALTER TABLE \"{tenant}\".notes DROP COLUMN slug;\n",
        ),
    ],
);

pub(crate) type Lent<'a> = TenantScope<InMigration<'a>>;

/// A row that it is called for twice shows that.
pub(crate) fn fill_slugs(acme: &mut Lent<'_>, batch: &KeyBatch) -> tenantry::Result<()> {
    for id in batch.keys::<i64>()? {
        let read = sql!("SELECT {Note.text}, {Note.slug} FROM {Note} WHERE {Note.id} = $1");
        let (text, slug): (String, Option<String>) = acme.sql(read).bind(id).row()?;
        let slug = slug.unwrap_or_default() + &text.to_uppercase();
        let write = sql!("UPDATE {Note} SET {Note.slug} = $1 WHERE {Note.id} = $2");
        acme.sql(write).bind(slug).bind(id).execute()?;
    }
    Ok(())
}

fn keep_slugs(acme: &mut Lent<'_>, batch: &KeyBatch) -> tenantry::Result<()> {
    for id in batch.keys::<i64>()? {
        let keep = sql!(
            "UPDATE {Note} SET {Note.text} = {Note.text} || ' ' || {Note.slug} WHERE {Note.id} = $1"
        );
        acme.sql(keep).bind(id).execute()?;
    }
    Ok(())
}

pub(crate) fn slugs_by<F>(fill: F) -> Chain
where
    F: Fn(&mut Lent<'_>, &KeyBatch) -> tenantry::Result<()> + Send + Sync + 'static,
{
    let functions = Functions::new()
        .tenant("fill_slugs", fill)
        .tenant("keep_slugs", keep_slugs);
    chain(&[NOTES, SLUGS]).functions(functions)
}

pub(crate) fn slugs() -> Chain {
    slugs_by(fill_slugs)
}

/// Tenants with notes, each with so many.
pub(crate) fn with_notes(db: &TestDb, tenants: &[(&str, i32)]) -> Client {
    let mut client = db.connect();
    migrate(&mut client, chain(&[NOTES]));
    for (tenant, rows) in tenants {
        create(&mut client, tenant);
        let filled = format!(
            "INSERT INTO {tenant}.notes SELECT n, 'note ' || n FROM generate_series(1, {rows}) AS n"
        );
        client.batch_execute(&filled).unwrap();
    }
    client
}

/// Returns how many notes a tenant has, how many of them are not as they should be, and how many transactions wrote them.
pub(crate) fn slugs_of(client: &mut Client, schema: &str) -> String {
    let sql = format!(
        "SELECT concat_ws(' ', count(*), count(*) FILTER (WHERE slug IS DISTINCT FROM upper(text)), count(DISTINCT xmin::text)) \
         FROM {schema}.notes"
    );
    texts(client, &sql).remove(0)
}

/// Returns what the ledger has of batches that are half-way.
pub(crate) fn half_way(client: &mut Client) -> Vec<String> {
    texts(
        client,
        "SELECT tenant_id || ' ' || (batch ->> 'rows') FROM tenantry.ledger WHERE batch IS NOT NULL ORDER BY 1",
    )
}
