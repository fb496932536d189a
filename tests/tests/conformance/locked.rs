//! Whatever table somebody has locked, each call of the doors ends, with its result or an error that says so.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, LazyLock, mpsc};
use std::thread;
use std::time::Duration;

use postgres::NoTls;
use tempfile::TempDir;
use tenantry::across::SeesAllTenants;
use tenantry::migrate::Chain;
use tenantry::prelude::*;
use tenantry::scope::{Job, Options, Release};
use tenantry::tenant::{NewTenant, TenantFilter, TenantRef};
use tenantry::testing::TestDb;
use tenantry::{Error, ErrorKind};
use tenantry_tests::fleet::{CUSTOMERS, PLANS, chain, migrate, texts};

use crate::common::key;

struct Operator;
impl SeesAllTenants for Operator {}

/// A database at the first two migrations of the shop, with tenants, a standby and a schema to take over.
fn fleet() -> TestDb {
    TestDb::from_template("locked_fleet", prepare)
}

/// Makes such a database of an empty one.
pub(crate) fn prepare(url: &str) {
    let mut client = postgres::Client::connect(url, NoTls).unwrap();
    migrate(&mut client, chain(&[PLANS, CUSTOMERS]));
    let db = Database::connect(url).unwrap();
    for name in ["acme", "dropped", "renamed", "suspended"] {
        db.tenants().create(&key(name)).unwrap();
    }
    db.tenants().refill_standbys(1).unwrap();
    db.tenants().suspend(&key("suspended")).unwrap();
    let customers = "CREATE SCHEMA adopted; CREATE TABLE adopted.customers (LIKE acme.customers INCLUDING ALL); \
         ALTER TABLE adopted.customers ADD FOREIGN KEY (plan) REFERENCES shared.plans";
    client.batch_execute(customers).unwrap();
}

pub(crate) fn longer() -> Chain {
    let up = "ALTER TABLE \"{tenant}\".customers ADD COLUMN note text;";
    let files = [("tenant.up.sql", up), ("tenant.down.sql", "SELECT 1;")];
    chain(&[PLANS, CUSTOMERS, ("0003_note", &files)])
}

/// The same in a folder.
fn in_folder() -> Chain {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
        let folder = TempDir::new().unwrap();
        for migration in longer().migrations() {
            let (id, path) = (migration.id(), folder.path().join(migration.id()));
            fs::create_dir(&path).unwrap();
            let write = |name: &str, text: &str| fs::write(path.join(name), text).unwrap();
            write("migration.toml", &format!("format = 1\nid = \"{id}\"\n"));
            for (of, part) in [
                ("shared", migration.shared()),
                ("tenant", migration.tenant()),
            ] {
                let Some(part) = part else { continue };
                write(&format!("{of}.up.sql"), part.up());
                write(&format!("{of}.down.sql"), part.down().unwrap());
            }
        }
        folder
    });
    Chain::open(FOLDER.path()).unwrap()
}

/// A call of a door, which is given the database and what is known of a tenant from before.
pub(crate) type Call = fn(&Database, &TenantRef) -> Result<(), Error>;

macro_rules! calls {
    ($($door:literal: { $($name:ident: $call:expr,)* })*) => {
        [$($(($door, stringify!($name), $call as Call),)*)*]
    };
}

