//! The work through diesel.

use std::hint::black_box;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

use crate::schema::{Category, Item, NewItem, categories, items};
use crate::unit::{Slice, Work};

pub(crate) fn new(url: &str) -> impl crate::Peer + use<> {
    Diesel(PgConnection::establish(url).expect("the server is there"))
}

struct Diesel(PgConnection);

impl crate::Peer for Diesel {
    fn run(&mut self, slice: Slice) {
        for unit in slice.numbers() {
            let selected = self.0.batch_execute(&crate::select(slice.tenant(unit)));
            selected.expect("the tenant is there");
            for (id, number) in slice.rows(unit) {
                work(&mut self.0, slice.work, id, number).expect("it works");
            }
        }
    }
}

fn work(client: &mut PgConnection, work: Work, id: i64, number: i32) -> QueryResult<()> {
    match work {
        Work::Find => {
            black_box(
                items::table
                    .find(id)
                    .select(Item::as_select())
                    .first(client)?,
            );
        }
        Work::List => {
            let many = items::table.filter(items::id.le(100));
            black_box(many.select(Item::as_select()).load(client)?);
        }
        Work::Join => {
            let few = items::table
                .inner_join(categories::table)
                .filter(items::id.le(20));
            black_box(
                few.select((Item::as_select(), Category::as_select()))
                    .load::<(Item, Category)>(client)?,
            );
        }
        Work::Insert => {
            let insert = diesel::insert_into(items::table).values(NewItem::new(number));
            black_box(insert.returning(Item::as_returning()).get_result(client)?);
        }
        Work::Save => save(client, id, number)?,
        Work::Transaction => client.transaction(|tx| save(tx, id, number))?,
    }
    Ok(())
}

fn save(client: &mut PgConnection, id: i64, number: i32) -> QueryResult<()> {
    black_box(
        items::table
            .find(id)
            .select(Item::as_select())
            .first(client)?,
    );
    diesel::update(items::table.find(id))
        .set(items::quantity.eq(number))
        .execute(client)?;
    Ok(())
}
