//! Answers page by page, by cursors: every row once, in every order.

use tenantry::Database;
use tenantry::prelude::*;
use tenantry::query::{Cursor, case};
use tenantry::testing::TestDb;
use tenantry_tests::chain_of;

/// Where an entry is kept.
#[shared_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shelf {
    #[field(key)]
    pub id: i64,
    pub name: String,
    pub hint: Option<String>,
}

/// An entry of a list, with values of many types of which several are equal or null.
#[tenant_model(index(rank, id))]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    #[field(key)]
    pub id: i64,
    pub rank: i32,
    pub due: Option<Date>,
    pub note: Option<String>,
    pub price: Decimal,
    pub weight: f64,
    pub done: bool,
    pub shelf: Option<Fk<Shelf>>,
    #[field(inverse = "parts")]
    pub part_of: Option<Fk<Entry>>,
}

/// A database of lists, with the tenants `acme`, which has entries, and `globex`.
pub(crate) struct Lists {
    pub(crate) database: TestDb,
    pub(crate) db: Database,
    pub(crate) acme: TenantScope,
    pub(crate) globex: TenantScope,
}

pub(crate) fn lists() -> Lists {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    db.migrator(chain_of(&[Shelf::DEF, Entry::DEF]))
        .run()
        .unwrap();
    let mut shared = db.shared().unwrap();
    for (name, hint) in [("low", None), ("high", Some("ladder")), ("Low", None)] {
        let shelf = NewShelf::new(name).hint(hint.map(String::from));
        Shelf::insert(shelf).execute(&mut shared).unwrap();
    }
    let scope = |key: &str| {
        let key = TenantKey::new(key).unwrap();
        db.tenants().create(&key).unwrap();
        db.tenant(&key).unwrap()
    };
    let (mut acme, globex) = (scope("acme"), scope("globex"));
    let entries = (0..23).map(|n: i32| {
        let day = |day: i32| format!("2026-03-{:02}", day + 1).parse::<Date>().unwrap();
        let notes = ["", "Zoë", "a/b+c=", "'quoted'", "\"b\""];
        let note = usize::try_from(n).unwrap() % 6;
        NewEntry::new(
            n % 4 - 1,
            Decimal::new(i64::from(n % 5) * 1_000_001, 3),
            [0.1, f64::NAN, -0.0, f64::INFINITY, 0.0][usize::try_from(n % 5).unwrap()],
            n % 3 == 0,
        )
        .due((n % 4 > 0).then(|| day(n % 7)))
        .note(notes.get(note).map(|note| (*note).to_owned()))
        .shelf((n % 5 > 1).then(|| i64::from(n % 3) + 1).map(Fk::new))
        .part_of((n > 20).then(|| Fk::new(i64::from(n) - 5)))
    });
    Entry::insert_many(entries).execute(&mut acme).unwrap();
    Lists {
        database,
        db,
        acme,
        globex,
    }
}

type Ordered = fn(Query<Entry>) -> Query<Entry>;