/// All calls of the doors to control work. Those that take rows through a closure are called with one that does nothing.
pub(crate) fn calls() -> Vec<(&'static str, &'static str, Call)> {
    calls! {
        "Database": {
            across: |db, _| db.across(&Operator).map(drop),
            announce: |db, _| db.announce(&Release::of("web", &longer())?).map(drop),
            job: |db, of| db.job(Job::new(of.clone(), ())).map(drop),
            read_tenant: |db, _| db.read_tenant(&key("acme")).map(drop),
            shared: |db, _| db.shared().map(drop),
            tenant: |db, _| db.tenant(&key("acme")).map(drop),
            tenant_now: |db, _| db.tenant_now(&key("acme")).map(drop),
            tenant_of: |db, of| db.tenant_of(of).map(drop),
            written: |db, _| db.written().map(drop),
        }
        "scope::RolloutControl<'_>": {
            abort: |db, _| db.rollout().abort(),
            is_paused: |db, _| db.rollout().is_paused().map(drop),
            pause: |db, _| db.rollout().pause(),
            resume: |db, _| db.rollout().resume(),
        }
        "scope::Tenants<'_>": {
            create: |db, _| db.tenants().create(&key("new_1")).map(drop),
            create_or_get: |db, _| db.tenants().create_or_get(&key("new_2")).map(drop),
            create_or_get_with: |db, _| db.tenants().create_or_get_with(&key("new_3"), |_| Ok(())).map(drop),
            create_or_get_with_error: |db, _| {
                db.tenants().create_or_get_with_error(&key("new_4"), |_| Ok::<_, Error>(())).map(drop)
            },
            create_with: |db, _| db.tenants().create_with(&key("new_5"), |_| Ok(())).map(drop),
            create_with_error: |db, _| {
                db.tenants().create_with_error(&key("new_6"), |_| Ok::<_, Error>(())).map(drop)
            },
            drop: |db, _| db.tenants().drop(&key("dropped")),
            get: |db, _| db.tenants().get(&key("acme")).map(drop),
            list: |db, _| db.tenants().list(&TenantFilter::default()).map(drop),
            refill_standbys: |db, _| db.tenants().refill_standbys(2).map(drop),
            rename: |db, _| db.tenants().rename(&key("renamed"), &key("other")).map(drop),
            resume: |db, _| db.tenants().resume(&key("suspended")).map(drop),
            standbys: |db, _| db.tenants().standbys().map(drop),
            suspend: |db, _| db.tenants().suspend(&key("suspended")).map(drop),
            tag: |db, _| db.tenants().tag(&key("acme"), &["beta"], &[]).map(drop),
            trim_standbys: |db, _| db.tenants().trim_standbys(0).map(drop),
        }
        "migrate::Migrator<S>": {
            adopt: |db, _| db.migrator(longer()).to("0002").adopt(&NewTenant::new(&key("adopted"))).map(drop),
            adopt_shared: |db, _| db.migrator(longer()).to("0002").adopt_shared(),
            attempt: |db, _| {
                let migrator = db.migrator(longer()).only([key("acme")]);
                migrator.lock_timeout(LOCK).attempts(2).attempt().map(drop)
            },
            attempt_rollback: |db, _| db.migrator(longer()).only([key("acme")]).attempt_rollback(Some("0001")).map(drop),
            drift: |db, _| db.migrator(longer()).drift().map(drop),
            dry_run: |db, _| db.migrator(longer()).dry_run().map(drop),
            groups: |db, _| db.migrator(longer()).groups().map(drop),
            rollback: |db, _| db.migrator(longer()).lock_timeout(LOCK).attempts(2).rollback(Some("0002")).map(drop),
            squash: |db, _| db.migrator(in_folder()).squash("1", "2", "shop").map(drop),
            run: |db, _| db.migrator(longer()).lock_timeout(LOCK).attempts(2).run().map(drop),
            status: |db, _| db.migrator(longer()).status().map(drop),
            tenants: |db, _| db.migrator(longer()).tenants().map(drop),
            try_new_tenant: |db, _| db.migrator(longer()).try_new_tenant().map(drop),
            try_out: |db, _| db.migrator(longer()).lock_timeout(LOCK).try_out().map(drop),
        }
    }
    .to_vec()
}

const LOCK: Duration = Duration::from_millis(100);

#[test]
fn the_calls_of_these_tests_are_all_that_there_are() {
    let surface = "tests/snapshots/public_api__public_api.snap";
    let surface = fs::read_to_string(surface).unwrap();
    let mut known = BTreeSet::new();
    for (door, name, _) in calls() {
        known.insert((door, name));
    }
    let mut found = BTreeSet::new();
    for line in surface.lines() {
        let Some((start, end)) = line.split_once('(') else {
            continue;
        };
        let asks = end.contains(") -> tenantry::Result<");
        let Some(path) = start.strip_prefix("pub fn tenantry::") else {
            continue;
        };
        let doors = calls().into_iter().map(|(door, ..)| door);
        for door in doors.collect::<BTreeSet<_>>() {
            let name = path
                .strip_prefix(door)
                .and_then(|rest| rest.strip_prefix("::"));
            let name = name.map(|name| name.split('<').next().unwrap());
            // To connect has a limit of its own, to close is given one, and to note a hook asks nothing.
            let name = name.filter(|name| {
                asks && !name.starts_with("connect") && !["close", "on_create"].contains(name)
            });
            found.extend(name.map(|name| (door, name.to_owned())));
        }
    }
    let known: BTreeSet<_> = known
        .iter()
        .map(|(door, name)| (*door, (*name).to_owned()))
        .collect();
    assert_eq!(known, found);
}

