//! Pages in an order through references whose rows are gone.

use tenantry::Database;
use tenantry::prelude::*;
use tenantry::query::Cursor;
use tenantry::testing::TestDb;
use tenantry_tests::chain_of;

/// A topic of books, for all tenants.
#[shared_model]
#[derive(Debug, Clone, PartialEq)]
struct Topic {
    #[field(key)]
    id: i64,
    name: String,
}

#[tenant_model]
#[derive(Debug, Clone, PartialEq)]
struct Book {
    #[field(key)]
    id: i64,
    #[field(constraint = false, on_delete = "cascade")]
    topic: Fk<Topic>,
}

/// Nine books of three topics, the middle one of which somebody has deleted behind our back.
fn books() -> (TestDb, TenantScope) {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    let chain = chain_of(&[Topic::DEF, Book::DEF]);
    db.migrator(chain).run().unwrap();
    let mut shared = db.shared().unwrap();
    let topics = ["a", "b", "c"].map(NewTopic::new);
    let topics = Topic::insert_many(topics).returning(&mut shared).unwrap();
    let key = TenantKey::new("acme").unwrap();
    db.tenants().create(&key).unwrap();
    let mut acme = db.tenant(&key).unwrap();
    let books = (0..9).map(|n| NewBook::new(topics[n % 3].key()));
    Book::insert_many(books).execute(&mut acme).unwrap();
    let mut client = database.connect();
    let sql = "SELECT pg_catalog.format('DELETE FROM %I.%I WHERE name = %L', schemaname, tablename, 'b') \
               FROM pg_catalog.pg_tables WHERE tablename = $1";
    let delete = client.query_one(sql, &[&Topic::DEF.table]).unwrap();
    client.batch_execute(delete.get(0)).unwrap();
    (database, acme)
}

type Ordered = fn(Query<Book>) -> Query<Book>;

const ORDERS: [Ordered; 6] = [
    |query| query.order_by(Book::TOPIC.by(Topic::NAME.asc())),
    |query| query.order_by(Book::TOPIC.by(Topic::NAME.desc())),
    |query| query.order_by(Book::TOPIC.by(Topic::NAME.asc().nulls_first())),
    |query| query.order_by(Book::TOPIC.by(Topic::NAME.desc().nulls_last())),
    |query| query.order_by(Book::TOPIC.to(Topic::NAME).asc()),
    |query| query.order_by((Book::TOPIC.to(Topic::ID) + 1).desc()),
];

#[test]
fn rows_whose_reference_leads_nowhere_are_on_a_page_as_the_others_are() {
    let (_database, mut acme) = books();
    for (place, order) in ORDERS.iter().enumerate() {
        let query = || order(Book::query());
        let ids = |rows: Vec<Stored<Book>>| rows.iter().map(|row| row.id).collect::<Vec<_>>();
        let (mut onwards, mut after) = (Vec::new(), None::<Cursor>);
        loop {
            let page = query().keyset(2).after(&after).all(&mut acme).unwrap();
            onwards.extend(ids(page.rows));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let mut all = onwards.clone();
        all.sort_unstable();
        assert_eq!(
            all,
            (1..=9).collect::<Vec<_>>(),
            "order {place}: {onwards:?}"
        );
        let last = query().keyset(8).all(&mut acme).unwrap().next;
        let last = query().keyset(8).after(&last).all(&mut acme).unwrap();
        let (mut back, mut before) = (ids(last.rows), last.previous);
        while before.is_some() {
            let page = query().keyset(2).before(&before).all(&mut acme).unwrap();
            back.splice(0..0, ids(page.rows));
            before = page.previous;
        }
        assert_eq!(back, onwards, "order {place}");
    }
}