/// Orders of every kind, the last direction of which the key follows.
const ORDERS: &[(&str, Ordered, bool)] = &[
    ("none", |q| q, false),
    ("one", |q| q.order_by(Entry::RANK.asc()), false),
    ("descending", |q| q.order_by(Entry::RANK.desc()), true),
    ("nulls last", |q| q.order_by(Entry::DUE.asc()), false),
    (
        "nulls first, descending",
        |q| q.order_by(Entry::DUE.desc()),
        true,
    ),
    (
        "nulls first, ascending",
        |q| q.order_by(Entry::DUE.asc().nulls_first()),
        false,
    ),
    (
        "nulls last, descending",
        |q| q.order_by(Entry::DUE.desc().nulls_last()),
        true,
    ),
    (
        "two alike",
        |q| q.order_by(Entry::DONE.asc()).order_by(Entry::RANK.asc()),
        false,
    ),
    (
        "two mixed",
        |q| q.order_by(Entry::DONE.desc()).order_by(Entry::RANK.asc()),
        false,
    ),
    (
        "null in the middle",
        |q| {
            let q = q.order_by(Entry::DONE.asc()).order_by(Entry::NOTE.desc());
            q.order_by(Entry::PRICE.asc())
        },
        false,
    ),
    (
        "two with nulls",
        |q| {
            let q = q.order_by(Entry::NOTE.asc().nulls_first());
            q.order_by(Entry::DUE.desc().nulls_last())
        },
        true,
    ),
    (
        "nulls first and last",
        |q| {
            let q = q.order_by(Entry::DUE.asc());
            q.order_by(Entry::NOTE.desc())
                .order_by(Entry::WEIGHT.desc())
        },
        true,
    ),
    (
        "floats that are no numbers",
        |q| q.order_by(Entry::WEIGHT.desc()),
        true,
    ),
    (
        "an expression with a value",
        |q| {
            let far = Entry::RANK * Entry::RANK - 1;
            q.order_by(far.desc()).order_by(Entry::NOTE.lower().asc())
        },
        false,
    ),
    (
        "a case",
        |q| q.order_by(case(Entry::DONE, 7).otherwise(Entry::RANK).asc()),
        false,
    ),
    (
        "a condition",
        |q| q.order_by(Entry::RANK.gt(0).desc()),
        true,
    ),
    (
        "a condition on what can be null",
        |q| q.order_by(Entry::NOTE.eq("Zoë").asc()),
        false,
    ),
    (
        "a column of a referenced row",
        |q| q.order_by(Entry::SHELF.by(Shelf::NAME.asc())),
        false,
    ),
    (
        "a nullable column of a referenced row",
        |q| {
            let q = q.order_by(Entry::SHELF.by(Shelf::HINT.desc().nulls_last()));
            q.order_by(Entry::SHELF.to(Shelf::NAME).desc())
        },
        true,
    ),
    ("a reference", |q| q.order_by(Entry::PART_OF.asc()), false),
    (
        "how many rows reference it",
        |q| q.order_by(Entry::PARTS.of(tenantry::query::count()).desc()),
        true,
    ),
];

/// All pages from a query's first to its last, and then back.
fn walk(
    query: &Query<Entry>,
    size: u64,
    scope: &mut TenantScope,
) -> (Vec<Vec<i64>>, Vec<Vec<i64>>) {
    let ids = |rows: Vec<Stored<Entry>>| rows.iter().map(|row| row.id).collect::<Vec<_>>();
    let (mut forwards, mut backwards) = (Vec::new(), Vec::new());
    let mut cursor: Option<Cursor> = None;
    loop {
        let page = query.clone().keyset(size).after(&cursor);
        let page = page.all(scope).unwrap();
        assert_eq!(page.previous.is_some(), !forwards.is_empty());
        forwards.push(ids(page.rows));
        assert!(forwards.len() < 50, "it never ends");
        if page.next.is_none() {
            cursor = page.previous;
            break;
        }
        cursor = page.next;
    }
    while let Some(at) = cursor {
        // As a browser sends it.
        let at: Cursor = at.to_string().parse().unwrap();
        let page = query.clone().keyset(size).before(&at).all(scope).unwrap();
        assert!(page.next.is_some());
        backwards.insert(0, ids(page.rows));
        assert!(backwards.len() < 50, "it never ends");
        cursor = page.previous;
    }
    (forwards, backwards)
}

#[test]
fn every_row_comes_once_in_every_order_forwards_and_backwards() {
    let mut lists = lists();
    for (name, ordered, descending) in ORDERS {
        let query = ordered(Entry::query());
        let by_key = if *descending {
            Entry::ID.desc()
        } else {
            Entry::ID.asc()
        };
        let all = query.clone().order_by(by_key).all(&mut lists.acme).unwrap();
        let all: Vec<i64> = all.iter().map(|entry| entry.id).collect();
        assert_eq!(all.len(), 23);
        for size in [1, 5, 23, u64::MAX] {
            let (forwards, backwards) = walk(&query, size, &mut lists.acme);
            assert_eq!(forwards.concat(), all, "{name}, by {size}");
            let full = forwards.iter().rev().skip(1);
            assert!(full.clone().all(|page| page.len() as u64 == size));
            assert_eq!(
                backwards.concat(),
                forwards[..forwards.len() - 1].concat(),
                "{name}, backwards by {size}"
            );
        }
    }
}

