//! Trees of rows, and queries that a statement computes once.

use tenantry::ErrorKind;
use tenantry::across::SeesAllTenants;
use tenantry::prelude::*;
use tenantry::query::count;
use tenantry::testing::TestDb;
use tenantry_tests::chain_of;

use super::stock::{Item, NewItem, store};

/// Whoever may ask all stores.
struct Owner;
impl SeesAllTenants for Owner {}

/// A category of goods; its table and columns need quotes.
#[tenant_model(table = "order")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Category {
    #[field(key)]
    pub id: i64,
    pub name: String,
    #[field(default = false)]
    pub hidden: bool,
    #[field(column = "group", inverse = "parts")]
    pub parent: Option<Fk<Category>>,
    #[field(soft_delete)]
    pub deleted_at: Option<Timestamp>,
}

struct World {
    _database: TestDb,
    db: Database,
}

/// All goods: shoes (boots (winter, summer), sandals), hats (caps).
fn world() -> (World, TenantScope) {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    db.migrator(chain_of(&[Category::DEF])).run().unwrap();
    let key = TenantKey::new("acme").unwrap();
    db.tenants().create(&key).unwrap();
    let mut acme = db.tenant(&key).unwrap();
    let new = [
        ("all", None),
        ("shoes", Some(1)),
        ("hats", Some(1)),
        ("boots", Some(2)),
        ("sandals", Some(2)),
        ("caps", Some(3)),
        ("winter", Some(4)),
        ("summer", Some(4)),
    ];
    for (name, parent) in new {
        let mut new = NewCategory::new(name);
        if let Some(parent) = parent {
            new = new.parent(parent);
        }
        Category::insert(new).execute(&mut acme).unwrap();
    }
    let world = World {
        _database: database,
        db,
    };
    (world, acme)
}

fn named(acme: &mut TenantScope, name: &str) -> Stored<Category> {
    Category::query()
        .filter(Category::NAME.eq(name))
        .one(acme)
        .unwrap()
}

fn told(acme: &mut TenantScope, query: Query<Category>) -> String {
    let depth = Category::PARENT.depth();
    let query = query
        .order_by(depth.clone().asc())
        .order_by(Category::NAME.asc());
    let rows = query.select((Category::NAME, depth)).all(acme).unwrap();
    let rows = rows.iter().map(|(name, depth)| format!("{name} {depth}"));
    rows.collect::<Vec<_>>().join(", ")
}

#[test]
fn rows_below_and_above_a_row_come_with_their_depths() {
    let (_world, mut acme) = world();
    let acme = &mut acme;
    let (shoes, winter) = (named(acme, "shoes"), named(acme, "winter"));
    let below = || Category::PARENT.descendants_of(&shoes);
    assert_eq!(
        told(acme, below().query()),
        "boots 1, sandals 1, summer 2, winter 2"
    );
    assert_eq!(told(acme, below().up_to(1).query()), "boots 1, sandals 1");
    assert_eq!(told(acme, below().up_to(0).query()), "");
    assert_eq!(
        told(acme, below().up_to(1).with_itself().query()),
        "shoes 0, boots 1, sandals 1"
    );
    let above = || Category::PARENT.ancestors_of(&winter);
    assert_eq!(told(acme, above().query()), "boots 1, shoes 2, all 3");
    assert_eq!(
        told(acme, above().up_to(2).with_itself().query()),
        "winter 0, boots 1, shoes 2"
    );
    // Of a key, of a leaf, and of a row that is not there.
    assert_eq!(
        told(acme, Category::PARENT.descendants_of(3).query()),
        "caps 1"
    );
    assert_eq!(
        told(acme, Category::PARENT.descendants_of(&winter).query()),
        ""
    );
    assert_eq!(
        told(
            acme,
            Category::PARENT.ancestors_of(99).with_itself().query()
        ),
        ""
    );
}

