//! Rows that are read into structs with `#[derive(Row)]`.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry::query::count;

use super::stock::{Item, Kind, store};

#[derive(Row, Debug, PartialEq)]
struct Listed {
    name: String,
    note: Option<String>,
    kind: String,
    parts: i64,
}

/// A struct in a struct, under names of its own, and one with a parameter.
#[derive(Row, Debug, PartialEq)]
struct Offer<T> {
    #[row(column = "what")]
    item: String,
    price: T,
    #[row(prefix = "stock_")]
    stock: Stock,
}

#[derive(Row, Debug, PartialEq)]
struct Stock {
    count: i32,
    r#type: Fk<Kind>,
}

#[test]
fn a_query_gives_a_struct_of_what_is_selected_for_its_fields() {
    let mut store = store();
    let query = Item::query()
        .order_by(Item::NAME.asc())
        // In another order than that of the struct.
        .select(SelectListed {
            parts: Item::PARTS.of(count()),
            note: Item::NOTE,
            kind: Item::KIND.to(Kind::NAME),
            name: Item::NAME.upper(),
        });
    let rows: Vec<Listed> = query.clone().limit(1).all(&mut store.acme).unwrap();
    let ball = Listed {
        name: "BALL".to_owned(),
        note: None,
        kind: "toy".to_owned(),
        parts: 0,
    };
    assert_eq!(rows, [ball]);
    let first = query.clone().offset(3).one(&mut store.acme).unwrap();
    assert_eq!((&*first.name, first.parts), ("SAW", 1));
    let mut names = String::new();
    let each = query.for_each(&mut store.acme, |row: Listed| {
        names += &row.name;
        Ok(())
    });
    assert_eq!((each.unwrap(), &*names), (4, "BALLBEARBLADESAW"));
}

