//! Deleted rows that stay in their table: where they are left out, and how they are asked for.

use tenantry::Database;
use tenantry::across::SeesAllTenants;
use tenantry::prelude::*;
use tenantry::query::{Many, Related, count};
use tenantry::testing::TestDb;
use tenantry_tests::chain_of;

#[tenant_model(unique(name, city), unique(name = "codes", code, filter = "code > 0"))]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Customer {
    #[field(key)]
    pub(crate) id: i64,
    #[field(unique)]
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) city: Option<String>,
    #[field(default = 0)]
    pub(crate) code: i32,
    #[field(version)]
    pub(crate) version: i64,
    #[field(soft_delete, column = "end")]
    pub(crate) deleted_at: Option<Timestamp>,
}

#[tenant_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Invoice {
    #[field(key)]
    pub(crate) id: i64,
    #[field(inverse = "invoices")]
    pub(crate) customer: Fk<Customer>,
    #[field(inverse = "referred")]
    pub(crate) referrer: Option<Fk<Customer>>,
    pub(crate) cents: i64,
    #[field(soft_delete)]
    pub(crate) deleted_at: Option<Timestamp>,
}

#[tenant_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Label {
    #[field(key, given)]
    pub(crate) name: String,
    #[field(soft_delete)]
    pub(crate) deleted_on: Option<Date>,
}

#[tenant_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Labeling {
    #[field(key)]
    pub(crate) id: i64,
    #[field(inverse = "labelings", on_delete = "cascade")]
    pub(crate) invoice: Fk<Invoice>,
    #[field(inverse = "labelings")]
    pub(crate) label: Fk<Label>,
    #[field(soft_delete)]
    pub(crate) deleted_at: Option<Timestamp>,
}

pub(crate) struct Shop {
    pub(crate) database: TestDb,
    pub(crate) db: Database,
    pub(crate) acme: TenantScope,
    pub(crate) globex: TenantScope,
}

/// Tenants of which `acme` has two customers with an invoice each, `Ann` and `Bob`.
pub(crate) fn shop() -> Shop {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    let models = [Customer::DEF, Invoice::DEF, Label::DEF, Labeling::DEF];
    db.migrator(chain_of(&models)).run().unwrap();
    let scope = |key: &str| {
        let key = TenantKey::new(key).unwrap();
        db.tenants().create(&key).unwrap();
        db.tenant(&key).unwrap()
    };
    let (mut acme, globex) = (scope("acme"), scope("select"));
    for (name, cents) in [("Ann", 10), ("Bob", 20)] {
        let customer = Customer::insert(new(name)).returning(&mut acme).unwrap();
        let invoice = NewInvoice::new(&customer, cents).referrer(&customer);
        Invoice::insert(invoice).execute(&mut acme).unwrap();
    }
    Shop {
        database,
        db,
        acme,
        globex,
    }
}

pub(crate) fn new(name: &str) -> NewCustomer {
    NewCustomer::new(format!("{name}@x"), name)
}

pub(crate) fn ann(scope: &mut TenantScope) -> Stored<Customer> {
    let query = Customer::query().with_deleted();
    query.filter(Customer::NAME.eq("Ann")).one(scope).unwrap()
}

pub(crate) fn names(rows: &[Stored<Customer>]) -> Vec<&str> {
    rows.iter().map(|row| &*row.name).collect()
}

