//! An application's everyday work in one of many tenants, through tenantry and by hand over the same drivers, decoded into the same struct.

use std::fs;
use std::time::Duration;

use postgres::NoTls;
use postgres::types::{ToSql, Type};
use tenantry::model::Schema;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::structure::{State, diff, render};
use tenantry::testing::TestDb;
use tenantry::tokio as tasks;
use tokio::runtime::{Builder, Runtime};

use crate::measure::{median, time};
use crate::results::{Results, environment, times};
use crate::server::{connect, database, open, start, text};

/// Something that a tenant has.
#[tenant_model]
pub(crate) struct Item {
    #[field(key)]
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) quantity: i32,
    pub(crate) weight: f64,
    pub(crate) is_active: bool,
    pub(crate) due: Date,
    pub(crate) made_at: Timestamp,
    pub(crate) code: Uuid,
    pub(crate) note: Option<String>,
    pub(crate) supplier: i64,
}

tenantry::schema! {
    /// All models.
    static ITEMS = [Item];
}

const TENANTS: usize = 100;
const ROWS: i64 = 200;
const COLUMNS: &str = "id, name, quantity, weight, is_active, due, made_at, code, note, supplier";

/// A unit of work.
#[derive(Debug, Clone, Copy)]
enum Unit {
    Find,
    List,
    Insert,
    Save,
    Transaction,
}

const UNITS: [(Unit, &str, usize); 5] = [
    (Unit::Find, "read by key", 2_000),
    (Unit::List, "list of 100 rows of 10 columns", 500),
    (Unit::Insert, "insert, with its row", 1_500),
    (Unit::Save, "read by key and save", 1_000),
    (Unit::Transaction, "the same in a transaction", 800),
];

/// One of those who do the same work, over one connection.
trait Contender {
    fn name(&self) -> &'static str;
    fn run(&mut self, unit: Unit, number: usize);
}

/// The tenant and the row of a unit, which look as if they were at random.
fn place(number: usize) -> (usize, i64) {
    let mixed = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
    let rows = u64::try_from(ROWS).expect("a few");
    let id = i64::try_from(mixed / 1009 % rows).expect("a few");
    (usize::try_from(mixed).expect("44 bits") % TENANTS, id + 1)
}

fn key(tenant: usize) -> TenantKey {
    TenantKey::new(format!("t{tenant:03}")).expect("a valid key")
}

fn changed(number: usize) -> i32 {
    i32::try_from(number % 1_000_000).expect("small enough")
}

fn new_item(number: usize) -> NewItem {
    NewItem::new(
        "new",
        changed(number),
        0.5,
        true,
        Date::constant(2026, 1, 1),
        Timestamp::UNIX_EPOCH,
        Uuid::from_u128(number as u128),
        7,
    )
}

type Bound<'a> = [(&'a (dyn ToSql + Sync), Type)];

fn decoded(row: &postgres::Row) -> Item {
    Item {
        id: row.get(0),
        name: row.get(1),
        quantity: row.get(2),
        weight: row.get(3),
        is_active: row.get(4),
        due: row.get(5),
        made_at: row.get(6),
        code: row.get(7),
        note: row.get(8),
        supplier: row.get(9),
    }
}

fn find(tenant: usize) -> String {
    format!("SELECT {COLUMNS} FROM t{tenant:03}.items WHERE id = $1")
}

fn list(tenant: usize) -> String {
    format!("SELECT {COLUMNS} FROM t{tenant:03}.items WHERE id <= 100")
}

fn update(tenant: usize) -> String {
    format!("UPDATE t{tenant:03}.items SET quantity = $2 WHERE id = $1")
}

fn insert(tenant: usize) -> String {
    format!(
        "INSERT INTO t{tenant:03}.items (name, quantity, weight, is_active, due, made_at, code, supplier) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {COLUMNS}"
    )
}

/// The values of a new row, as it has them by hand.
macro_rules! values {
    ($number:expr, $values:ident) => {
        let quantity = changed($number);
        let due = Date::constant(2026, 1, 1);
        let code = Uuid::from_u128($number as u128);
        let $values: &Bound<'_> = &[
            (&"new", Type::TEXT),
            (&quantity, Type::INT4),
            (&0.5_f64, Type::FLOAT8),
            (&true, Type::BOOL),
            (&due, Type::DATE),
            (&Timestamp::UNIX_EPOCH, Type::TIMESTAMPTZ),
            (&code, Type::UUID),
            (&7_i64, Type::INT8),
        ];
    };
}

struct ByHand(postgres::Client);