#[test]
fn projections_joined_and_related_rows_come_in_pages_too() {
    let mut lists = lists();
    let by_rank = Entry::query().order_by(Entry::RANK.desc());
    let page = by_rank
        .clone()
        .select((Entry::ID, Entry::PRICE / Decimal::from(7)))
        .keyset(3);
    let first = page.all(&mut lists.acme).unwrap();
    assert_eq!(first.rows.len(), 3);
    // What the order is made of need not be selected, and the selection may change.
    let names = by_rank
        .clone()
        .select(Entry::NOTE.coalesce("none"))
        .keyset(3);
    let second = names.after(&first.next).all(&mut lists.acme).unwrap();
    assert_eq!(second.rows.len(), 3);
    let joined = by_rank.clone().join(Entry::SHELF).join(Entry::PART_OF);
    let page = joined.keyset(50).all(&mut lists.acme).unwrap();
    let shelved = page.rows.iter().filter(|(_, shelf, _)| shelf.is_some());
    assert_eq!((page.rows.len(), shelved.count()), (23, 13));
    // Related rows are of the rows of the page.
    let related = by_rank.with(Entry::PARTS).with(Entry::SHELF);
    let page = related.clone().keyset(20).all(&mut lists.acme).unwrap();
    let rest = related.keyset(20).after(&page.next);
    let rest = rest.all(&mut lists.acme).unwrap();
    let parts = |rows: &[(Stored<Entry>, Vec<Stored<Entry>>, Option<Stored<Shelf>>)]| {
        rows.iter().map(|(_, parts, _)| parts.len()).sum::<usize>()
    };
    assert_eq!((page.rows.len(), rest.rows.len()), (20, 3));
    assert_eq!(parts(&page.rows) + parts(&rest.rows), 2);
}

#[test]
fn conditions_hold_on_all_pages_and_shared_rows_have_pages_in_both_scopes() {
    let mut lists = lists();
    let high = Entry::query().filter(Entry::SHELF.on(Shelf::NAME.eq("high")) | Entry::DONE);
    let high = high.order_by(Entry::DUE.asc());
    let all = high.clone().all(&mut lists.acme).unwrap().len();
    let (forwards, backwards) = walk(&high, 2, &mut lists.acme);
    assert_eq!(forwards.concat().len(), all);
    assert_eq!(backwards.len() + 1, forwards.len());
    let shelves = Shelf::query().order_by(Shelf::HINT.asc());
    let mut shared = lists.db.shared().unwrap();
    let first = shelves.clone().keyset(2).all(&mut shared).unwrap();
    let rest = shelves.clone().keyset(2).after(&first.next);
    assert_eq!(rest.all(&mut shared).unwrap().rows[0].name, "Low");
    let first = shelves.clone().keyset(2).all(&mut lists.acme).unwrap();
    let rest = shelves.keyset(2).after(&first.next).all(&mut lists.acme);
    assert_eq!(rest.unwrap().rows[0].name, "Low");
}