#[test]
fn a_tree_is_a_query_of_rows_as_any_other() {
    let (_world, mut acme) = world();
    let acme = &mut acme;
    let below = || Category::PARENT.descendants_of(2);
    let query = below().query();
    assert_eq!(query.clone().count(acme).unwrap(), 4);
    assert!(
        query
            .clone()
            .filter(Category::NAME.eq("winter"))
            .exists(acme)
            .unwrap()
    );
    let deepest = query.clone().select(Category::PARENT.depth().max());
    assert_eq!(deepest.one(acme).unwrap(), Some(2));
    let levels = query
        .clone()
        .group_by(Category::PARENT.depth())
        .order_by_key(|depth| depth.asc())
        .select(count());
    let levels = levels.all(acme).unwrap();
    assert_eq!(levels, [(1, 2), (2, 2)]);
    let with_parts = query
        .clone()
        .order_by(Category::ID.asc())
        .with(Category::PARTS)
        .all(acme);
    assert_eq!(with_parts.unwrap()[0].1.len(), 2);
    let pages = query
        .clone()
        .order_by(Category::PARENT.depth().desc())
        .keyset(3);
    let first = pages.clone().all(acme).unwrap();
    let second = pages.after(&first.next).all(acme).unwrap();
    assert_eq!((first.rows.len(), second.rows.len()), (3, 1));
    let hidden = Category::update_where(Category::ID.in_query(query.clone().select(Category::ID)));
    assert_eq!(hidden.set(Category::HIDDEN, true).execute(acme).unwrap(), 4);
    let mut boots = query
        .clone()
        .order_by(Category::ID.asc())
        .first(acme)
        .unwrap()
        .unwrap();
    boots.hidden = false;
    boots.save(acme).unwrap();
    // A row that is not walked along hides what is behind it.
    let seen = below().through(!Category::HIDDEN);
    assert_eq!(told(acme, seen.query()), "boots 1");
    let parents = below().through(Category::PARENT.on(Category::NAME.ne("boots")));
    assert_eq!(told(acme, parents.query()), "boots 1, sandals 1");
    let both = query.union(Category::PARENT.descendants_of(3).query());
    assert_eq!(both.clone().count(acme).unwrap(), 5);
    let depth = both.order_by(Category::PARENT.depth().asc()).all(acme);
    assert_eq!(depth.unwrap_err().kind(), ErrorKind::Configuration);
    let elsewhere = Category::query()
        .order_by(Category::PARENT.depth().asc())
        .all(acme);
    let elsewhere = elsewhere.unwrap_err();
    assert_eq!(elsewhere.kind(), ErrorKind::Configuration);
    assert!(
        elsewhere
            .to_string()
            .contains("help: ask in a query of `descendants_of`")
    );
}

#[test]
fn circles_end_and_deleted_rows_end_a_way_down() {
    let (world, mut acme) = world();
    let acme = &mut acme;
    let mut all = named(acme, "all");
    all.parent = Some(Fk::new(7));
    all.save(acme).unwrap();
    let below = Category::PARENT.descendants_of(7);
    assert_eq!(
        told(acme, below.clone().query()),
        "all 1, hats 2, shoes 2, boots 3, caps 3, sandals 3, summer 4"
    );
    assert_eq!(
        told(acme, below.up_to(1).with_itself().query()),
        "winter 0, all 1"
    );
    let above = Category::PARENT.ancestors_of(1).query();
    assert_eq!(told(acme, above), "winter 1, boots 2, shoes 3");
    named(acme, "boots").delete(acme).unwrap();
    let below = || Category::PARENT.descendants_of(2);
    assert_eq!(told(acme, below().query()), "sandals 1");
    let all = below().with_deleted().up_to(2);
    assert_eq!(
        told(acme, all.query()),
        "boots 1, sandals 1, summer 2, winter 2"
    );
    let above = Category::PARENT.ancestors_of(8).up_to(2).query();
    assert_eq!(told(acme, above), "boots 1, shoes 2");
    // Another tenant's row leads nowhere else.
    let key = TenantKey::new("globex").unwrap();
    world.db.tenants().create(&key).unwrap();
    let mut globex = world.db.tenant(&key).unwrap();
    let shoes = named(acme, "shoes");
    let error = Category::PARENT
        .descendants_of(&shoes)
        .query()
        .all(&mut globex);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::ForeignRow);
    assert_eq!(
        told(&mut globex, Category::PARENT.descendants_of(2).query()),
        ""
    );
}

