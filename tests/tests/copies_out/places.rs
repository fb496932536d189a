//! Rows that are copied out behind a pooler, by what only reads, and of a tenant that is being created.

use std::io;
use std::thread;

use postgres::NoTls;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::query::{CopyFormat, Csv};
use tenantry::scope::Options;
use tenantry_tests::Shop;
use tenantry_tests::bouncer::Bouncer;
use tenantry_tests::programs::is_not_installed;
use tenantry_tests::shop::{Customer, NewCustomer, Plan};

fn customers(scope: &mut TenantScope, names: &[&str]) {
    let pro = Plan::query()
        .filter(Plan::CODE.eq("pro"))
        .one(scope)
        .unwrap();
    let new = |name: &&str| NewCustomer::new(*name, format!("{name}@x.example"), &pro);
    Customer::insert_many(names.iter().map(new))
        .execute(scope)
        .unwrap();
}

fn names_of(scope: &mut TenantScope, letter: &str) -> String {
    let mut file = Vec::new();
    Customer::query()
        .filter(Customer::NAME.starts_with(letter))
        .order_by(Customer::NAME.asc())
        .select(Customer::NAME)
        .copy_out(Csv::new().without_header())
        .write_to(scope, &mut file)
        .unwrap();
    String::from_utf8(file).unwrap()
}

#[test]
fn tenants_behind_a_transaction_pooler_get_their_own_rows() {
    let shop = Shop::new();
    for tenant in ["acme", "globex"] {
        customers(
            &mut shop.tenant(tenant),
            &[tenant, &format!("{tenant}2"), "x"],
        );
    }
    let Some(bouncer) = Bouncer::start(shop.database()) else {
        return is_not_installed("PgBouncer");
    };
    let mut options = Options::default();
    options.max_connections = 4;
    let db = Database::connect_with(&bouncer.config(), NoTls, options).unwrap();
    thread::scope(|threads| {
        for tenant in ["acme", "globex", "acme", "globex"] {
            let mut scope = db.tenant(&TenantKey::new(tenant).unwrap()).unwrap();
            threads.spawn(move || {
                for _ in 0..50 {
                    let copied = names_of(&mut scope, &tenant[..1]);
                    assert_eq!(copied, format!("{tenant}\n{tenant}2\n"));
                    assert_eq!(Customer::query().count(&mut scope).unwrap(), 3);
                }
            });
        }
    });
}

#[test]
fn a_transaction_that_only_reads_copies_and_sees_the_same_rows() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    customers(&mut acme, &["Ann"]);
    let mut other = shop.tenant("acme");
    let reading = acme.build_transaction().repeatable_read().read_only();
    reading
        .run(|tx| {
            assert_eq!(names_of(tx, "A"), "Ann\n");
            customers(&mut other, &["Al"]);
            assert_eq!(names_of(tx, "A"), "Ann\n");
            Ok(())
        })
        .unwrap();
    assert_eq!(names_of(&mut acme, "A"), "Al\nAnn\n");
    let copied = Customer::query().copy_out(CopyFormat::Binary);
    assert_eq!(copied.write_to(&mut acme.read(), io::sink()).unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_that_is_being_created_is_copied_too() {
    let shop = blocking(Shop::new);
    let config = shop.database().config();
    let options = Options::default();
    let db = tenantry::tokio::Database::connect_with(&config, NoTls, options);
    let db = db.await.unwrap();
    let key = TenantKey::new("new").unwrap();
    let created = db.tenants().create_with(&key, async |tx| {
        let pro = Plan::query().filter(Plan::CODE.eq("pro")).one(tx).await?;
        let new = |n: i32| NewCustomer::new("x", format!("{n}@x.example"), &pro);
        Customer::insert_many((0..5_000).map(new))
            .execute(tx)
            .await?;
        let mut stream = Customer::query().copy_out(CopyFormat::Text).stream(tx);
        let mut bytes = 0;
        while let Some(data) = stream.next().await {
            bytes += data?.len();
        }
        Ok((stream.rows(), bytes))
    });
    let (_, (rows, bytes)) = created.await.unwrap();
    assert_eq!((rows, bytes > 5_000 * 60), (Some(5_000), true));
    blocking(|| drop(shop));
}
