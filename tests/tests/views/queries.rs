//! Everything that reads.

use tenantry::ErrorKind;
use tenantry::across::SeesAllTenants;
use tenantry::prelude::*;
use tenantry::query::{Orders, count};
use tenantry_tests::fleet::texts;

use crate::given::TENANTS;
use crate::shop::{Customer, CustomerSales, FreePlan, Freeloader, MODELS, NewInvoice, Plan, given};

struct Staff;

impl SeesAllTenants for Staff {}

fn key(tenant: &str) -> TenantKey {
    TenantKey::new(tenant).unwrap()
}

#[test]
fn a_view_is_queried_as_a_table_is() {
    let given = given(&MODELS);
    let db = Database::connect(given.url()).unwrap();
    for tenant in TENANTS {
        let mut scope = db.tenant(&key(tenant)).unwrap();
        rows(&mut scope);
        relations(&mut scope);
        pages(&mut scope);
        without_a_key(&mut scope);
        follows_its_tables(&mut scope);
    }
    let mut shared = db.shared().unwrap();
    let free = FreePlan::query().one(&mut shared).unwrap();
    assert_eq!(free.code, "free");
    drop(shared);
    let mut fleet = db.across(&Staff).unwrap();
    let all = CustomerSales::query().order_by(CustomerSales::INVOICES.desc());
    let all = all.across(&mut fleet).unwrap().whole().unwrap();
    assert_eq!(all.len(), 6);
    let all = Freeloader::query().across(&mut fleet).unwrap();
    assert_eq!(all.whole().unwrap().len(), 4, "Ann and Bob of each");
}

fn rows(scope: &mut TenantScope) {
    let ann = CustomerSales::find(1).one(scope).unwrap();
    assert_eq!((ann.name.as_str(), ann.invoices), ("Ann", 3));
    assert_eq!(ann.paid, Some(Decimal::new(1250, 2)));
    assert!(CustomerSales::find(9).optional(scope).unwrap().is_none());
    let bob = CustomerSales::query()
        .filter(CustomerSales::INVOICES.eq(0) & CustomerSales::PAID.is_null())
        .one(scope)
        .unwrap();
    assert_eq!(bob.name, "Bob");
    let names = CustomerSales::query()
        .order_by(CustomerSales::INVOICES.desc())
        .order_by(CustomerSales::NAME.asc())
        .select(CustomerSales::NAME)
        .all(scope)
        .unwrap();
    assert_eq!(names, ["Ann", "Cid", "Bob"]);
    let most = CustomerSales::query()
        .select(CustomerSales::INVOICES.max())
        .one(scope)
        .unwrap();
    assert_eq!(most, Some(3));
    let groups = CustomerSales::query()
        .group_by(CustomerSales::PLAN)
        .select(CustomerSales::INVOICES.sum())
        .all(scope)
        .unwrap();
    assert_eq!(groups.len(), 2);
    let raw =
        sql!("SELECT {CustomerSales.name} FROM {CustomerSales} WHERE {CustomerSales.id} = $1");
    let raw = scope.sql(raw).bind(3_i64).row::<String>().unwrap();
    assert_eq!(raw, "Cid");
    let mut streamed = Vec::new();
    let told = CustomerSales::query().order_by(CustomerSales::ID.asc());
    told.for_each(scope, |row| {
        streamed.push(row.id);
        Ok(())
    })
    .unwrap();
    assert_eq!(streamed, [1, 2, 3]);
}

fn relations(scope: &mut TenantScope) {
    let with = CustomerSales::query()
        .filter(CustomerSales::PLAN.on(Plan::CODE.eq("pro")))
        .with(CustomerSales::CUSTOMER)
        .all(scope)
        .unwrap();
    assert_eq!(with.len(), 1);
    let (sales, customer) = &with[0];
    assert_eq!((sales.name.as_str(), customer.id), ("Cid", 3));
    let back = Customer::query()
        .order_by(Customer::ID.asc())
        .with(Customer::SALES)
        .all(scope)
        .unwrap();
    let invoices: Vec<i64> = back.iter().map(|(_, sales)| sales[0].invoices).collect();
    assert_eq!(invoices, [3, 0, 1]);
    let busy = Customer::query()
        .filter(Customer::SALES.any(CustomerSales::INVOICES.gt(1)))
        .all(scope)
        .unwrap();
    assert_eq!(busy.len(), 1);
    let joined = CustomerSales::query()
        .join(CustomerSales::PLAN)
        .order_by(CustomerSales::ID.asc())
        .all(scope)
        .unwrap();
    assert_eq!(joined[2].1.code, "pro");
    let plan = joined[0].0.follow(CustomerSales::PLAN, scope).unwrap();
    assert_eq!(plan.code, "free");
    // A shared view in a tenant's scope, beside the tenant's rows.
    let free = FreePlan::query().select(FreePlan::ID);
    let on_free = Customer::query().filter(Customer::PLAN.cast::<i64>().in_query(free));
    assert_eq!(on_free.all(scope).unwrap().len(), 2);
}

