//! Customers of an application, from sign-up to their end.

use tenantry::ErrorKind;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::tenant::{NewTenant, TenantFilter, TenantState};
use tenantry_tests::fleet::key;

use crate::application::{
    Account, App, Invoice, Membership, NewInvoice, NewMembership, NewNote, NewVisit, Note, User,
    Visit,
};

#[test]
fn a_new_row_creates_its_tenant() {
    let app = App::new();
    let tenants = app.db.tenants();
    let acme = tenants.create(app.account("acme").plan("pro")).unwrap();
    assert_eq!(
        (acme.schema().as_str(), acme.state()),
        ("acme", TenantState::Active)
    );
    let mut scope = app.db.tenant(key("acme")).unwrap();
    let account = scope.row::<Account>().unwrap();
    assert_eq!((account.key.as_str(), &*account.plan), ("acme", "pro"));
    assert_eq!(account.follow(Account::OWNER, &mut scope).unwrap(), app.ann);
    assert_eq!(scope.read().row::<Account>().unwrap(), account);
    // More can be said of the tenant, and it is filled in the same transaction.
    let new = NewTenant::with_row(app.account("select"))
        .tag("trial")
        .token("4711");
    let (select, note) = tenants
        .create_with(new, |tx| {
            assert_eq!(tx.row::<Account>()?.plan, "free");
            Note::insert(NewNote::new("hello")).returning(tx)
        })
        .unwrap();
    assert_eq!(
        (select.tags(), &*note.text),
        (&["trial".to_owned()][..], "hello")
    );
    assert_eq!(app.accounts(), ["acme", "select"]);
    // The row is changed as any other.
    let mut shared = app.db.shared().unwrap();
    let mut account = Account::find(key("acme")).one(&mut shared).unwrap();
    account.plan = "max".to_owned();
    account.save(&mut shared).unwrap();
    assert_eq!(scope.row::<Account>().unwrap().plan, "max");
}

#[test]
fn a_sign_up_makes_the_owner_the_tenant_and_its_row_at_once() {
    let app = App::new();
    let sign_up = |email: &'static str, name: &'static str| {
        app.db.tenants().create_with(key(name), move |tx| {
            let key = tx.key().clone();
            let mut shared = tx.shared_mut();
            let user =
                User::insert(crate::application::NewUser::new(email)).returning(&mut shared)?;
            let account = crate::application::NewAccount::new(key, &user);
            let account = Account::insert(account).returning(&mut shared)?;
            let membership = NewMembership::new(&user, &account);
            Membership::insert(membership).execute(&mut shared)
        })
    };
    sign_up("bob@x.example", "acme").unwrap();
    let error = sign_up("bob@x.example", "globex").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unique, "{error}");
    assert_eq!(app.accounts(), ["acme"]);
}

#[test]
fn asked_again_it_gives_the_tenant_that_is_there() {
    let app = App::new();
    let tenants = app.db.tenants();
    let new = || NewTenant::with_row(app.account("acme")).token("4711");
    let first = tenants.create(new()).unwrap();
    assert_eq!(tenants.create(new()).unwrap(), first);
    assert_eq!(
        tenants
            .create_or_get(app.account("acme").plan("pro"))
            .unwrap(),
        first
    );
    let (found, ran) = tenants.create_or_get_with(new(), |_| Ok(())).unwrap();
    assert_eq!((found, ran), (first, None));
    let error = tenants.create(app.account("acme")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TenantExists, "{error}");
    let row = app
        .db
        .tenant(key("acme"))
        .unwrap()
        .row::<Account>()
        .unwrap();
    assert_eq!(row.plan, "free");
    assert_eq!(app.accounts(), ["acme"]);
}

#[test]
fn a_standby_becomes_a_tenant_with_a_row() {
    let app = App::new();
    let tenants = app.db.tenants();
    assert_eq!(tenants.refill_standbys(2).unwrap(), 2);
    assert_eq!(
        Account::query()
            .count(&mut app.db.shared().unwrap())
            .unwrap(),
        0
    );
    tenants.create(app.account("acme")).unwrap();
    tenants.create(app.account("Globex.example")).unwrap();
    assert_eq!(tenants.standbys().unwrap().ready, 0);
    tenants.create(app.account("initech")).unwrap();
    assert_eq!(app.accounts(), ["Globex.example", "acme", "initech"]);
}

