//! Deleted rows that stay in their table: how they are changed, brought back and removed, and what is unique.

use tenantry::exec::blocking;
use tenantry::migrate::Choices;
use tenantry::prelude::*;
use tenantry::query::{FoundOrInserted, Update, Upserted, excluded};
use tenantry::{Error, ErrorKind};

use crate::given::Given;
use crate::soft_delete::{Customer, Invoice, Label, NewLabel, ann, names, new, shop};

#[test]
fn many_rows_are_deleted_updated_brought_back_and_removed() {
    let mut shop = shop();
    let scope = &mut shop.acme;
    let deleted = Customer::delete_where(Customer::NAME.eq("Ann"));
    assert_eq!(deleted.execute(scope).unwrap(), 1);
    let first = ann(scope).deleted_at;
    let deleted = Customer::delete_where(Customer::everything())
        .returning(scope)
        .unwrap();
    assert_eq!(names(&deleted), ["Bob"], "Ann is deleted already");
    assert!(deleted[0].deleted_at.is_some());
    assert_eq!(ann(scope).deleted_at, first);
    let set = |update: Update<Customer>| update.set(Customer::CITY, "Rome");
    let all = || Customer::update_where(Customer::everything());
    assert_eq!(set(all()).execute(scope).unwrap(), 0);
    assert_eq!(set(all().only_deleted()).execute(scope).unwrap(), 2);
    let back = Customer::update_where(Customer::NAME.eq("Bob")).only_deleted();
    let back = back.set(Customer::DELETED_AT, None).execute(scope);
    assert_eq!(back.unwrap(), 1);
    assert_eq!(set(all()).execute(scope).unwrap(), 1);
    assert_eq!(set(all().with_deleted()).execute(scope).unwrap(), 2);

    // For good, rows go as the database lets them.
    let purge = || Customer::delete_where(Customer::DELETED_AT.is_not_null()).permanently();
    let error = purge().execute(scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKey, "{error}");
    let invoices = Invoice::delete_where(Invoice::CENTS.eq(10));
    assert_eq!(invoices.permanently().execute(scope).unwrap(), 1);
    assert_eq!(purge().returning(scope).unwrap()[0].name, "Ann");
    assert_eq!(Customer::query().with_deleted().count(scope).unwrap(), 1);
    Invoice::query().one(scope).unwrap().delete(scope).unwrap();
    let invoice = Invoice::query().only_deleted().one(scope).unwrap();
    invoice.delete_permanently(scope).unwrap();
    assert_eq!(Invoice::query().with_deleted().count(scope).unwrap(), 0);
}

#[test]
fn what_is_unique_is_so_among_rows_that_are_not_deleted() {
    let mut shop = shop();
    let scope = &mut shop.acme;
    let city = Customer::update_where(Customer::everything()).set(Customer::CITY, "Rome");
    city.execute(scope).unwrap();
    let error = Customer::insert(new("Ann")).execute(scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unique, "{error}");
    let mut old = ann(scope);
    old.clone().delete(scope).unwrap();
    old.reload(scope).unwrap();
    let again = new("Ann").city(Some("Rome".to_owned()));
    let fresh = Customer::insert(again).returning(scope).unwrap();
    let error = old.restore(scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unique, "{error}");
    // An upsert meets the row that is there.
    let upsert = Customer::insert(new("Ann")).on_conflict(Customer::EMAIL);
    let met = upsert
        .set(Customer::CODE, excluded(Customer::CODE) + 7)
        .outcome(scope)
        .unwrap();
    assert!(
        matches!(&met, Upserted::Updated(row) if row.id == fresh.id && row.code == 7),
        "{met:?}"
    );
    let pair = new("Ann").city(Some("Rome".to_owned()));
    let pair = Customer::insert(pair).on_conflict((Customer::NAME, Customer::CITY));
    assert!(
        matches!(pair.get_or_insert(scope).unwrap(), FoundOrInserted::Found(row) if row.id == fresh.id)
    );
    // And none that is not.
    met.into_row().delete(scope).unwrap();
    let upsert = Customer::insert(new("Ann"))
        .on_conflict(Customer::EMAIL)
        .do_nothing();
    let third = upsert
        .returning(scope)
        .unwrap()
        .expect("nobody else is called so");
    assert_eq!(
        Customer::query()
            .with_deleted()
            .filter(Customer::NAME.eq("Ann"))
            .count(scope)
            .unwrap(),
        3
    );
    third.delete(scope).unwrap();
    let many = ["Ann", "Bob"].map(new);
    let many = Customer::insert_many(many)
        .on_conflict(Customer::EMAIL)
        .update(Customer::NAME);
    assert_eq!(many.returning(scope).unwrap().len(), 2);
    let found = Customer::insert(new("Ann")).on_conflict(Customer::EMAIL);
    assert!(!found.get_or_insert(scope).unwrap().is_new());
    ann_that_is_there(scope).delete(scope).unwrap();
    let found = Customer::insert(new("Ann")).on_conflict(Customer::EMAIL);
    assert!(found.get_or_insert(scope).unwrap().is_new());
}