#[test]
fn a_deleted_row_is_left_out_wherever_rows_are_looked_for() {
    let mut shop = shop();
    let scope = &mut shop.acme;
    let id = ann(scope).id;
    ann(scope).delete(scope).unwrap();
    assert!(ann(scope).deleted_at.is_some());
    assert_eq!(ann(scope).version, 2, "a delete is a change");
    // Each is asked twice, since texts of queries are kept.
    for _ in 0..2 {
        let all = Customer::query().all(scope).unwrap();
        assert_eq!(names(&all), ["Bob"]);
        let both = Customer::query().with_deleted();
        let both = both.order_by(Customer::NAME.asc()).all(scope).unwrap();
        assert_eq!(names(&both), ["Ann", "Bob"]);
        let only = Customer::query().only_deleted().all(scope).unwrap();
        assert_eq!(names(&only), ["Ann"]);
        assert_eq!(Customer::query().count(scope).unwrap(), 1);
        assert_eq!(Customer::query().with_deleted().count(scope).unwrap(), 2);
        assert!(
            !Customer::query()
                .filter(Customer::ID.eq(id))
                .exists(scope)
                .unwrap()
        );
        assert!(Customer::query().only_deleted().exists(scope).unwrap());
        assert!(Customer::find(id).optional(scope).unwrap().is_none());
        assert!(!Customer::find(id).exists(scope).unwrap());
        assert!(Customer::find(id).with_deleted().exists(scope).unwrap());
        assert_eq!(
            Customer::find(id).with_deleted().one(scope).unwrap().name,
            "Ann"
        );
        let first = Customer::query()
            .order_by(Customer::NAME.asc())
            .first(scope);
        assert_eq!(first.unwrap().unwrap().name, "Bob");
        let either = Customer::ID.eq(id) | Customer::NAME.eq("Bob");
        assert_eq!(Customer::query().filter(either).count(scope).unwrap(), 1);
    }
    let some = Customer::query().select(Customer::NAME).distinct();
    assert_eq!(some.all(scope).unwrap(), ["Bob"]);
    let some = Customer::query().select((count(), Customer::NAME.min()));
    assert_eq!(some.one(scope).unwrap(), (1, Some("Bob".to_owned())));
    let some = Customer::query().group_by(Customer::CITY).select(count());
    assert_eq!(some.all(scope).unwrap(), [(None, 1)]);
    let limited = Customer::query().with_deleted().limit(5);
    assert_eq!(limited.select(count()).one(scope).unwrap(), 2);
    let some = Customer::query()
        .distinct_on(Customer::CITY)
        .all(scope)
        .unwrap();
    assert_eq!(names(&some), ["Bob"]);
    let query = Invoice::query().filter(
        Invoice::CUSTOMER
            .cast::<i64>()
            .in_query(Customer::query().select(Customer::ID)),
    );
    assert_eq!(query.count(scope).unwrap(), 1);
    let all = Customer::query().with_deleted().select(Customer::ID);
    let query = Invoice::query().filter(Invoice::CUSTOMER.cast::<i64>().in_query(all));
    assert_eq!(query.count(scope).unwrap(), 2);
    let page = Customer::query().page(1, 10).all(scope).unwrap();
    assert_eq!((names(&page.rows), page.total), (vec!["Bob"], 1));
    let mut from = None;
    let mut seen = Vec::new();
    loop {
        let pages = Customer::query()
            .with_deleted()
            .order_by(Customer::NAME.desc());
        let page = pages.keyset(1).after(from.as_ref()).all(scope).unwrap();
        seen.extend(page.rows.iter().map(|row| row.name.clone()));
        from = page.next;
        if from.is_none() {
            assert!(page.previous.is_some());
            break;
        }
    }
    assert_eq!(seen, ["Bob", "Ann"]);
    let locked = scope.transaction(|tx| Customer::query().for_update().all(tx));
    assert_eq!(names(&locked.unwrap()), ["Bob"]);
    let raw: Vec<i64> = scope
        .sql(sql!("SELECT count(*) FROM {Customer}"))
        .rows()
        .unwrap();
    assert_eq!(raw, [2], "SQL by hand sees all rows");
    assert_eq!(
        Customer::query()
            .with_deleted()
            .count(&mut shop.globex)
            .unwrap(),
        0
    );
}

#[test]
fn a_reference_leads_to_its_row_and_a_row_to_those_that_are_not_deleted() {
    let mut shop = shop();
    let scope = &mut shop.acme;
    let gone = ann(scope);
    gone.delete(scope).unwrap();
    let query = || Invoice::query().order_by(Invoice::CENTS.asc());
    let invoice = query().first(scope).unwrap().unwrap();
    assert_eq!(
        invoice.follow(Invoice::CUSTOMER, scope).unwrap().name,
        "Ann"
    );
    let pairs = query()
        .join(Invoice::CUSTOMER)
        .join(Invoice::REFERRER)
        .all(scope)
        .unwrap();
    let both = pairs
        .iter()
        .map(|(_, one, two)| (&*one.name, two.as_ref().map(|it| &*it.name)));
    assert_eq!(
        both.collect::<Vec<_>>(),
        [("Ann", Some("Ann")), ("Bob", Some("Bob"))]
    );
    let loaded = query()
        .with(Invoice::CUSTOMER)
        .with(Invoice::REFERRER)
        .all(scope)
        .unwrap();
    assert_eq!((loaded.len(), &*loaded[0].1.name), (2, "Ann"));
    assert_eq!(loaded[0].2.as_ref().unwrap().name, "Ann");
    let of_ann = Invoice::CUSTOMER.on(Customer::NAME.eq("Ann"));
    assert_eq!(query().filter(of_ann).count(scope).unwrap(), 1);
    let names = query()
        .select(Invoice::CUSTOMER.to(Customer::NAME))
        .all(scope);
    assert_eq!(names.unwrap(), ["Ann", "Bob"]);
    let live = Invoice::CUSTOMER.on(Customer::DELETED_AT.is_null());
    assert_eq!(query().filter(live).count(scope).unwrap(), 1);

    // The other way there are rows that are looked for.
    invoice.clone().delete(scope).unwrap();
    let mut gone = ann(scope);
    gone.restore(scope).unwrap();
    assert_eq!(gone.related(Customer::INVOICES).count(scope).unwrap(), 0);
    assert_eq!(
        gone.related(Customer::INVOICES)
            .with_deleted()
            .count(scope)
            .unwrap(),
        1
    );
    let customers = || Customer::query().order_by(Customer::NAME.asc());
    let with = customers().filter(Customer::INVOICES.exists());
    assert_eq!(with.count(scope).unwrap(), 1);
    let with = customers().filter(!Customer::INVOICES.any(Invoice::CENTS.gt(0)));
    assert_eq!(with.one(scope).unwrap().name, "Ann");
    let sums = customers()
        .select(Customer::INVOICES.of(Invoice::CENTS.sum()))
        .all(scope);
    assert_eq!(sums.unwrap(), [None, Some(Decimal::from(20))]);
    let counted = |rows: Vec<(Stored<Customer>, Vec<Stored<Invoice>>)>| {
        rows.iter().map(|(_, of)| of.len()).collect::<Vec<_>>()
    };
    assert_eq!(
        counted(customers().with(Customer::INVOICES).all(scope).unwrap()),
        [0, 1]
    );
    let limited = customers()
        .with(Customer::INVOICES.limit(3))
        .all(scope)
        .unwrap();
    assert_eq!(counted(limited), [0, 1]);
    let all = Customer::INVOICES.with_deleted();
    assert_eq!(counted(customers().with(all).all(scope).unwrap()), [1, 1]);
    let only = Customer::INVOICES
        .only_deleted()
        .filter(Invoice::CENTS.gt(0));
    assert_eq!(counted(customers().with(only).all(scope).unwrap()), [1, 0]);
}

