//! A tenant's rows in place of shared ones, in one list.

use futures_util::TryStreamExt;
use tenantry::across::SeesAllTenants;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::query::{Csv, Orders, count};
use tenantry::{ErrorKind, tokio as tasks};

use crate::overlay_parts::{
    CatalogProduct, Category, Label, NewOffer, NewOwnTax, NewProduct, Offered, OwnTax, PaidTax,
    Product, Remaining, Shop, own, skus,
};

/// Somebody of the provider's.
struct Staff;

impl SeesAllTenants for Staff {}

#[derive(Row, Debug, PartialEq)]
struct Line {
    sku: String,
    cents: i64,
    is_own: bool,
}

fn listed(scope: &mut TenantScope) -> Vec<String> {
    let query = Offered::query().order_by(Offered::SKU.asc());
    skus(&query.all(scope).unwrap())
}

fn remaining(scope: &mut TenantScope) -> Vec<String> {
    let query = Remaining::query().order_by(Remaining::SKU.asc());
    let skus = query.clone().select(Remaining::SKU).all(scope).unwrap();
    let count = usize::try_from(query.count(scope).unwrap()).unwrap();
    assert_eq!(count, skus.len());
    skus
}

#[test]
fn a_tenant_sees_its_own_row_or_else_the_shared_one() {
    let shop = Shop::new();
    let (mut acme, mut other) = (shop.open("acme"), shop.open("select"));
    own(&mut acme, "b", 250);
    own(&mut acme, "z", 50);
    assert_eq!(listed(&mut acme), ["a", "b!", "c", "z!"]);
    assert_eq!(listed(&mut other), ["a", "b", "c"]);
    let b = Offered::find("b").one(&mut acme).unwrap();
    assert_eq!(
        (&*b.offer.name, b.offer.cents, b.rank),
        ("Own b", 250, None)
    );
    assert_eq!(b.offer.label, Label::Plain);
    let a = Offered::find("a").one(&mut acme).unwrap();
    assert_eq!((&*a.offer.name, a.rank), ("Shared a", Some(1)));
    assert!(Offered::find("z").exists(&mut acme).unwrap());
    assert!(!Offered::find("z").exists(&mut other).unwrap());
    assert!(Offered::find("y").optional(&mut acme).unwrap().is_none());
    let error = Offered::find("y").one(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    let many = Offered::find_many(["z", "a", "y"]).order_by(Offered::SKU.asc());
    assert_eq!(skus(&many.all(&mut acme).unwrap()), ["a", "z!"]);
    // In a transaction it is its own, and a scope that only reads sees it.
    acme.transaction(|tx| {
        own(tx, "c", 1);
        let c = Offered::find("c").one(tx)?;
        assert!(c.is_own);
        Ok(())
    })
    .unwrap();
    let read = Offered::query().filter(Offered::IS_OWN);
    assert_eq!(read.count(&mut acme.read()).unwrap(), 3);
}

#[test]
fn a_query_is_one_statement() {
    let shop = Shop::new();
    let acme = shop.open("acme");
    let query = Remaining::query().filter(Remaining::NAME.eq("x")).limit(2);
    assert_eq!(
        query.to_sql(&acme).unwrap(),
        "SELECT \"remainings\".\"sku\", \"remainings\".\"what\", \"remainings\".\"category\" FROM (\
         SELECT (\"O\".\"select\")::text AS \"sku\", \"O\".\"order\" AS \"what\", \"O\".\"category\" AS \"category\" \
         FROM \"acme\".\"products\" AS \"O\" WHERE \"O\".\"gone_at\" IS NULL \
         UNION ALL (SELECT (\"S\".\"sku\")::text AS \"sku\", \"S\".\"order\" AS \"what\", \"S\".\"category\" AS \"category\" \
         FROM \"shared\".\"catalog\" AS \"S\" WHERE \"S\".\"deleted_at\" IS NULL \
         AND (NOT EXISTS(SELECT 1 FROM \"acme\".\"products\" AS \"O\" WHERE \"O\".\"select\" = \"S\".\"sku\" AND \"O\".\"gone_at\" IS NULL)) \
         AND (NOT EXISTS(SELECT 1 FROM \"acme\".\"products\" AS \"O\" WHERE \"O\".\"select\" = \"S\".\"sku\" AND \"O\".\"gone_at\" IS NOT NULL)))\
         ) AS \"remainings\" WHERE \"remainings\".\"what\" = $1 LIMIT $2"
    );
}

#[test]
fn a_deleted_row_has_the_shared_one_show_again_or_hides_it() {
    let shop = Shop::new();
    let mut acme = shop.open("acme");
    own(&mut acme, "a", 1).delete(&mut acme).unwrap();
    let mut b = own(&mut acme, "b", 1);
    own(&mut acme, "z", 1).delete(&mut acme).unwrap();
    assert_eq!(listed(&mut acme), ["a", "b!", "c"]);
    assert_eq!(remaining(&mut acme), ["b", "c"]);
    // A row in place of the deleted one.
    own(&mut acme, "a", 2);
    assert_eq!(listed(&mut acme), ["a!", "b!", "c"]);
    assert_eq!(remaining(&mut acme), ["a", "b", "c"]);
    let key = b.key();
    b.delete(&mut acme).unwrap();
    assert_eq!(remaining(&mut acme), ["a", "c"]);
    b = Product::find(key).with_deleted().one(&mut acme).unwrap();
    b.restore(&mut acme).unwrap();
    assert_eq!(remaining(&mut acme), ["a", "b", "c"]);
    assert_eq!(remaining(&mut shop.open("select")), ["a", "b", "c"]);
    let mut shared = shop.db.shared().unwrap();
    CatalogProduct::delete_where(CatalogProduct::SKU.is_in(["b", "c"]))
        .execute(&mut shared)
        .unwrap();
    assert_eq!(listed(&mut acme), ["a!", "b!"]);
    assert_eq!(remaining(&mut shop.open("select")), ["a"]);
}

#[test]
fn the_whole_list_is_filtered_ordered_and_paged() {
    let shop = Shop::new();
    let mut acme = shop.open("acme");
    own(&mut acme, "b", 100);
    own(&mut acme, "y", 100);
    own(&mut acme, "z", 500);
    let by_price = Offered::query().order_by(Offered::CENTS.desc());
    let dear = by_price.clone().filter(Offered::CENTS.ge(300));
    assert_eq!(skus(&dear.all(&mut acme).unwrap()), ["z!", "a"]);
    let second = by_price.clone().limit(1).offset(1);
    assert_eq!(skus(&second.all(&mut acme).unwrap()), ["a"]);
    // Three have one price, so that the key decides; the pages go across both tables, and back.
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let page = by_price.clone().keyset(2).after(&cursor);
        let page = page.all(&mut acme).unwrap();
        all.extend(skus(&page.rows));
        if page.next.is_none() {
            let back = by_price.clone().keyset(2).before(&page.previous);
            let back = back.all(&mut acme).unwrap();
            assert_eq!(skus(&back.rows), ["y!", "c"]);
            break;
        }
        cursor = page.next;
    }
    assert_eq!(all, ["z!", "a", "y!", "c", "b!"]);
    let page = by_price.page(2, 2).all(&mut acme).unwrap();
    assert_eq!(
        (page.total, skus(&page.rows)),
        (5, vec!["y!".into(), "c".into()])
    );
    let lines = Offered::query().filter(Offered::LABEL.eq(Label::Plain));
    let lines = lines.order_by(Offered::SKU.asc()).limit(2);
    let lines = lines.select(SelectLine {
        sku: Offered::SKU,
        cents: Offered::CENTS,
        is_own: Offered::IS_OWN,
    });
    let line = |sku: &str, cents, is_own| Line {
        sku: sku.to_owned(),
        cents,
        is_own,
    };
    assert_eq!(
        lines.all(&mut acme).unwrap(),
        [line("a", 300, false), line("b", 100, true)]
    );
    let groups = Offered::query().group_by(Offered::IS_OWN);
    let groups = groups.order_by_key(Orders::asc);
    let groups = groups.select((count(), Offered::CENTS.sum()));
    let groups = groups.all(&mut acme).unwrap();
    assert_eq!(groups.len(), 2);
    assert_eq!((groups[0].0, groups[0].1.0), (false, 2));
    assert_eq!((groups[1].0, groups[1].1.0), (true, 3));
    let labels = Offered::query().select(Offered::LABEL).distinct();
    assert_eq!(labels.all(&mut acme).unwrap(), [Label::Plain]);
    let first = Offered::query().distinct_on(Offered::CENTS);
    let first = first.order_by(Offered::CENTS.asc());
    let first = first.order_by(Offered::SKU.desc());
    assert_eq!(skus(&first.all(&mut acme).unwrap()), ["y!", "a", "z!"]);
}