fn ann_that_is_there(scope: &mut TenantScope) -> Stored<Customer> {
    let query = Customer::query().filter(Customer::NAME.eq("Ann"));
    query.one(scope).unwrap()
}

#[test]
fn a_key_is_that_of_all_rows() {
    let mut shop = shop();
    let scope = &mut shop.acme;
    Label::insert(NewLabel::new("a")).execute(scope).unwrap();
    Label::find("a").one(scope).unwrap().delete(scope).unwrap();
    let error = Label::insert(NewLabel::new("a"))
        .execute(scope)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unique, "{error}");
    let found = Label::insert(NewLabel::new("a")).on_conflict(Label::NAME);
    let found = found.get_or_insert(scope).unwrap();
    assert!(!found.is_new() && found.into_row().deleted_on.is_some());
    let back = Label::insert(NewLabel::new("a")).on_conflict(Label::NAME);
    let back = back.set(Label::DELETED_ON, None).returning(scope).unwrap();
    assert_eq!(back.deleted_on, None);
    assert!(Label::find("a").exists(scope).unwrap());
}

#[test]
fn a_row_that_somebody_else_has_deleted_is_stale() {
    let mut shop = shop();
    let scope = &mut shop.acme;
    let mut invoices = Invoice::query()
        .order_by(Invoice::ID.asc())
        .all(scope)
        .unwrap();
    let mut first = invoices[0].clone();
    first.clone().delete(scope).unwrap();
    let stale = |result: tenantry::Result<()>| {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    };
    stale(first.clone().delete(scope));
    first.cents = 1;
    stale(first.save(scope));
    for invoice in &mut invoices {
        invoice.cents += 1;
    }
    stale(Invoice::save_all(&mut invoices, scope).map(drop));
    let changes = [(invoices[0].id, 5), (invoices[1].id, 6)];
    let error = Invoice::update_many(Invoice::CENTS, changes)
        .execute(scope)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    // A row that was loaded as deleted is saved as such.
    let mut first = Invoice::find(first.id).with_deleted().one(scope).unwrap();
    first.cents = 3;
    first.save(scope).unwrap();
    let mut both = Invoice::query().with_deleted().all(scope).unwrap();
    for invoice in &mut both {
        invoice.cents = 4;
    }
    assert_eq!(Invoice::save_all(&mut both, scope).unwrap(), 2);
    first.reload(scope).unwrap();
    first.restore(scope).unwrap();
    assert_eq!((first.deleted_at, first.cents), (None, 4));
    first.restore(scope).unwrap();
    // With a version, whoever has an older one does not delete.
    let (old, mut now) = (ann(scope), ann(scope));
    now.city = Some("Rome".to_owned());
    now.save(scope).unwrap();
    stale(old.clone().delete(scope));
    stale(old.delete_permanently(scope));
    // A row of one tenant is that of no other.
    let error = now.delete(&mut shop.globex).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignRow, "{error}");
}