#[test]
fn a_new_key_reaches_the_row_and_all_that_references_it() {
    let app = App::new();
    let tenants = app.db.tenants();
    tenants.create(app.account("acme")).unwrap();
    let mut scope = app.db.tenant(key("acme")).unwrap();
    let mut shared = app.db.shared().unwrap();
    let acme = scope.row::<Account>().unwrap();
    Membership::insert(NewMembership::new(&app.ann, &acme))
        .execute(&mut shared)
        .unwrap();
    Invoice::insert(NewInvoice::new(&acme, 100))
        .execute(&mut shared)
        .unwrap();
    tenants.rename(key("acme"), key("acme.example")).unwrap();
    assert_eq!(app.accounts(), ["acme.example"]);
    let invoice = Invoice::query().one(&mut shared).unwrap();
    let of = invoice.follow(Invoice::ACCOUNT, &mut shared).unwrap();
    assert_eq!(of.key.as_str(), "acme.example");
    // A scope that was opened before finds it, too.
    assert_eq!(scope.row::<Account>().unwrap(), of);
    // The accounts that Ann is a member of.
    let hers = Membership::query()
        .filter(Membership::USER.eq(&app.ann))
        .with(Membership::ACCOUNT)
        .all(&mut shared)
        .unwrap();
    assert_eq!(hers.len(), 1);
    assert_eq!(hers[0].1, of);
    let members = of.related(Account::MEMBERS).count(&mut shared).unwrap();
    assert_eq!(members, 1);
}

#[test]
fn suspending_leaves_the_row_and_dropping_takes_it() {
    let app = App::new();
    let tenants = app.db.tenants();
    for name in ["acme", "globex"] {
        tenants.create(app.account(name)).unwrap();
    }
    let mut shared = app.db.shared().unwrap();
    tenants.suspend(key("acme")).unwrap();
    let acme = Account::find(key("acme")).one(&mut shared).unwrap();
    Membership::insert(NewMembership::new(&app.ann, &acme))
        .execute(&mut shared)
        .unwrap();
    Visit::insert(NewVisit::new().account(&acme))
        .execute(&mut shared)
        .unwrap();
    let invoice = Invoice::insert(NewInvoice::new(&acme, 100))
        .returning(&mut shared)
        .unwrap();
    let error = tenants.drop(key("acme")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dependents, "{error}");
    let text = error.to_string();
    assert!(
        text.contains("`invoices`") && text.contains("help: "),
        "{text}"
    );
    assert_eq!(
        tenants.get(key("acme")).unwrap().state(),
        TenantState::Suspended
    );
    tenants.resume(key("acme")).unwrap();
    app.db.tenant(key("acme")).unwrap();
    // The references that would go or become null are there still, since nothing was changed.
    assert_eq!(Membership::query().count(&mut shared).unwrap(), 1);
    invoice.delete(&mut shared).unwrap();
    tenants.drop(key("acme")).unwrap();
    assert_eq!(Membership::query().count(&mut shared).unwrap(), 0);
    assert_eq!(Visit::query().one(&mut shared).unwrap().account, None);
    assert_eq!(app.accounts(), ["globex"]);
    // The key is free again, for another tenant with another row.
    tenants.create(app.account("acme").plan("pro")).unwrap();
    assert_eq!(app.accounts(), ["acme", "globex"]);
}

#[tokio::test]
async fn tasks_do_all_of_it_the_same() {
    let app = blocking(App::new);
    let db = tenantry::tokio::Database::connect(app.database.url())
        .await
        .unwrap();
    let tenants = db.tenants();
    tenants
        .create(app.account("acme").plan("pro"))
        .await
        .unwrap();
    let (_, plan) = tenants
        .create_with(app.account("globex"), async |tx| {
            Ok(tx.row::<Account>().await?.into_inner().plan)
        })
        .await
        .unwrap();
    assert_eq!(plan, "free");
    tenants.create_or_get(app.account("globex")).await.unwrap();
    let mut scope = db.tenant(key("acme")).await.unwrap();
    assert_eq!(scope.row::<Account>().await.unwrap().plan, "pro");
    tenants.rename(key("acme"), key("acme2")).await.unwrap();
    assert_eq!(scope.row::<Account>().await.unwrap().key, key("acme2"));
    let error = tenants.create(key("initech")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TenantRow, "{error}");
    // Whoever stops waiting for it has no tenant, and no row.
    let dropped = tenants.create_with(app.account("initech"), async |tx| {
        tx.row::<Account>().await?;
        std::future::pending::<()>().await;
        Ok(())
    });
    let waited = tokio::time::timeout(std::time::Duration::from_millis(200), dropped).await;
    assert!(waited.is_err());
    tenants.drop(key("acme2")).await.unwrap();
    let error = scope.row::<Account>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownTenant, "{error}");
    drop(scope);
    blocking(move || {
        tenantry_tests::wait::until("the creation is rolled back", || {
            !app.db
                .tenants()
                .list(&TenantFilter::default())
                .unwrap()
                .iter()
                .any(|it| it.key() == &key("initech"))
        });
        assert_eq!(app.accounts(), ["globex"]);
        drop(app);
    });
}