#[test]
fn a_list_is_a_part_of_other_queries() {
    let shop = Shop::new();
    let (mut acme, mut other) = (shop.open("acme"), shop.open("select"));
    own(&mut acme, "b", 9);
    let own_rows = Offered::query().filter(Offered::IS_OWN);
    let cheap = Offered::query().filter(Offered::CENTS.le(100));
    let both = own_rows.clone().union(cheap.clone());
    let both = both.order_by(Offered::SKU.asc());
    assert_eq!(skus(&both.all(&mut acme).unwrap()), ["b!", "c"]);
    let rest = Offered::query().except(own_rows);
    assert_eq!(rest.count(&mut acme).unwrap(), 2);
    let stocked = Product::query().filter(Product::SKU.in_query(cheap.select(Offered::SKU)));
    assert_eq!(stocked.count(&mut acme).unwrap(), 1);
    let once = Offered::query()
        .order_by(Offered::CENTS.asc())
        .limit(2)
        .once();
    let skus_of_once = once.query().select(Offered::SKU).all(&mut acme).unwrap();
    assert_eq!(skus_of_once.len(), 2);
    // What its rows reference, and the way back.
    let joined = Offered::query().order_by(Offered::SKU.asc());
    let joined = joined.join(Offered::CATEGORY).all(&mut acme).unwrap();
    let codes = joined
        .iter()
        .map(|(_, fruit)| fruit.as_ref().map(|it| &*it.code));
    assert_eq!(
        codes.collect::<Vec<_>>(),
        [Some("fruit"), None, Some("fruit")]
    );
    let fruit = Offered::CATEGORY.on(Category::CODE.eq("fruit"));
    let fruit = Offered::query().filter(fruit);
    assert_eq!(fruit.count(&mut acme).unwrap(), 2);
    let loaded = Offered::query().order_by(Offered::SKU.asc());
    let loaded = loaded.with(Offered::CATEGORY).all(&mut acme).unwrap();
    assert!(loaded[0].1.is_some() && loaded[1].1.is_none());
    let with_rows =
        Category::query().filter(Category::REMAINING.any(Remaining::NAME.eq("Shared a")));
    assert_eq!(with_rows.count(&mut acme).unwrap(), 1);
    let sorted = Category::REMAINING.order_by(Remaining::SKU.desc()).limit(2);
    let sorted = Category::query().with(sorted).one(&mut acme).unwrap();
    let skus: Vec<&str> = sorted.1.iter().map(|row| &*row.sku).collect();
    assert_eq!(skus, ["c", "a"]);
    let counted = Category::query().select(Category::REMAINING.of(count()));
    assert_eq!(counted.one(&mut acme).unwrap(), 2);
    let fruit = Category::find("fruit").one(&mut acme).unwrap();
    assert_eq!(
        fruit
            .related(Category::REMAINING)
            .count(&mut other)
            .unwrap(),
        3
    );
    let followed = loaded[0].0.follow(Offered::CATEGORY, &mut acme).unwrap();
    assert!(followed.is_some());
    let error = loaded[0]
        .0
        .follow(Offered::CATEGORY, &mut other)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignRow, "{error}");
}

