//! The work over the blocking driver: by hand, and through tenantry.

use std::collections::HashMap;
use std::hint::black_box;

use postgres::{Client, GenericClient, NoTls, Row, Statement};
use tenantry::prelude::*;
use tenantry::scope::Options;

use super::contender::Contender;
use super::models::{Item, new_item, plain, plain_pair};
use super::sql::{Bound, NewRow, Sql};
use super::unit::{Slice, Work, tenant_name};
use crate::server::connect;

/// Prepared statements by what they do, and for which tenant.
type Prepared = HashMap<(Sql, usize), Statement>;

/// The work by hand.
pub(crate) struct ByHand {
    client: Client,
    /// None where each statement is sent with its text.
    prepared: Option<Prepared>,
}

impl ByHand {
    pub(crate) fn new(url: &str, is_prepared: bool) -> Self {
        Self {
            client: connect(url),
            prepared: is_prepared.then(Prepared::new),
        }
    }
}

/// Runs a statement of a tenant.
fn query(
    client: &mut impl GenericClient,
    prepared: &mut Option<Prepared>,
    (sql, tenant): (Sql, usize),
    bound: &Bound<'_>,
) -> Vec<Row> {
    let Some(prepared) = prepared else {
        return client
            .query_typed(&sql.text(tenant), bound)
            .expect("an answer");
    };
    let statement = prepared.entry((sql, tenant)).or_insert_with(|| {
        let types: Vec<_> = bound.iter().map(|(_, of)| of.clone()).collect();
        client
            .prepare_typed(&sql.text(tenant), &types)
            .expect("a valid statement")
    });
    let values: Vec<_> = bound.iter().map(|(value, _)| *value).collect();
    client.query(statement, &values).expect("an answer")
}

impl Contender for ByHand {
    fn run(&mut self, slice: Slice) {
        use postgres::types::Type;
        let Self { client, prepared } = self;
        for unit in slice.numbers() {
            let tenant = slice.tenant(unit);
            for (id, number) in slice.rows(unit) {
                let by_id: &Bound<'_> = &[(&id, Type::INT8)];
                let saved: &Bound<'_> = &[(&id, Type::INT8), (&number, Type::INT4)];
                match slice.work {
                    Work::Find => {
                        let rows = query(client, prepared, (Sql::Find, tenant), by_id);
                        black_box(plain(&rows[0]));
                    }
                    Work::List => {
                        let rows = query(
                            client,
                            prepared,
                            (Sql::List, tenant),
                            &[(&100_i64, Type::INT8)],
                        );
                        black_box(rows.iter().map(plain).collect::<Vec<_>>());
                    }
                    Work::Join => {
                        let rows = query(
                            client,
                            prepared,
                            (Sql::Join, tenant),
                            &[(&20_i64, Type::INT8)],
                        );
                        black_box(rows.iter().map(plain_pair).collect::<Vec<_>>());
                    }
                    Work::Insert => {
                        let new = NewRow::new(number);
                        let rows = query(client, prepared, (Sql::Insert, tenant), &new.bound());
                        black_box(plain(&rows[0]));
                    }
                    Work::Save => {
                        let rows = query(client, prepared, (Sql::Find, tenant), by_id);
                        black_box(plain(&rows[0]));
                        query(client, prepared, (Sql::Update, tenant), saved);
                    }
                    Work::Transaction => {
                        let mut tx = client.transaction().expect("it begins");
                        let rows = query(&mut tx, prepared, (Sql::Find, tenant), by_id);
                        black_box(plain(&rows[0]));
                        query(&mut tx, prepared, (Sql::Update, tenant), saved);
                        tx.commit().expect("it ends");
                    }
                }
            }
        }
    }
}

/// The work through tenantry.
pub(crate) struct Ours(Database);

impl Ours {
    pub(crate) fn new(config: &postgres::Config, options: Options) -> Self {
        Self(Database::connect_with(config, NoTls, options).expect("the server is there"))
    }
}

impl Contender for Ours {
    fn run(&mut self, slice: Slice) {
        for unit in slice.numbers() {
            let key = TenantKey::new(tenant_name(slice.tenant(unit))).expect("a valid key");
            let mut scope = self.0.tenant(&key).expect("a tenant");
            for (id, number) in slice.rows(unit) {
                work(&mut scope, slice.work, id, number).expect("it works");
            }
        }
    }
}

fn work(scope: &mut TenantScope, work: Work, id: i64, number: i32) -> tenantry::Result<()> {
    match work {
        Work::Find => drop(black_box(Item::find(id).one(scope)?)),
        Work::List => drop(black_box(
            Item::query().filter(Item::ID.le(100)).all(scope)?,
        )),
        Work::Join => {
            let few = Item::query().filter(Item::ID.le(20));
            drop(black_box(few.join(Item::CATEGORY).all(scope)?));
        }
        Work::Insert => drop(black_box(Item::insert(new_item(number)).returning(scope)?)),
        Work::Save => {
            let mut item = Item::find(id).one(scope)?;
            item.quantity = number;
            item.save(scope)?;
        }
        Work::Transaction => scope.transaction(|tx| {
            let mut item = Item::find(id).one(tx)?;
            item.quantity = number;
            item.save(tx)
        })?,
    }
    Ok(())
}
