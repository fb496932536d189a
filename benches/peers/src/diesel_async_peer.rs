//! The work through diesel-async.

use std::hint::black_box;

use diesel::prelude::{ExpressionMethods as _, QueryDsl as _, QueryResult, SelectableHelper as _};
use diesel_async::{
    AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _,
};
use tokio::runtime::Runtime;

use crate::schema::{Category, Item, NewItem, categories, items};
use crate::unit::{Slice, Work};

pub(crate) fn new(url: &str) -> impl crate::Peer + use<> {
    let runtime = crate::runtime();
    let client = runtime.block_on(AsyncPgConnection::establish(url));
    let client = client.expect("the server is there");
    DieselAsync { runtime, client }
}

struct DieselAsync {
    runtime: Runtime,
    client: AsyncPgConnection,
}

impl crate::Peer for DieselAsync {
    fn run(&mut self, slice: Slice) {
        let Self { runtime, client } = self;
        runtime.block_on(async {
            for unit in slice.numbers() {
                let select = crate::select(slice.tenant(unit));
                let selected = client.batch_execute(&select).await;
                selected.expect("the tenant is there");
                for (id, number) in slice.rows(unit) {
                    work(client, slice.work, id, number)
                        .await
                        .expect("it works");
                }
            }
        });
    }
}

async fn work(client: &mut AsyncPgConnection, work: Work, id: i64, number: i32) -> QueryResult<()> {
    match work {
        Work::Find => {
            let one = items::table.find(id).select(Item::as_select());
            black_box(one.first(client).await?);
        }
        Work::List => {
            let many = items::table
                .filter(items::id.le(100))
                .select(Item::as_select());
            black_box(many.load(client).await?);
        }
        Work::Join => {
            let few = items::table
                .inner_join(categories::table)
                .filter(items::id.le(20));
            let few = few.select((Item::as_select(), Category::as_select()));
            black_box(few.load::<(Item, Category)>(client).await?);
        }
        Work::Insert => {
            let insert = diesel::insert_into(items::table).values(NewItem::new(number));
            black_box(
                insert
                    .returning(Item::as_returning())
                    .get_result(client)
                    .await?,
            );
        }
        Work::Save => save(client, id, number).await?,
        Work::Transaction => {
            client
                .transaction(async |tx| save(tx, id, number).await)
                .await?;
        }
    }
    Ok(())
}

async fn save(client: &mut AsyncPgConnection, id: i64, number: i32) -> QueryResult<()> {
    let one = items::table.find(id).select(Item::as_select());
    black_box(one.first(client).await?);
    let row = diesel::update(items::table.find(id));
    row.set(items::quantity.eq(number)).execute(client).await?;
    Ok(())
}