#[test]
fn structs_are_selected_within_structs_tuples_and_groups() {
    #[derive(Row, Debug, PartialEq)]
    struct Shelf {
        kind: Fk<Kind>,
        dear: bool,
    }
    #[derive(Row, Debug, PartialEq)]
    struct Totals {
        items: i64,
        most: Option<i32>,
    }
    let mut store = store();
    let stock = SelectStock {
        count: Item::COUNT,
        r#type: Item::KIND,
    };
    let offers = Item::query().order_by(Item::PRICE.asc()).select((
        Item::ID,
        SelectOffer {
            item: Item::NAME,
            price: Item::PRICE,
            stock,
        },
    ));
    let (id, offer): (i64, Offer<Decimal>) = offers.first(&mut store.acme).unwrap().unwrap();
    assert_eq!((id, &*offer.item, offer.stock.count), (3, "Ball", 0));

    // The keys of a group are a struct too, by whose fields it can be ordered.
    let shelves = Item::query()
        .group_by(SelectShelf {
            kind: Item::KIND,
            dear: Item::PRICE.gt(Decimal::from(10)),
        })
        .order_by_key(|shelf| shelf.dear.desc())
        .order_by_key(|shelf| shelf.kind.asc())
        .select(SelectTotals {
            items: count(),
            most: Item::COUNT.max(),
        });
    let shelves: Vec<(Shelf, Totals)> = shelves.all(&mut store.acme).unwrap();
    let told = shelves
        .iter()
        .map(|(shelf, totals)| (*shelf.kind.key(), shelf.dear, totals.items, totals.most));
    let expected = [
        (1, true, 1, Some(3)),
        (2, true, 1, Some(5)),
        (1, false, 1, Some(7)),
        (2, false, 1, Some(0)),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

#[test]
fn sql_by_hand_gives_a_struct_by_the_names_of_its_columns() {
    let mut store = store();
    let offers = sql!(
        r#"SELECT 'passed over' AS extra, {Item.kind} AS stock_type, {Item.price}::text AS price, {Item.count} AS stock_count,
           {Item.name} AS what FROM {Item} WHERE {Item.id} = $1"#
    );
    let ball: Offer<String> = store.acme.sql(offers).bind(3_i64).row().unwrap();
    assert_eq!((&*ball.item, &*ball.price), ("Ball", "1.00"));
    assert_eq!((ball.stock.count, *ball.stock.r#type.key()), (0, 2));
    // In a tuple: from the columns behind those of what is read before.
    let two =
        sql!("SELECT 1 AS count, 2::bigint AS type, 'x' AS note, 3 AS count, 4::bigint AS type");
    let (one, note, other): (Stock, String, Stock) = store.acme.sql(two).row().unwrap();
    assert_eq!((one.count, &*note, other.count), (1, "x", 3));
}

#[test]
fn stored_rows_are_fields_beside_what_is_computed_of_them() {
    #[derive(Row)]
    struct Ranked {
        place: i64,
        item: Stored<Item>,
        #[row(prefix = "whole_")]
        whole: Option<Stored<Item>>,
        sign: String,
    }
    let mut store = store();
    let ranked = sql!(
        "SELECT w.{Item.id} AS whole_id, w.{Item.name} AS whole_name, w.{Item.note} AS whole_note, w.{Item.count} AS whole_count,
            w.{Item.reserved} AS whole_reserved, w.{Item.sold} AS whole_sold, w.{Item.price} AS whole_price, w.{Item.weight} AS whole_weight,
            w.{Item.active} AS whole_active, w.{Item.special} AS whole_special, w.{Item.kind} AS whole_kind, w.{Item.part_of} AS whole_part_of,
            w.{Item.since} AS whole_since, w.{Item.seen} AS whole_seen,
            i.*, rank() OVER (ORDER BY i.{Item.price}) AS place, '!' AS sign
        FROM {Item} i LEFT JOIN {Item} w ON w.{Item.id} = i.{Item.part_of} ORDER BY place"
    );
    let rows: Vec<Ranked> = store.acme.sql(ranked).rows().unwrap();
    let names: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row.place,
                &*row.item.name,
                row.whole.as_ref().map(|whole| &*whole.name),
            )
        })
        .collect();
    let expected = [
        (1, "Ball", None),
        (2, "Blade", Some("Saw")),
        (3, "Saw", None),
        (4, "Bear", None),
    ];
    assert_eq!(names, expected);
    // Rows that know where they came from, so they can be saved.
    let Ranked { mut item, sign, .. } = rows.into_iter().next().unwrap();
    item.name += &sign;
    item.save(&mut store.acme).unwrap();
    assert!(
        Item::query()
            .filter(Item::NAME.eq("Ball!"))
            .exists(&mut store.acme)
            .unwrap()
    );
}

#[test]
fn a_statement_that_does_not_give_the_struct_is_told_with_its_column() {
    #[derive(Row, Debug)]
    #[expect(dead_code, reason = "it is never read whole")]
    struct Pair {
        left: Stock,
        right: Stock,
    }
    #[derive(Row, Debug)]
    #[expect(dead_code, reason = "it is never read whole")]
    struct Point {
        place: (i32, i32),
    }
    let mut store = store();
    let acme = &mut store.acme;
    let stock = |acme: &mut TenantScope, sql| acme.sql(sql).rows::<Stock>().unwrap_err();
    let missing = stock(acme, sql!("SELECT 1 AS count, 2::bigint AS kind"));
    let misspelt = stock(acme, sql!("SELECT 1 AS \"Count\", 2::bigint AS type"));
    let twice = stock(
        acme,
        sql!("SELECT 1 AS count, 2 AS count, 2::bigint AS type"),
    );
    let after = stock(
        acme,
        sql!("SELECT 1 AS count, 2::bigint AS type, 3 AS count"),
    );
    let null = stock(
        acme,
        sql!("SELECT NULL::integer AS count, 2::bigint AS type"),
    );
    let other = stock(
        acme,
        sql!("SELECT 'secret'::text AS count, 2::bigint AS type"),
    );
    let pair = sql!("SELECT 1 AS count, 2::bigint AS type");
    let pair = acme.sql(pair).rows::<Pair>().unwrap_err();
    let point = sql!("SELECT 1 AS x, 2 AS y");
    let point = acme.sql(point).rows::<Point>().unwrap_err();
    for (error, words) in [
        (missing, ["no column `type` of struct `Stock`", "select it"]),
        (
            misspelt,
            ["no column `count` of struct `Stock`", "select it"],
        ),
        (twice, ["two columns named `count`", "name the columns"]),
        (after, ["two columns named `count`", "name the columns"]),
        (
            null,
            ["field `count` of struct `Stock`: column `count`", "is null"],
        ),
        (
            other,
            [
                "field `count` of struct `Stock`: column `count`",
                "read it as `String`",
            ],
        ),
        (pair, ["two fields of struct `Pair`", "prefix"]),
        (
            point,
            ["field `place` of struct `Point` is a tuple", "derive(Row)"],
        ),
    ] {
        let told = error.to_string();
        assert_eq!(error.kind(), ErrorKind::Decode, "{told}");
        for word in words {
            assert!(told.contains(word), "{told}");
        }
        assert!(
            told.contains("help: ") && !told.contains("secret"),
            "{told}"
        );
    }
    // What does not fit hides no other.
    let some = sql!("SELECT n AS count, 2::bigint AS type FROM (VALUES (1), (NULL), (3)) AS v (n)");
    let rows = acme.sql(some).try_rows::<Stock>().unwrap();
    let fit: Vec<_> = rows
        .iter()
        .map(|row| row.as_ref().ok().map(|row| row.count))
        .collect();
    assert_eq!(fit, [Some(1), None, Some(3)]);
}