#[test]
fn a_shared_row_becomes_the_tenants_own() {
    let shop = Shop::new();
    let mut acme = shop.open("acme");
    let mut seen = Offered::find("a").one(&mut acme).unwrap();
    let mut offer = seen.offer.clone();
    offer.cents = 290;
    let new = NewProduct::new(&*seen.sku, offer);
    Product::insert(new.stock(4)).execute(&mut acme).unwrap();
    assert!(!seen.is_own);
    seen.reload(&mut acme).unwrap();
    assert!(seen.is_own);
    assert_eq!((&*seen.offer.name, seen.offer.cents), ("Shared a", 290));
    assert!(seen.offer.category.is_some());
}

#[test]
fn the_key_has_several_fields() {
    let shop = Shop::new();
    let mut acme = shop.open("acme");
    let new = NewOwnTax::new("CH", Label::Organic, 2);
    OwnTax::insert(new).execute(&mut acme).unwrap();
    let rates = PaidTax::query().order_by(PaidTax::COUNTRY.asc());
    let rates = rates
        .order_by(PaidTax::PERCENT.asc())
        .all(&mut acme)
        .unwrap();
    let rates: Vec<_> = rates
        .iter()
        .map(|row| (&*row.country, row.percent))
        .collect();
    assert_eq!(rates, [("CH", 2), ("CH", 8), ("DE", 19), ("DE", 19)]);
    let rate = PaidTax::find(("CH", Label::Organic))
        .one(&mut acme)
        .unwrap();
    assert_eq!(rate.percent, 2);
    assert_eq!(rate.kind, Label::Organic);
    let pages = PaidTax::query().order_by(PaidTax::PERCENT.desc()).keyset(3);
    let page = pages.all(&mut acme).unwrap();
    assert!(page.rows.len() == 3 && page.next.is_some());
}