fn pages(scope: &mut TenantScope) {
    let query = || CustomerSales::query().order_by(CustomerSales::INVOICES.desc());
    let first = query().keyset(2).all(scope).unwrap();
    let second = query().keyset(2).after(&first.next).all(scope).unwrap();
    let ids = |rows: &[Stored<CustomerSales>]| rows.iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!((ids(&first.rows), ids(&second.rows)), (vec![1, 3], vec![2]));
    let page = Freeloader::query().page(1, 5).all(scope).unwrap();
    assert_eq!(page.rows.len(), 1);
}

fn without_a_key(scope: &mut TenantScope) {
    let mut row = Freeloader::query().one(scope).unwrap();
    assert_eq!((row.code.as_str(), row.name.as_str()), ("free", "Ann"));
    let limited = Freeloader::query().limit(1).select(count());
    assert_eq!(limited.one(scope).unwrap(), 1);
    for error in [
        Freeloader::find(&row).one(scope).unwrap_err(),
        Freeloader::find_many([&row]).all(scope).unwrap_err(),
        Freeloader::query().keyset(2).all(scope).unwrap_err(),
        row.reload(scope).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        assert!(error.to_string().contains("`#[field(key)]`"), "{error}");
        assert!(error.to_string().contains("Freeloader"), "{error}");
    }
}

fn follows_its_tables(scope: &mut TenantScope) {
    let new = NewInvoice::new(2, Decimal::from(5)).paid(true);
    crate::shop::Invoice::insert(new).execute(scope).unwrap();
    let mut bob = CustomerSales::find(2).one(scope).unwrap();
    assert_eq!(bob.invoices, 1);
    let error = scope
        .transaction(|tx| {
            let new = NewInvoice::new(2, Decimal::from(5));
            crate::shop::Invoice::insert(new).execute(tx)?;
            bob.reload(tx)?;
            assert_eq!(bob.invoices, 2);
            Freeloader::find_many([&Freeloader::query().first(tx)?.unwrap()]).all(tx)
        })
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    bob.reload(scope).unwrap();
    assert_eq!(bob.invoices, 1, "the transaction was rolled back");
}

#[test]
fn whoever_reads_a_view_needs_the_rights_of_its_tables() {
    let mut given = given(&MODELS);
    let name = format!("reader_{}", std::process::id());
    given.run(
        "acme",
        &format!(
            "CREATE ROLE {name}; GRANT USAGE ON SCHEMA {{t}}, shared TO {name}; \
             GRANT SELECT ON {{t}}.\"group\", {{t}}.customers TO {name}"
        ),
    );
    let read = "SELECT count(*)::text FROM acme.\"group\"";
    given
        .client
        .batch_execute(&format!("SET ROLE {name}"))
        .unwrap();
    let error = given.client.query(read, &[]).unwrap_err();
    let told = error.as_db_error().unwrap().message().to_owned();
    assert!(told.contains("permission denied for table order"), "{told}");
    given.client.batch_execute("RESET ROLE").unwrap();
    given.run(
        "acme",
        &format!("GRANT SELECT ON {{t}}.\"order\" TO {name}"),
    );
    given
        .client
        .batch_execute(&format!("SET ROLE {name}"))
        .unwrap();
    assert_eq!(texts(&mut given.client, read), ["3"]);
    given.client.batch_execute("RESET ROLE").unwrap();
    given
        .client
        .batch_execute(&format!("DROP OWNED BY {name}; DROP ROLE {name}"))
        .unwrap();
}

#[test]
fn a_task_reads_a_view() {
    let given = given(&MODELS);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let db = tenantry::tokio::Database::connect(given.url())
            .await
            .unwrap();
        let mut scope = db.tenant(&key("select")).await.unwrap();
        let sales = CustomerSales::query().order_by(CustomerSales::ID.asc());
        let sales = sales.all(&mut scope).await.unwrap();
        assert_eq!(sales.len(), 3);
        let loaded = CustomerSales::query().with(CustomerSales::PLAN);
        assert_eq!(loaded.all(&mut scope).await.unwrap().len(), 3);
    });
}