impl Contender for ByHand {
    fn name(&self) -> &'static str {
        "by hand (postgres)"
    }

    fn run(&mut self, unit: Unit, number: usize) {
        let (tenant, id) = place(number);
        let by_id: &Bound<'_> = &[(&id, Type::INT8)];
        let quantity = changed(number);
        let saved: &Bound<'_> = &[(&id, Type::INT8), (&quantity, Type::INT4)];
        let client = &mut self.0;
        match unit {
            Unit::Find => {
                let row = client.query_typed_one(&find(tenant), by_id).expect("a row");
                std::hint::black_box(decoded(&row));
            }
            Unit::List => {
                let rows = client.query_typed(&list(tenant), &[]).expect("rows");
                std::hint::black_box(rows.iter().map(decoded).collect::<Vec<_>>());
            }
            Unit::Insert => {
                values!(number, values);
                let row = client
                    .query_typed_one(&insert(tenant), values)
                    .expect("a row");
                std::hint::black_box(decoded(&row));
            }
            Unit::Save => {
                let row = client.query_typed_one(&find(tenant), by_id).expect("a row");
                std::hint::black_box(decoded(&row));
                client.execute_typed(&update(tenant), saved).expect("a row");
            }
            Unit::Transaction => {
                let mut tx = client.transaction().expect("it begins");
                let row = tx.query_typed_one(&find(tenant), by_id).expect("a row");
                std::hint::black_box(decoded(&row));
                tx.execute_typed(&update(tenant), saved).expect("a row");
                tx.commit().expect("it ends");
            }
        }
    }
}

struct Ours(Database);

impl Contender for Ours {
    fn name(&self) -> &'static str {
        "tenantry"
    }

    fn run(&mut self, unit: Unit, number: usize) {
        let (tenant, id) = place(number);
        let mut scope = self.0.tenant(&key(tenant)).expect("a tenant");
        match unit {
            Unit::Find => drop(std::hint::black_box(
                Item::find(id).one(&mut scope).expect("a row"),
            )),
            Unit::List => {
                let all = Item::query().filter(Item::ID.le(100));
                drop(std::hint::black_box(all.all(&mut scope).expect("rows")));
            }
            Unit::Insert => {
                let new = Item::insert(new_item(number)).returning(&mut scope);
                drop(std::hint::black_box(new.expect("a row")));
            }
            Unit::Save => {
                let mut item = Item::find(id).one(&mut scope).expect("a row");
                item.quantity = changed(number);
                item.save(&mut scope).expect("a row");
            }
            Unit::Transaction => scope
                .transaction(|tx| {
                    let mut item = Item::find(id).one(tx)?;
                    item.quantity = changed(number);
                    item.save(tx)
                })
                .expect("it ends"),
        }
    }
}

struct TasksByHand(tokio_postgres::Client, Runtime);

impl Contender for TasksByHand {
    fn name(&self) -> &'static str {
        "by hand (tokio-postgres)"
    }

    fn run(&mut self, unit: Unit, number: usize) {
        let Self(client, runtime) = self;
        runtime.block_on(async {
            let (tenant, id) = place(number);
            let by_id: &Bound<'_> = &[(&id, Type::INT8)];
            let quantity = changed(number);
            let saved: &Bound<'_> = &[(&id, Type::INT8), (&quantity, Type::INT4)];
            match unit {
                Unit::Find => {
                    let row = client.query_typed_one(&find(tenant), by_id).await;
                    std::hint::black_box(decoded(&row.expect("a row")));
                }
                Unit::List => {
                    let rows = client.query_typed(&list(tenant), &[]).await.expect("rows");
                    std::hint::black_box(rows.iter().map(decoded).collect::<Vec<_>>());
                }
                Unit::Insert => {
                    values!(number, values);
                    let row = client.query_typed_one(&insert(tenant), values).await;
                    std::hint::black_box(decoded(&row.expect("a row")));
                }
                Unit::Save => {
                    let row = client.query_typed_one(&find(tenant), by_id).await;
                    std::hint::black_box(decoded(&row.expect("a row")));
                    let done = client.execute_typed(&update(tenant), saved).await;
                    done.expect("a row");
                }
                Unit::Transaction => {
                    let tx = client.transaction().await.expect("it begins");
                    let row = tx.query_typed_one(&find(tenant), by_id).await;
                    std::hint::black_box(decoded(&row.expect("a row")));
                    tx.execute_typed(&update(tenant), saved)
                        .await
                        .expect("a row");
                    tx.commit().await.expect("it ends");
                }
            }
        });
    }
}

struct OurTasks(tasks::Database, Runtime);

impl Contender for OurTasks {
    fn name(&self) -> &'static str {
        "tenantry::tokio"
    }

    fn run(&mut self, unit: Unit, number: usize) {
        let Self(db, runtime) = self;
        runtime.block_on(async {
            let (tenant, id) = place(number);
            let mut scope = db.tenant(&key(tenant)).await.expect("a tenant");
            match unit {
                Unit::Find => {
                    let item = Item::find(id).one(&mut scope).await;
                    drop(std::hint::black_box(item.expect("a row")));
                }
                Unit::List => {
                    let all = Item::query().filter(Item::ID.le(100)).all(&mut scope).await;
                    drop(std::hint::black_box(all.expect("rows")));
                }
                Unit::Insert => {
                    let new = Item::insert(new_item(number)).returning(&mut scope).await;
                    drop(std::hint::black_box(new.expect("a row")));
                }
                Unit::Save => {
                    let mut item = Item::find(id).one(&mut scope).await.expect("a row");
                    item.quantity = changed(number);
                    item.save(&mut scope).await.expect("a row");
                }
                Unit::Transaction => scope
                    .transaction(async |tx| {
                        let mut item = Item::find(id).one(tx).await?;
                        item.quantity = changed(number);
                        item.save(tx).await
                    })
                    .await
                    .expect("it ends"),
            }
        });
    }
}