#[test]
fn rows_between_and_behind_are_left_out_of_a_list() {
    let mut shop = shop();
    let scope = &mut shop.acme;
    let invoice = Invoice::query()
        .order_by(Invoice::ID.asc())
        .first(scope)
        .unwrap()
        .unwrap();
    for name in ["a", "b", "c"] {
        let label = Label::insert(NewLabel::new(name)).returning(scope).unwrap();
        let labeling = NewLabeling::new(&invoice, &label);
        Labeling::insert(labeling).execute(scope).unwrap();
    }
    Labeling::delete_where(Labeling::LABEL.eq("a"))
        .execute(scope)
        .unwrap();
    Label::find("b").one(scope).unwrap().delete(scope).unwrap();
    let mut labels = |relation: Related<Invoice, Label, Many>| {
        let loaded = Invoice::query()
            .filter(Invoice::ID.eq(invoice.id))
            .with(relation);
        let (_, labels) = loaded.one(scope).unwrap();
        labels
            .iter()
            .map(|label| label.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(labels(Invoice::LABELINGS.through(Labeling::LABEL)), ["c"]);
    let mut all = labels(
        Invoice::LABELINGS
            .with_deleted()
            .through(Labeling::LABEL)
            .with_deleted(),
    );
    all.sort();
    assert_eq!(all, ["a", "b", "c"]);
    assert_eq!(
        labels(Invoice::LABELINGS.only_deleted().through(Labeling::LABEL)),
        ["a"]
    );
    let labeling = Labeling::query()
        .filter(Labeling::LABEL.eq("b"))
        .one(scope)
        .unwrap();
    assert!(
        labeling
            .follow(Labeling::LABEL, scope)
            .unwrap()
            .deleted_on
            .is_some()
    );
}

#[test]
fn all_tenants_are_asked_without_deleted_rows() {
    let mut shop = shop();
    Customer::insert(new("Cid"))
        .execute(&mut shop.globex)
        .unwrap();
    ann(&mut shop.acme).delete(&mut shop.acme).unwrap();
    let mut fleet = shop.db.across(&Staff).unwrap();
    let all = Customer::query()
        .select(count())
        .across(&mut fleet)
        .unwrap();
    assert_eq!(all.whole().unwrap(), [2]);
    let all = Customer::query().order_by(Customer::NAME.asc()).limit(9);
    let only = all.clone().only_deleted().select(Customer::NAME);
    let only = only.across(&mut fleet).unwrap().whole().unwrap();
    assert_eq!(of_tenants(&only), [("acme", "Ann")]);
    let both = all.with_deleted().select(Customer::NAME);
    let both = both.across(&mut fleet).unwrap().whole().unwrap();
    assert_eq!(
        of_tenants(&both),
        [("acme", "Ann"), ("acme", "Bob"), ("select", "Cid")]
    );
}

fn of_tenants(rows: &[(TenantKey, String)]) -> Vec<(&str, &str)> {
    rows.iter()
        .map(|(key, name)| (key.as_str(), &**name))
        .collect()
}

/// Somebody of the provider's.
struct Staff;

impl SeesAllTenants for Staff {}