/// Makes calls at once while somebody has this lock, and returns those that go on for ever or fail for another reason.
fn beside(lock: &str, calls: &[(&'static str, &'static str, Call)]) -> Vec<String> {
    let database = fleet();
    let mut options = Options::default();
    options.max_connections = 20;
    options.registry_staleness = Duration::ZERO;
    options.lock_timeout = LOCK;
    options.lock_wait = LOCK * 4;
    options.statement_timeout = Some(Duration::from_secs(2));
    let db = Database::connect_with(&database.config(), NoTls, options).unwrap();
    let reference = Arc::new(db.tenant(&key("acme")).unwrap().reference());
    let mut holder = database.connect();
    holder.batch_execute(&format!("BEGIN; {lock}")).unwrap();
    let (told, ends) = mpsc::channel();
    for &(_, name, call) in calls {
        let (db, reference, told) = (db.clone(), Arc::clone(&reference), told.clone());
        thread::spawn(move || told.send((name, call(&db, &reference))));
    }
    let mut waiting: BTreeSet<&str> = calls.iter().map(|(_, name, _)| *name).collect();
    let mut strange = Vec::new();
    for _ in calls {
        let Ok((name, outcome)) = ends.recv_timeout(Duration::from_secs(90)) else {
            break;
        };
        waiting.remove(name);
        let Err(error) = outcome else { continue };
        let text = error.to_string();
        let is_typed = matches!(error.kind(), ErrorKind::LockTimeout | ErrorKind::Cancelled);
        if !is_typed || !text.contains("\nhelp: ") {
            strange.push(format!("{lock}: {name}: {:?}: {text}", error.kind()));
        }
    }
    let for_ever = waiting
        .iter()
        .map(|name| format!("{lock}: {name} waits for ever"));
    strange.extend(for_ever);
    // Whoever waits goes on, so that the database can be dropped.
    holder.batch_execute("ROLLBACK").unwrap();
    strange
}

/// Makes each of several pieces of work at once, and fails with all that they found.
fn none_is_strange(work: impl IntoIterator<Item = impl FnOnce() -> Vec<String> + Send>) {
    let found: Vec<_> = thread::scope(|scope| {
        let each: Vec<_> = work.into_iter().map(|work| scope.spawn(work)).collect();
        each.into_iter().flat_map(|it| it.join().unwrap()).collect()
    });
    assert!(found.is_empty(), "{}", found.join("\n\n"));
}

fn locked<'a>(tables: impl IntoIterator<Item = &'a String>) -> String {
    let tables: Vec<_> = tables.into_iter().map(String::as_str).collect();
    format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", tables.join(", "))
}

/// The tables that are tenantry's own, and those of models.
fn tables() -> (Vec<String>, Vec<String>) {
    let of = |which: &str| {
        let sql = format!(
            "SELECT relnamespace::regnamespace || '.' || relname FROM pg_catalog.pg_class WHERE relkind = 'r' AND {which} ORDER BY 1"
        );
        texts(&mut fleet().connect(), &sql)
    };
    let own = of("relnamespace = 'tenantry'::regnamespace");
    let models = of(
        "oid IN ('shared.plans'::regclass, 'acme.customers'::regclass, 'adopted.customers'::regclass)",
    );
    assert!(own.len() > 9 && models.len() == 3, "{own:?} {models:?}");
    (own, models)
}

const MIGRATOR: &str = "migrate::Migrator<S>";

#[test]
fn calls_of_an_application_end_whichever_table_somebody_has_locked() {
    let calls: Vec<_> = calls()
        .into_iter()
        .filter(|(door, ..)| *door != MIGRATOR)
        .collect();
    let (own, models) = tables();
    let (calls, tables) = (&calls, [own, models].concat());
    for some in tables.chunks(3) {
        none_is_strange(
            some.iter()
                .map(|table| move || beside(&locked([table]), calls)),
        );
    }
}
