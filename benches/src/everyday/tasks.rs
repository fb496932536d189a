//! The work over the asynchronous driver: by hand, and through tenantry.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hint::black_box;

use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::tokio as tasks;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, GenericClient, NoTls, Row, Statement};

use super::contender::Contender;
use super::models::{Item, new_item, plain, plain_pair};
use super::sql::{Bound, NewRow, Sql};
use super::unit::{Slice, Work, tenant_name};

type Prepared = HashMap<(Sql, usize), Statement>;

fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

/// The work by hand.
pub(crate) struct ByHand {
    runtime: Runtime,
    client: Client,
    prepared: Option<Prepared>,
}

impl ByHand {
    pub(crate) fn new(url: &str, is_prepared: bool) -> Self {
        let runtime = runtime();
        let client = runtime.block_on(async {
            let connected = tokio_postgres::connect(url, NoTls).await;
            let (client, connection) = connected.expect("the server is there");
            tokio::spawn(connection);
            client
        });
        let prepared = is_prepared.then(Prepared::new);
        Self {
            runtime,
            client,
            prepared,
        }
    }
}

async fn query(
    client: &impl GenericClient,
    prepared: &mut Option<Prepared>,
    (sql, tenant): (Sql, usize),
    bound: &Bound<'_>,
) -> Vec<Row> {
    let Some(prepared) = prepared else {
        let rows = client.query_typed(&sql.text(tenant), bound).await;
        return rows.expect("an answer");
    };
    let statement = match prepared.entry((sql, tenant)) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(new) => {
            let types: Vec<_> = bound.iter().map(|(_, of)| of.clone()).collect();
            let statement = client.prepare_typed(&sql.text(tenant), &types).await;
            new.insert(statement.expect("a valid statement"))
        }
    };
    let values: Vec<_> = bound.iter().map(|(value, _)| *value).collect();
    let rows = client.query(statement, &values).await;
    rows.expect("an answer")
}

impl Contender for ByHand {
    fn run(&mut self, slice: Slice) {
        let Self {
            runtime,
            client,
            prepared,
        } = self;
        runtime.block_on(async {
            for unit in slice.numbers() {
                let tenant = slice.tenant(unit);
                for (id, number) in slice.rows(unit) {
                    by_hand(client, prepared, slice.work, (tenant, id, number)).await;
                }
            }
        });
    }
}

async fn by_hand(
    client: &mut Client,
    prepared: &mut Option<Prepared>,
    work: Work,
    (tenant, id, number): (usize, i64, i32),
) {
    let by_id: &Bound<'_> = &[(&id, Type::INT8)];
    let saved: &Bound<'_> = &[(&id, Type::INT8), (&number, Type::INT4)];
    match work {
        Work::Find => {
            let rows = query(client, prepared, (Sql::Find, tenant), by_id).await;
            black_box(plain(&rows[0]));
        }
        Work::List => {
            let rows = query(
                client,
                prepared,
                (Sql::List, tenant),
                &[(&100_i64, Type::INT8)],
            )
            .await;
            black_box(rows.iter().map(plain).collect::<Vec<_>>());
        }
        Work::Join => {
            let rows = query(
                client,
                prepared,
                (Sql::Join, tenant),
                &[(&20_i64, Type::INT8)],
            )
            .await;
            black_box(rows.iter().map(plain_pair).collect::<Vec<_>>());
        }
        Work::Insert => {
            let new = NewRow::new(number);
            let rows = query(client, prepared, (Sql::Insert, tenant), &new.bound()).await;
            black_box(plain(&rows[0]));
        }
        Work::Save => {
            let rows = query(client, prepared, (Sql::Find, tenant), by_id).await;
            black_box(plain(&rows[0]));
            query(client, prepared, (Sql::Update, tenant), saved).await;
        }
        Work::Transaction => {
            let tx = client.transaction().await.expect("it begins");
            let rows = query(&tx, prepared, (Sql::Find, tenant), by_id).await;
            black_box(plain(&rows[0]));
            query(&tx, prepared, (Sql::Update, tenant), saved).await;
            tx.commit().await.expect("it ends");
        }
    }
}

/// The work through tenantry.
pub(crate) struct Ours {
    runtime: Runtime,
    db: tasks::Database,
}

impl Ours {
    pub(crate) fn new(config: &postgres::Config, options: Options) -> Self {
        let runtime = runtime();
        let db = runtime.block_on(tasks::Database::connect_with(config, NoTls, options));
        let db = db.expect("the server is there");
        Self { runtime, db }
    }
}

impl Contender for Ours {
    fn run(&mut self, slice: Slice) {
        let Self { runtime, db } = self;
        runtime.block_on(async {
            for unit in slice.numbers() {
                let key = TenantKey::new(tenant_name(slice.tenant(unit))).expect("a valid key");
                let mut scope = db.tenant(&key).await.expect("a tenant");
                for (id, number) in slice.rows(unit) {
                    let done = ours(&mut scope, slice.work, id, number).await;
                    done.expect("it works");
                }
            }
        });
    }
}

async fn ours(
    scope: &mut tasks::TenantScope,
    work: Work,
    id: i64,
    number: i32,
) -> tenantry::Result<()> {
    match work {
        Work::Find => drop(black_box(Item::find(id).one(scope).await?)),
        Work::List => {
            let many = Item::query().filter(Item::ID.le(100));
            drop(black_box(many.all(scope).await?));
        }
        Work::Join => {
            let few = Item::query().filter(Item::ID.le(20));
            drop(black_box(few.join(Item::CATEGORY).all(scope).await?));
        }
        Work::Insert => {
            let new = Item::insert(new_item(number));
            drop(black_box(new.returning(scope).await?));
        }
        Work::Save => {
            let mut item = Item::find(id).one(scope).await?;
            item.quantity = number;
            item.save(scope).await?;
        }
        Work::Transaction => {
            scope
                .transaction(async |tx| {
                    let mut item = Item::find(id).one(tx).await?;
                    item.quantity = number;
                    item.save(tx).await
                })
                .await?;
        }
    }
    Ok(())
}
