//! Whole numbers that are never negative, `u8` to `u32`, and numbers in a range of a type's own.

use std::num::NonZero;

use serde::{Deserialize, Serialize};
use tenantry::ErrorKind;
use tenantry::exec::blocking;
use tenantry::migrate::Choices;
use tenantry::prelude::*;
use tenantry::query::excluded;
use tenantry_tests::tables::{shared_table, shared_tables};

use crate::given::Given;

mod before {
    use super::*;

    #[tenant_model(table = "shelves")]
    pub(super) struct Shelf {
        #[field(key)]
        pub id: i64,
        pub level: i16,
        pub width: Option<i32>,
        #[field(default = 5)]
        pub items: u16,
        pub weights: Vec<i64>,
    }
}

mod after {
    use super::*;

    #[tenant_model(table = "shelves")]
    pub(super) struct Shelf {
        #[field(key)]
        pub id: i64,
        pub level: u8,
        #[field(default = 65_535)]
        pub width: Option<u16>,
        #[field(default = 4_294_967_295)]
        pub items: u32,
        #[field(default = "{0,4294967295}")]
        pub weights: Vec<u32>,
    }
}

#[test]
fn the_database_keeps_the_range_whatever_writes() {
    let mut given = Given::new(
        &[before::Shelf::DEF],
        "INSERT INTO {t}.shelves (level, width, weights) VALUES (255, 0, '{1}')",
    );
    given.become_(&[after::Shelf::DEF], &Choices::new());
    let types = "SELECT data_type FROM information_schema.columns WHERE table_schema = 'acme' \
                 AND table_name = 'shelves' ORDER BY column_name";
    assert_eq!(
        given.finds(types),
        ["bigint", "bigint", "smallint", "ARRAY", "integer"]
    );
    for set in [
        "level = 256",
        "level = -1",
        "width = 65536",
        "items = 4294967296",
        "weights = '{1,-1}'",
    ] {
        let refused = format!("UPDATE \"select\".shelves SET {set}");
        let error = given.client.batch_execute(&refused).unwrap_err();
        assert_eq!(error.code().unwrap().code(), "23514", "{set}");
    }
    given.run(
        "select",
        "UPDATE {t}.shelves SET width = NULL, weights = '{}'",
    );
}

#[test]
fn numbers_get_their_signs_back() {
    let mut given = Given::new(
        &[after::Shelf::DEF],
        "INSERT INTO {t}.shelves (level, items) VALUES (255, 7)",
    );
    given.become_(&[before::Shelf::DEF], &Choices::new());
    given.run(
        "acme",
        "UPDATE {t}.shelves SET level = -1, weights = '{-1}'",
    );
}

#[shared_model(table = "shelves", unique(level, width))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Shelf {
    #[field(key)]
    id: u32,
    level: u8,
    width: Option<u16>,
    items: u32,
    #[field(generated = "items * 2")]
    twice: u32,
    #[field(default = "{}")]
    weights: Vec<Option<u16>>,
    #[field(default = "{}")]
    measures: Vec<u16>,
    #[field(default = 1)]
    seats: NonZero<u16>,
    #[field(default = 7)]
    rank: Rank,
}

/// A place in a list.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Column)]
struct Rank(u8);

#[shared_model]
#[derive(Debug)]
struct Book {
    #[field(key)]
    id: i64,
    #[field(inverse = "books")]
    shelf: Fk<Shelf>,
}

#[derive(Debug, Row)]
struct Summary {
    level: u8,
    items: Option<i64>,
}