fn prepare(database: &TestDb) {
    let db = open(database.url());
    let schema: &Schema = &ITEMS;
    let models = schema.models().expect("the models fit together");
    let ops = diff(&State::default(), &State::from_models(&models));
    let sql: String = ops
        .iter()
        .flat_map(render)
        .map(|statement| statement + ";\n")
        .collect();
    let files = [
        (
            "0001_items/migration.toml",
            "format = 1\nid = \"0001_items\"\n",
        ),
        ("0001_items/tenant.up.sql", sql.as_str()),
    ];
    let chain = tenantry::migrate::Chain::from_files(&files).expect("a valid chain");
    db.migrator(chain).run().expect("the chain is valid");
    let mut client = connect(database.url());
    for tenant in 0..TENANTS {
        db.tenants().create(&key(tenant)).expect("a new tenant");
        let fill = format!(
            "INSERT INTO t{tenant:03}.items ({}) SELECT 'item ' || n, n, n * 0.5, true, '2026-01-01', now(), \
             gen_random_uuid(), CASE WHEN n % 2 = 0 THEN 'a note of some length' END, n FROM generate_series(1, {ROWS}) AS n; \
             ANALYZE t{tenant:03}.items",
            COLUMNS.trim_start_matches("id, ")
        );
        client.batch_execute(&fill).expect("rows");
    }
}

/// Seconds of processor time of this process and of the server's.
fn cpu(client: &mut postgres::Client) -> f64 {
    let of = |process: &str| {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let after = stat.rsplit(')').next().unwrap_or_default().to_owned();
        let fields: Vec<&str> = after.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|it| it.parse::<f64>().ok());
        (ticks(11).unwrap_or_default() + ticks(12).unwrap_or_default()) / 100.0
    };
    let sql = "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let pids = client.query(sql, &[]).expect("processes");
    let servers: f64 = pids.iter().map(|row| of(row.get::<_, &str>(0))).sum();
    of("self") + servers
}

pub(crate) fn run(quick: bool) {
    let server = start();
    let version = text(&mut connect(server.url()), "SHOW server_version");
    let mut results = Results::new("everyday", environment(&version));
    let database = database(&server);
    prepare(&database);
    let runtime = || {
        Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
    };
    let mut options = Options::default();
    options.max_connections = 1;
    let config = database.config();
    let ours =
        Database::connect_with(&config, NoTls, options.clone()).expect("the server is there");
    let (mine, theirs) = (runtime(), runtime());
    let tasks = mine.block_on(tasks::Database::connect_with(&config, NoTls, options));
    let by_hand = theirs.block_on(async {
        let connected = tokio_postgres::connect(database.url(), NoTls).await;
        let (client, connection) = connected.expect("the server is there");
        tokio::spawn(connection);
        client
    });
    let mut contenders: Vec<Box<dyn Contender>> = vec![
        Box::new(ByHand(connect(database.url()))),
        Box::new(Ours(ours)),
        Box::new(TasksByHand(by_hand, theirs)),
        Box::new(OurTasks(tasks.expect("the server is there"), mine)),
    ];
    let mut looks = connect(database.url());
    let rounds = if quick { 1 } else { 11 };
    for (unit, what, number) in UNITS {
        let number = if quick { 20 } else { number };
        let mut walls = vec![Vec::new(); contenders.len()];
        let mut cpus = vec![Vec::new(); contenders.len()];
        for round in 0..=rounds {
            for (place, contender) in contenders.iter_mut().enumerate() {
                let before = cpu(&mut looks);
                let (took, ()) = time(|| {
                    // What is saved is never what is there already.
                    let first = (round * walls.len() + place) * number;
                    for unit_number in first..first + number {
                        contender.run(unit, unit_number);
                    }
                });
                // The first round warms up.
                if round > 0 {
                    walls[place].push(micros(took, number));
                    let used = cpu(&mut looks) - before;
                    cpus[place].push(micros(Duration::from_secs_f64(used.max(0.0)), number));
                }
            }
        }
        let walls: Vec<f64> = walls.into_iter().map(median).collect();
        let cpus: Vec<f64> = cpus.into_iter().map(median).collect();
        for (place, contender) in contenders.iter().enumerate() {
            let limit = place / 2 * 2;
            let ratio = if place == limit {
                String::new()
            } else {
                format!(
                    "{} by hand, processor {}",
                    times(walls[place], walls[limit]),
                    times(cpus[place], cpus[limit])
                )
            };
            let goal = if place == limit {
                ""
            } else {
                "≤ 1.10 × by hand"
            };
            let figure = format!("{:.0} µs ({:.0} µs)", walls[place], cpus[place]);
            results.line(what, contender.name(), figure, ratio, goal);
        }
    }
    results.save(quick);
}

/// Microseconds of one of so many.
fn micros(took: Duration, number: usize) -> f64 {
    crate::measure::per(took, number) * 1e3
}
