//! A fleet in groups, and a record of what happens to it.

use std::sync::{Arc, Mutex};
use std::thread::{self, ScopedJoinHandle};

use postgres::Client;
use tenantry::Database;
use tenantry::config::Config;
use tenantry::migrate::{Chain, Event, Migrator};
use tenantry::tenant::NewTenant;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{
    CUSTOMERS, Fleet, Folder, INVOICES, PLANS, chain, key, migrator, shop_db, texts,
};
use tenantry_tests::wait::{until, until_by};

/// Fails for tenants that have a customer.
pub(crate) const STRICT: Folder<'static> = (
    "0004_strict",
    &[(
        "tenant.up.sql",
        "ALTER TABLE \"{tenant}\".customers ALTER COLUMN plan SET NOT NULL;",
    )],
);

const BARRIER: Folder<'static> = ("0005_barrier", &[("shared.up.sql", "SELECT 1;")]);

pub(crate) const AFTER: Folder<'static> = (
    "0006_after",
    &[(
        "tenant.up.sql",
        "ALTER TABLE \"{tenant}\".customers ADD COLUMN note text;",
    )],
);

pub(crate) fn longer() -> Chain {
    chain(&[PLANS, CUSTOMERS, INVOICES, STRICT, BARRIER, AFTER])
}

/// Six tenants that lack the last migrations: `a` and `d` are canaries, `b` and `e` are in the group of pairs.
pub(crate) fn fleet() -> (Fleet, Client) {
    let db = shop_db();
    let client = db.connect();
    for name in ["a", "b", "c", "d", "e", "f"] {
        let mut new = NewTenant::new(&key(name));
        if "ad".contains(name) {
            new = new.tag("canary");
        }
        db.tenants().create(new).unwrap();
    }
    (db, client)
}

pub(crate) const GROUPS: &str = "
    [[rollout]]
    name = 'canary'
    match = { tags = ['canary'] }
    [[rollout]]
    name = 'pairs'
    match = { keys = ['e', 'a'], patterns = ['b*'] }
";

/// A migrator in groups, which takes down what happens.
pub(crate) fn grouped(config: &str) -> (Migrator, Log) {
    let config: Config = config.parse().unwrap();
    let log = Log::default();
    let kept = log.clone();
    let migrator = migrator(longer())
        .configure(&config)
        .observe(move |event| kept.add(event));
    (migrator, log)
}

#[derive(Clone, Default)]
pub(crate) struct Log(pub(crate) Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, event: &Event) {
        let line = match event {
            Event::Stage { group, tenants, .. } => {
                format!("{} {tenants}", group.as_deref().unwrap_or("-"))
            }
            Event::Tenant(tenant) if tenant.error.is_some() => format!("{} failed", tenant.key),
            Event::Tenant(tenant) => tenant.key.to_string(),
            Event::Shared(shared) => shared.migration.clone(),
            Event::Bake { group, .. } => format!("{group} bakes"),
            Event::Health { group, error: None } => format!("{group} healthy"),
            Event::Health { group, .. } => format!("{group} sick"),
            Event::Paused => "paused".to_owned(),
            Event::Resumed => "resumed".to_owned(),
            _ => return,
        };
        self.0.lock().unwrap().push(line);
    }

    pub(crate) fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap()).join(", ")
    }

    pub(crate) fn has(&self, line: &str) -> bool {
        self.0.lock().unwrap().iter().any(|it| it == line)
    }
}

/// How many tenants have got the fourth migration.
pub(crate) fn migrated(client: &mut Client) -> usize {
    texts(client, "SELECT key FROM tenantry.tenant WHERE version >= 4").len()
}

pub(crate) fn versions(client: &mut Client) -> String {
    texts(
        client,
        "SELECT key || version FROM tenantry.tenant ORDER BY key",
    )
    .join(" ")
}

pub(crate) fn breaks(client: &mut Client, schema: &str) {
    let sql = format!("INSERT INTO {schema}.customers VALUES (1, 'Ann', NULL)");
    client.batch_execute(&sql).unwrap();
}

/// Has a test that fails end at once, though a run waits for what the test would have done next.
pub(crate) struct Guard<'d>(pub(crate) &'d TestDb);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let db = Database::connect(self.0.url()).unwrap();
            db.rollout().abort().unwrap();
        }
    }
}

/// Waits until a run has looked several times whether it may go on. What is looked at stays as it is meanwhile.
pub(crate) fn stays<R, T: PartialEq + std::fmt::Debug>(
    run: &ScopedJoinHandle<'_, R>,
    client: &mut Client,
    mut look: impl FnMut() -> T,
) {
    let asked = "SELECT a.query_start::text FROM pg_catalog.pg_stat_activity AS a JOIN tenantry.turn AS t USING (pid)";
    let before = look();
    let mut seen = std::collections::BTreeSet::new();
    until_by(run, "it looks again and again", || {
        seen.extend(texts(client, asked));
        assert_eq!(look(), before);
        seen.len() > 3
    });
}

#[track_caller]
pub(crate) fn wait_for(is_so: impl Fn() -> bool) {
    until("what the run does next", is_so);
}

pub(crate) fn join<T>(run: ScopedJoinHandle<'_, T>) -> T {
    run.join().unwrap()
}
