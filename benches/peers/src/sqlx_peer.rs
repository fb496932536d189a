//! The work through sqlx.

use std::hint::black_box;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, Connection as _, FromRow, PgConnection};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::unit::{Slice, Work};

#[derive(FromRow)]
#[expect(dead_code, reason = "that it is made is the point")]
struct Item {
    id: i64,
    name: String,
    quantity: i32,
    weight: f64,
    is_active: bool,
    due: NaiveDate,
    made_at: DateTime<Utc>,
    code: Uuid,
    note: Option<String>,
    category: i64,
}

#[derive(FromRow)]
#[expect(dead_code, reason = "that it is made is the point")]
struct Pair {
    #[sqlx(flatten)]
    item: Item,
    category_name: String,
}

const FIND: &str = "SELECT id, name, quantity, weight, is_active, due, made_at, code, note, category FROM items WHERE id = $1";
const LIST: &str = "SELECT id, name, quantity, weight, is_active, due, made_at, code, note, category FROM items WHERE id <= $1";
const JOIN: &str = "SELECT i.id, i.name, i.quantity, i.weight, i.is_active, i.due, i.made_at, i.code, i.note, i.category, \
                    c.name AS category_name FROM items AS i JOIN categories AS c ON c.id = i.category WHERE i.id <= $1";
const INSERT: &str = "INSERT INTO items (name, quantity, weight, is_active, due, made_at, code, category) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
                      RETURNING id, name, quantity, weight, is_active, due, made_at, code, note, category";
const UPDATE: &str = "UPDATE items SET quantity = $2 WHERE id = $1";

pub(crate) fn new(url: &str) -> impl crate::Peer + use<> {
    let runtime = crate::runtime();
    let client = runtime.block_on(PgConnection::connect(url));
    let client = client.expect("the server is there");
    Sqlx { runtime, client }
}

struct Sqlx {
    runtime: Runtime,
    client: PgConnection,
}

impl crate::Peer for Sqlx {
    fn run(&mut self, slice: Slice) {
        let Self { runtime, client } = self;
        runtime.block_on(async {
            for unit in slice.numbers() {
                let select = AssertSqlSafe(crate::select(slice.tenant(unit)));
                let selected = sqlx::raw_sql(select).execute(&mut *client).await;
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

async fn work(client: &mut PgConnection, work: Work, id: i64, number: i32) -> sqlx::Result<()> {
    match work {
        Work::Find => {
            let one = sqlx::query_as::<_, Item>(FIND).bind(id);
            black_box(one.fetch_one(client).await?);
        }
        Work::List => {
            black_box(
                sqlx::query_as::<_, Item>(LIST)
                    .bind(100_i64)
                    .fetch_all(client)
                    .await?,
            );
        }
        Work::Join => {
            black_box(
                sqlx::query_as::<_, Pair>(JOIN)
                    .bind(20_i64)
                    .fetch_all(client)
                    .await?,
            );
        }
        Work::Insert => {
            let insert = sqlx::query_as::<_, Item>(INSERT)
                .bind("new")
                .bind(number)
                .bind(0.5_f64)
                .bind(true)
                .bind(NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day"))
                .bind(DateTime::UNIX_EPOCH)
                .bind(Uuid::from_u128(u128::from(number.unsigned_abs())))
                .bind(7_i64);
            black_box(insert.fetch_one(client).await?);
        }
        Work::Save => save(client, id, number).await?,
        Work::Transaction => {
            let mut tx = client.begin().await?;
            save(&mut tx, id, number).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

async fn save(client: &mut PgConnection, id: i64, number: i32) -> sqlx::Result<()> {
    let one = sqlx::query_as::<_, Item>(FIND).bind(id);
    black_box(one.fetch_one(&mut *client).await?);
    sqlx::query(UPDATE)
        .bind(id)
        .bind(number)
        .execute(client)
        .await?;
    Ok(())
}