#[test]
fn values_at_the_edges_come_back_and_are_computed_with() {
    let (_database, mut scope) = shared_tables(&[Shelf::DEF, Book::DEF]);
    let low = Shelf::insert(NewShelf::new(0, 0)).returning(&mut scope);
    let low = low.unwrap();
    assert_eq!((low.id, low.width, low.seats.get()), (1, None, 1));
    assert_eq!(low.rank, Rank(7));
    let most = u32::MAX / 2;
    let high = NewShelf::new(u8::MAX, most)
        .width(u16::MAX)
        .weights(vec![Some(u16::MAX), None])
        .measures(vec![0, u16::MAX])
        .seats(NonZero::<u16>::MAX)
        .rank(Rank(u8::MAX));
    let mut high = Shelf::insert(high).returning(&mut scope).unwrap();
    assert_eq!((high.level, high.width), (u8::MAX, Some(u16::MAX)));
    assert_eq!(high.twice, u32::MAX - 1);
    assert_eq!(high.weights, [Some(u16::MAX), None]);
    assert_eq!(high, Shelf::find(high.id).one(&mut scope).unwrap());

    let mut count = |condition| Shelf::query().filter(condition).count(&mut scope).unwrap();
    assert_eq!(count(Shelf::LEVEL.gt(254)), 1);
    assert_eq!(count(Shelf::LEVEL.is_in([0, 255])), 2);
    assert_eq!(count(Shelf::WIDTH.eq(65_535)), 1);
    assert_eq!(
        count((Shelf::ITEMS - 1).lt(0)),
        1,
        "PostgreSQL's integers have a sign"
    );
    assert_eq!(count(Shelf::MEASURES.has(u16::MAX)), 1);
    assert_eq!(count((Shelf::LEVEL % 2).eq(1)), 1);
    let sum = Shelf::query().select((Shelf::LEVEL.sum(), Shelf::WIDTH.max()));
    assert_eq!(sum.one(&mut scope).unwrap(), (Some(255), Some(65_535)));
    let sum = Shelf::query().select(Shelf::ITEMS.sum());
    assert_eq!(sum.one(&mut scope).unwrap(), Some(Decimal::from(most)));
    let wide = Shelf::query().select(Shelf::ITEMS.cast::<i64>() + 1);
    let wide = wide.order_by(Shelf::ID.asc()).all(&mut scope).unwrap();
    assert_eq!(wide, [1, i64::from(most) + 1]);
    let raw = sql!("SELECT level, items FROM {Shelf} ORDER BY id");
    let rows: Vec<Summary> = scope.sql(raw).rows().unwrap();
    assert_eq!((rows[1].level, rows[1].items), (255, Some(i64::from(most))));

    let book = Book::insert(NewBook::new(&high))
        .returning(&mut scope)
        .unwrap();
    assert_eq!(book.follow(Book::SHELF, &mut scope).unwrap(), high);
    assert_eq!(
        Book::query()
            .filter(Book::SHELF.eq(high.id))
            .count(&mut scope)
            .unwrap(),
        1
    );
    let again = Shelf::insert(NewShelf::new(255, 1).width(65_535))
        .on_conflict((Shelf::LEVEL, Shelf::WIDTH))
        .set(Shelf::ITEMS, excluded(Shelf::ITEMS) + 1)
        .returning(&mut scope)
        .unwrap();
    assert_eq!((again.id, again.items), (high.id, 2));
    high = again;
    high.level = 3;
    high.save(&mut scope).unwrap();
    let json = serde_json::to_value(&*high).unwrap();
    assert_eq!(serde_json::from_value::<Shelf>(json).unwrap(), *high);
}

#[test]
fn pages_and_many_rows_are_as_those_of_other_numbers() {
    let (_database, mut scope) = shared_table::<Shelf>();
    let rows = (0..=u8::MAX).map(|level| NewShelf::new(level, u32::from(level)));
    Shelf::insert_many(rows).execute(&mut scope).unwrap();
    let pages = Shelf::query()
        .order_by(Shelf::LEVEL.desc())
        .order_by(Shelf::ITEMS.asc());
    let first = pages.clone().keyset(200).all(&mut scope).unwrap();
    let next = pages.keyset(200).after(first.next.as_ref());
    let next = next.all(&mut scope).unwrap();
    let levels: Vec<u8> = first
        .rows
        .iter()
        .chain(&next.rows)
        .map(|row| row.level)
        .collect();
    assert_eq!(levels, (0..=u8::MAX).rev().collect::<Vec<_>>());
    let values = [(1_u32, (9_u8, Some(8_u16))), (2, (7, None))];
    let changed = Shelf::update_many((Shelf::LEVEL, Shelf::WIDTH), values);
    assert_eq!(changed.execute(&mut scope).unwrap(), 2);
    assert_eq!(Shelf::find(1).one(&mut scope).unwrap().width, Some(8));
}

#[test]
fn what_is_out_of_range_is_refused_with_its_field() {
    let (_database, mut scope) = shared_table::<Shelf>();
    Shelf::insert(NewShelf::new(250, 5))
        .execute(&mut scope)
        .unwrap();
    let below = Shelf::update_where(Shelf::everything()).set(Shelf::ITEMS, Shelf::ITEMS - 6);
    let error = below.execute(&mut scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Check, "{error}");
    assert!(error.to_string().contains("shelves_items_check"), "{error}");
    for refused in [
        Shelf::query()
            .select(Shelf::LEVEL + 6)
            .one(&mut scope)
            .unwrap_err(),
        Shelf::query()
            .select(Shelf::LEVEL - 251)
            .one(&mut scope)
            .unwrap_err(),
    ] {
        assert_eq!(refused.kind(), ErrorKind::Decode, "{refused}");
        let text = refused.to_string();
        assert!(
            text.contains("from 0 to 255") && text.contains("help: "),
            "{text}"
        );
        assert!(!text.contains("256") && !text.contains("-1"), "{text}");
    }
    // A table that something else has made has no check.
    let raw = "ALTER TABLE shared.shelves DROP CONSTRAINT shelves_seats_check; UPDATE shared.shelves SET seats = 0";
    scope.client().batch_execute(raw).unwrap();
    let error = Shelf::query().one(&mut scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    assert!(error.to_string().contains("from 1 to 65535"), "{error}");
}

#[tokio::test]
async fn tasks_read_and_write_them_the_same() {
    let (database, scope) = blocking(shared_table::<Shelf>);
    blocking(|| drop(scope));
    let db = tenantry::tokio::Database::connect(database.url())
        .await
        .unwrap();
    let mut scope = db.shared();
    let new = NewShelf::new(255, 9).width(0);
    let one = Shelf::insert(new).returning(&mut scope).await.unwrap();
    let found = Shelf::query()
        .filter(Shelf::LEVEL.eq(255))
        .one(&mut scope)
        .await;
    assert_eq!(found.unwrap(), one);
}