/// Runs in a transaction that is rolled back.
fn undone(scope: &mut TenantScope, work: impl FnOnce(&mut TenantScope) -> Result<(), Error>) {
    let outcome: Result<(), Option<Error>> = scope.transaction_with_error(|tx| {
        work(tx).unwrap();
        Err(None)
    });
    assert!(outcome.unwrap_err().is_none());
}

#[test]
fn what_was_rolled_back_is_done_again() {
    let mut shop = shop();
    let scope = &mut shop.acme;
    let mut row = ann(scope);
    undone(scope, |tx| row.clone().delete(tx));
    assert_eq!(ann(scope).deleted_at, None);
    row.clone().delete(scope).unwrap();
    row.reload(scope).unwrap();
    undone(scope, |tx| row.restore(tx));
    assert!(ann(scope).deleted_at.is_some());
    row.restore(scope).unwrap();
    assert_eq!(ann(scope).deleted_at, None);
    assert_eq!(row, ann(scope));
}

mod before {
    use super::*;

    #[tenant_model(unique(name, city))]
    pub(super) struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub email: String,
        pub name: String,
        pub city: Option<String>,
    }
}

mod after {
    use super::*;

    #[tenant_model(unique(name, city), unique(email, filter = "TRUE", name = "ever"))]
    pub(super) struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub email: String,
        pub name: String,
        pub city: Option<String>,
        #[field(soft_delete)]
        pub deleted_at: Option<Timestamp>,
    }
}

#[test]
fn a_model_learns_to_keep_its_deleted_rows() {
    let rows = "INSERT INTO {t}.customers (email, name) VALUES ('a@x', 'Ann'), ('b@x', 'Bob')";
    let mut given = Given::new(&[before::Customer::DEF], rows);
    given.become_(&[after::Customer::DEF], &Choices::new());
    let indexes = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'acme' AND indexdef LIKE '%UNIQUE%' ORDER BY indexname";
    let found = given.finds(indexes);
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(
        found[0].ends_with("(email) WHERE (deleted_at IS NULL)"),
        "{found:?}"
    );
    assert!(
        found[1].ends_with("(name, city) WHERE (deleted_at IS NULL)"),
        "{found:?}"
    );
}

#[test]
fn a_model_forgets_to_keep_its_deleted_rows() {
    let rows = "INSERT INTO {t}.customers (email, name) VALUES ('a@x', 'Ann')";
    let mut given = Given::new(&[after::Customer::DEF], rows);
    given.become_(&[before::Customer::DEF], &Choices::new());
}

#[tokio::test]
async fn tasks_delete_and_bring_back_the_same() {
    let (database, key) = blocking(|| {
        let shop = shop();
        (shop.database, TenantKey::new("acme").unwrap())
    });
    let db = tenantry::tokio::Database::connect(database.url())
        .await
        .unwrap();
    let mut scope = db.tenant(&key).await.unwrap();
    let query = || Customer::query().filter(Customer::NAME.eq("Ann"));
    let row = query().one(&mut scope).await.unwrap();
    let id = row.id;
    row.delete(&mut scope).await.unwrap();
    assert_eq!(query().count(&mut scope).await.unwrap(), 0);
    assert!(
        Customer::find(id)
            .optional(&mut scope)
            .await
            .unwrap()
            .is_none()
    );
    let mut row = Customer::find(id)
        .with_deleted()
        .one(&mut scope)
        .await
        .unwrap();
    row.restore(&mut scope).await.unwrap();
    assert_eq!(query().count(&mut scope).await.unwrap(), 1);
    // A future that is dropped before it is polled has deleted nothing.
    drop(row.clone().delete(&mut scope));
    assert_eq!(query().count(&mut scope).await.unwrap(), 1);
    row.delete(&mut scope).await.unwrap();
    let invoices = Invoice::delete_where(Invoice::everything()).permanently();
    assert_eq!(invoices.execute(&mut scope).await.unwrap(), 2);
    let purge = Customer::delete_where(Customer::DELETED_AT.is_not_null()).permanently();
    assert_eq!(purge.execute(&mut scope).await.unwrap(), 1);
}