#[test]
fn rows_that_come_and_go_between_pages_make_no_other_come_twice_or_get_lost() {
    let mut lists = lists();
    let acme = &mut lists.acme;
    let query = Entry::query().order_by(Entry::DUE.desc().nulls_last());
    let all = query.clone().order_by(Entry::ID.desc()).all(acme).unwrap();
    let expected: Vec<i64> = all.iter().map(|entry| entry.id).collect();
    let (mut told, mut gone) = (Vec::new(), Vec::new());
    let mut cursor = None;
    loop {
        let page = query.clone().keyset(3).after(&cursor).all(acme).unwrap();
        told.extend(page.rows.iter().map(|entry| entry.id));
        let Some(next) = page.next else { break };
        // The row beside the position goes, one that is to come too, and a new one comes before.
        let mut doomed = vec![page.rows[2].id];
        doomed.extend(
            expected
                .iter()
                .rev()
                .find(|id| !told.contains(id) && !gone.contains(*id)),
        );
        for id in &doomed {
            Entry::delete_where(Entry::PART_OF.eq(*id) | Entry::ID.eq(*id))
                .execute(acme)
                .unwrap();
        }
        gone.extend(doomed);
        let early =
            NewEntry::new(0, Decimal::ONE, 0.0, false).due("2026-12-31".parse::<Date>().unwrap());
        Entry::insert(early).execute(acme).unwrap();
        cursor = Some(next);
    }
    let stayed = |id: &&i64| {
        let still = Entry::query()
            .filter(Entry::ID.eq(**id))
            .exists(acme)
            .unwrap();
        still || told.contains(id)
    };
    let expected: Vec<i64> = expected.iter().filter(stayed).copied().collect();
    assert_eq!(told, expected);
}

#[test]
fn a_page_that_is_empty_by_now_leads_back() {
    let mut lists = lists();
    let acme = &mut lists.acme;
    let query = Entry::query().order_by(Entry::RANK.asc());
    let first = query.clone().keyset(20).all(acme).unwrap();
    let last: Vec<i64> = {
        let page = query.clone().keyset(20).after(&first.next).all(acme);
        page.unwrap().rows.iter().map(|entry| entry.id).collect()
    };
    Entry::delete_where(Entry::ID.is_in(last) | Entry::PART_OF.is_not_null())
        .execute(acme)
        .unwrap();
    let left = query.clone().count(acme).unwrap();
    let empty = query
        .clone()
        .keyset(20)
        .after(&first.next)
        .all(acme)
        .unwrap();
    assert!(empty.rows.is_empty() && empty.next.is_none());
    let back = query
        .clone()
        .keyset(50)
        .before(&empty.previous)
        .all(acme)
        .unwrap();
    assert_eq!(back.rows.len(), usize::try_from(left).unwrap());
    assert!(back.previous.is_none() && back.next.is_none());
    Entry::delete_where(Entry::everything())
        .execute(acme)
        .unwrap();
    for page in [
        query.clone().keyset(20).after(&first.next),
        query.clone().keyset(20).before(&first.next),
        query.keyset(20),
    ] {
        let page = page.all(acme).unwrap();
        assert!(page.rows.is_empty() && page.next.is_none() && page.previous.is_none());
    }
}

#[test]
fn an_index_over_the_order_finds_the_page() {
    let lists = lists();
    let query = Entry::query()
        .order_by(Entry::RANK.desc())
        .order_by(Entry::ID.desc());
    let mut acme = lists.acme;
    let first = query.clone().keyset(5).all(&mut acme).unwrap();
    let (_, sent) =
        tenantry_tests::hear::sent(|| query.keyset(5).after(&first.next).all(&mut acme).unwrap());
    assert_eq!(sent.len(), 1, "{sent:#?}");
    // Both ways of the order are found in it: for the page, and for whether there is another before it.
    let mut client = lists.database.connect();
    let sql = ["9", "9", "1", "9", "9", "6"].iter().zip(1..);
    let sql = sql.fold(sent[0].clone(), |sql, (value, number)| {
        sql.replace(&format!("${number}"), value)
    });
    client
        .batch_execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
        .unwrap();
    let plan = client.query(&format!("EXPLAIN {sql}"), &[]).unwrap();
    let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
    for condition in [
        "(ROW(rank, id) < ROW(9, 9))",
        "(ROW(rank, id) >= ROW(9, 9))",
    ] {
        let is_there = |line: &String| line.contains("Index Cond") && line.contains(condition);
        assert!(plan.iter().any(is_there), "{plan:#?}");
    }
    assert!(!plan.iter().any(|line| line.contains("Sort")), "{plan:#?}");
}