#[test]
fn all_tenants_are_asked_at_once_and_rows_are_copied() {
    let shop = Shop::new();
    let (mut acme, mut other) = (shop.open("acme"), shop.open("select"));
    own(&mut acme, "b", 9);
    own(&mut other, "z", 9);
    let mut fleet = shop.db.across(&Staff).unwrap();
    let rows = Offered::query().order_by(Offered::SKU.asc());
    let rows = rows.across(&mut fleet).unwrap();
    let told = rows.rows().iter();
    let told = told.map(|row| format!("{} {} {}", row.0, row.1.sku, row.1.is_own));
    let mut told: Vec<String> = told.collect();
    told.sort();
    assert_eq!(
        told,
        [
            "acme a false",
            "acme b true",
            "acme c false",
            "select a false",
            "select b false",
            "select c false",
            "select z true"
        ]
    );
    let sums = Offered::query().filter(Offered::IS_OWN).select(count());
    let sums = sums.by_tenant(&mut fleet).unwrap();
    assert_eq!(sums.rows().len(), 2);
    let mut file = Vec::new();
    let rows = Offered::query().order_by(Offered::SKU.asc());
    let rows = rows.select((Offered::SKU, Offered::NAME, Offered::IS_OWN));
    rows.copy_out(Csv::new())
        .write_to(&mut acme, &mut file)
        .unwrap();
    assert_eq!(
        String::from_utf8(file).unwrap(),
        "sku,order,is_own\na,Shared a,f\nb,Own b,t\nc,Shared c,f\n"
    );
    let mut told = 0;
    Offered::query()
        .for_each(&mut acme, |_| {
            told += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(told, 3);
}

#[test]
fn both_tables_are_read_by_their_indexes() {
    let shop = Shop::new();
    let mut acme = shop.open("acme");
    let fill = "INSERT INTO shared.catalog (sku, \"order\", cents) SELECT 's' || n, 'x', n FROM generate_series(1, 20000) n;\
        INSERT INTO acme.products (\"select\", \"order\", cents) SELECT 's' || n, 'y', n FROM generate_series(1, 20000, 3) n;\
        ANALYZE shared.catalog; ANALYZE acme.products";
    shop.database.connect().batch_execute(fill).unwrap();
    let by_key = Offered::query().filter(Offered::SKU.eq("s77"));
    let by_price = Offered::query().filter(Offered::CENTS.between(500, 510));
    let hidden = Remaining::query().filter(Remaining::SKU.is_in(["s77", "s78"]));
    for plan in [
        by_key.explain().text(&mut acme),
        by_price.explain().text(&mut acme),
        hidden.explain().text(&mut acme),
    ] {
        let plan = plan.unwrap();
        assert!(!plan.contains("Seq Scan"), "{plan}");
        assert!(
            plan.contains("on products") && plan.contains("on catalog"),
            "{plan}"
        );
    }
    // Where only one table can have such rows, the other is not read.
    let own_only = Offered::query().filter(Offered::IS_OWN.eq(true));
    let plan = own_only.explain().text(&mut acme).unwrap();
    assert!(!plan.contains("on catalog"), "{plan}");
}

#[test]
fn what_a_role_may_not_read_is_told_of_the_list() {
    let shop = Shop::new();
    let mut acme = shop.open("acme");
    let mut client = shop.database.connect();
    let role = "CREATE ROLE \"over'lay\"; GRANT USAGE ON SCHEMA acme, shared TO \"over'lay\"; GRANT SELECT ON acme.products TO \"over'lay\"";
    client.batch_execute(role).unwrap();
    let denied = acme.transaction(|tx| {
        tx.client()
            .batch_execute("SET LOCAL ROLE \"over'lay\"")
            .unwrap();
        Offered::query().count(tx)
    });
    let error = denied.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Permission, "{error}");
    assert!(error.to_string().contains("`Offered`"), "{error}");
    let rest = "DROP OWNED BY \"over'lay\"; DROP ROLE \"over'lay\"; DROP TABLE shared.catalog";
    client.batch_execute(rest).unwrap();
    let error = Offered::find("a").one(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingTable, "{error}");
}

#[tokio::test]
async fn tasks_read_the_list_the_same() {
    let (url, shop) = blocking(|| {
        let shop = Shop::new();
        own(&mut shop.open("acme"), "b", 9);
        (shop.database.url().to_owned(), shop)
    });
    let db = tasks::Database::connect(&url).await.unwrap();
    let mut acme = db.tenant(&TenantKey::new("acme").unwrap()).await.unwrap();
    let rows = Offered::query().order_by(Offered::SKU.asc());
    let rows = rows.all(&mut acme).await.unwrap();
    assert_eq!(skus(&rows), ["a", "b!", "c"]);
    let found = Offered::find("b").one(&mut acme).await.unwrap();
    assert_eq!(found.offer.cents, 9);
    let rows = Offered::query().order_by(Offered::SKU.asc());
    let rows: Vec<_> = rows.stream(&mut acme).try_collect().await.unwrap();
    assert_eq!(skus(&rows), ["a", "b!", "c"]);
    let new = NewProduct::new("c", NewOffer::new("Own c", 1));
    Product::insert(new).execute(&mut acme).await.unwrap();
    assert!(Offered::find("c").one(&mut acme).await.unwrap().is_own);
    drop(db);
    blocking(|| drop(shop));
}