#[test]
fn a_query_is_computed_once_and_read_in_several_places() {
    let mut store = store();
    let acme = &mut store.acme;
    let sums = Item::query()
        .group_by(Item::KIND)
        .select(Item::COUNT.sum())
        .once();
    let (kind, sum) = sums.outputs();
    let most = || sums.query().select(sum.clone().max()).scalar();
    let best = sums.query().filter(sum.clone().eq(most()));
    let rows: Vec<(Fk<super::stock::Kind>, Option<i64>)> = best.clone().all(acme).unwrap();
    assert_eq!((rows[0].0.key(), rows[0].1), (&1, Some(10)));
    let sql = best.to_sql(acme).unwrap();
    assert_eq!(
        sql.matches("SUM(").count() + sql.matches("sum(").count(),
        1,
        "{sql}"
    );
    assert!(sql.starts_with("WITH "), "{sql}");
    // In conditions of other queries, of changes, and of what else is made of it.
    let of_best = || Item::KIND.in_query(best.clone().select(kind.clone()));
    assert_eq!(Item::query().filter(of_best()).count(acme).unwrap(), 2);
    let changed = Item::update_where(of_best()).set(Item::SPECIAL, true);
    assert_eq!(changed.execute(acme).unwrap(), 2);
    let ordered = sums
        .query()
        .order_by(sum.clone().desc())
        .select((sum.clone() + 1, kind.clone()));
    assert_eq!(ordered.all(acme).unwrap()[1].0, Some(6));
    let rows = Item::query().order_by(Item::COUNT.desc()).limit(2).once();
    let both = rows
        .query()
        .filter(Item::NOTE.is_null())
        .union(rows.query().filter(Item::COUNT.eq(5)));
    let both = both
        .order_by(Item::ID.asc())
        .join(Item::KIND)
        .all(acme)
        .unwrap();
    assert_eq!(
        (both.len(), &*both[0].0.name, &*both[1].1.name),
        (2, "Blade", "toy")
    );
    let pairs = Item::query().join(Item::KIND).once();
    assert_eq!(
        pairs
            .query()
            .filter(Item::NAME.eq("Saw"))
            .one(acme)
            .unwrap()
            .1
            .name,
        "tool"
    );
    let deleted = Item::delete_where(
        Item::ID.in_query(rows.query().filter(Item::COUNT.eq(5)).select(Item::ID)),
    );
    assert_eq!(deleted.execute(acme).unwrap(), 1);
    // One that reads another.
    let again = sums.query().filter(sum.clone().gt(8)).once();
    assert_eq!(
        again.query().union_all(sums.query()).count(acme).unwrap(),
        3
    );
    let wrong = sums
        .query()
        .filter(Item::NAME.eq("Saw"))
        .all(acme)
        .unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Configuration);
}

#[test]
fn what_is_computed_once_is_computed_once_of_each_tenant() {
    let mut store = store();
    let mut globex = store.tenant("globex");
    let day: Date = "2026-01-01".parse().unwrap();
    let seen: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    for (name, count) in [("Doll", 90), ("Bat", 80)] {
        let new = NewItem::new(name, count, 0, Decimal::ONE, 1.0, 2, day, seen);
        Item::insert(new).execute(&mut globex).unwrap();
    }
    let mut fleet = store.database().across(&Owner).unwrap();
    let counts = Item::query().select(Item::COUNT).once();
    let most = || counts.query().order_by(Item::COUNT.desc()).limit(1);
    let best = || counts.query().filter(Item::COUNT.in_query(most()));
    let best_of_each = best().by_tenant(&mut fleet).unwrap().whole().unwrap();
    let told: Vec<_> = best_of_each
        .iter()
        .map(|(key, n)| (key.as_str(), *n))
        .collect();
    assert_eq!(told, [("acme", 7), ("globex", 90)]);
    let rest = counts
        .query()
        .except(best())
        .order_by(Item::COUNT.asc())
        .limit(2);
    let rest = rest.across(&mut fleet).unwrap().whole().unwrap();
    let told: Vec<_> = rest.iter().map(|(key, n)| (key.as_str(), *n)).collect();
    assert_eq!(told, [("acme", 0), ("acme", 3)]);
    let sum = best().select(Item::COUNT.sum()).across(&mut fleet).unwrap();
    assert_eq!(sum.whole().unwrap(), [Some(97)]);
    assert_eq!(best().count(&mut store.acme).unwrap(), 1);
    // Trees of each tenant, too.
    let parts = Item::PART_OF.descendants_of(1).with_itself().query();
    let parts = parts.select((Item::NAME, Item::PART_OF.depth()));
    let parts = parts.by_tenant(&mut fleet).unwrap().whole().unwrap();
    let roots: Vec<_> = parts.iter().filter(|(_, (_, depth))| *depth == 0).collect();
    assert_eq!((&*roots[0].1.0, &*roots[1].1.0), ("Saw", "Doll"));
}

#[test]
fn a_deep_tree_is_walked_to_its_end() {
    let (_world, mut acme) = world();
    let acme = &mut acme;
    let deep = (9..=1500_i64).map(|id| NewCategory::new(id.to_string()).parent(id - 1));
    Category::insert_many(deep).execute(acme).unwrap();
    let below = Category::PARENT.descendants_of(8).query();
    let deepest = below.clone().select(Category::PARENT.depth().max());
    assert_eq!(deepest.one(acme).unwrap(), Some(1492));
    let mut first = named(acme, "9");
    first.parent = Some(Fk::new(1500));
    first.save(acme).unwrap();
    let above = Category::PARENT.ancestors_of(9).query();
    assert_eq!(above.count(acme).unwrap(), 1491);
    let union = below.union(Category::PARENT.ancestors_of(1000).query());
    let locked = acme.transaction(|tx| union.clone().for_update().all(tx));
    assert_eq!(locked.unwrap_err().kind(), ErrorKind::Configuration);
    assert_eq!(union.count(acme).unwrap(), 1491);
}
