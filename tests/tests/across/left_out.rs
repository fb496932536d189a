//! Tenants that can't answer, and what is told of them.

use std::time::Duration;

use postgres::{Client, NoTls};
use tenantry::ErrorKind;
use tenantry::across::{Gathered, Why};
use tenantry::prelude::*;
use tenantry::query::count;
use tenantry::tenant::{Match, Selection, TenantFilter, TenantState};
use tenantry::testing::TestDb;
use tenantry_tests::Shop;
use tenantry_tests::fleet::chain;
use tenantry_tests::shop::{Customer, Invoice};

use super::{STATEMENTS, fleet, key, shop};

fn missing<T>(answer: &Gathered<T>) -> Vec<(String, Why)> {
    let left_out = answer.left_out().iter();
    left_out
        .map(|left| (left.tenant().to_string(), left.why()))
        .collect()
}

fn sql(shop: &Shop, sql: &str) {
    let mut client = Client::connect(shop.database().url(), NoTls).unwrap();
    client.batch_execute(sql).unwrap();
}

#[test]
fn a_tenant_that_is_not_active_or_not_there_is_told_where_it_is_named() {
    let shop = shop();
    shop.db().tenants().suspend(&key("globex")).unwrap();
    let query = || Invoice::query().select(count());
    for tenants in STATEMENTS {
        // Suspended tenants are none of all that are active.
        let answer = query().across(&mut fleet(&shop, tenants)).unwrap();
        assert_eq!(answer.whole().unwrap(), [8]);
        let named = [key("acme"), key("globex"), key("former")];
        let answer = query()
            .across(&mut fleet(&shop, tenants).keys(&named))
            .unwrap();
        assert_eq!((answer.rows(), answer.tenants()), (&[3][..], 1));
        let suspended = Why::State(TenantState::Suspended);
        let expected = [
            ("former".to_owned(), Why::Gone),
            ("globex".to_owned(), suspended),
        ];
        assert_eq!(missing(&answer), expected);
        let error = answer.whole().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownTenant);
        assert_eq!(error.tenant(), Some(&key("former")));
        assert!(error.to_string().contains("and so are 1 others"), "{error}");
        // Whoever asks for suspended ones gets them.
        let states = Match::all().state(TenantState::Suspended);
        let selection = Selection::all().matching(states);
        let answer = query()
            .across(&mut fleet(&shop, tenants).selection(selection))
            .unwrap();
        assert_eq!(answer.whole().unwrap(), [2]);
    }
}

#[test]
fn a_tenant_whose_table_is_gone_does_not_hide_the_others() {
    let shop = shop();
    sql(&shop, "DROP TABLE globex.invoices");
    for tenants in STATEMENTS {
        let mut fleet = fleet(&shop, tenants);
        let answer = Invoice::query()
            .select(Invoice::TOTAL.sum())
            .across(&mut fleet)
            .unwrap();
        assert_eq!(answer.rows(), [Some(Decimal::from(99))]);
        assert_eq!(missing(&answer), [("globex".to_owned(), Why::Failed)]);
        let error = answer.left_out()[0].error().unwrap();
        assert_eq!(
            (error.kind(), error.model()),
            (ErrorKind::MissingTable, Some("Invoice"))
        );
        assert_eq!(error.tenant(), Some(&key("globex")));
        let answer = Invoice::query()
            .order_by(Invoice::TOTAL.desc())
            .limit(2)
            .across(&mut fleet);
        let answer = answer.unwrap();
        let totals: Vec<_> = answer.rows().iter().map(|(_, row)| row.total).collect();
        assert_eq!(totals, [40, 20].map(Decimal::from));
        assert_eq!(answer.left_out().len(), 1);
        let mut told = 0;
        let answer = Invoice::query().for_each_tenant(&mut fleet, |_, _| {
            told += 1;
            Ok(())
        });
        assert_eq!((told, missing(&answer.unwrap()).len()), (8, 1));
        let answer = Invoice::query()
            .select(count())
            .by_tenant(&mut fleet)
            .unwrap();
        assert_eq!((answer.rows().len(), answer.left_out().len()), (4, 1));
        assert_eq!(answer.whole().unwrap_err().kind(), ErrorKind::MissingTable);
    }
}

#[test]
fn a_question_that_no_tenant_can_answer_is_an_error() {
    let shop = shop();
    for tenant in shop.db().tenants().list(&TenantFilter::all()).unwrap() {
        let table = format!("{}.invoices", tenant.schema());
        sql(&shop, &format!("ALTER TABLE {table} DROP COLUMN paid"));
    }
    for tenants in STATEMENTS {
        let error = Invoice::query()
            .across(&mut fleet(&shop, tenants))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MissingColumn, "{error}");
        let mut one = fleet(&shop, tenants).keys([key("acme")]);
        assert!(Invoice::query().across(&mut one).is_err());
    }
}

#[test]
fn a_tenant_that_is_locked_is_told_and_not_waited_for_long() {
    let shop = shop();
    let mut holder = Client::connect(shop.database().url(), NoTls).unwrap();
    let mut held = holder.transaction().unwrap();
    held.batch_execute("LOCK TABLE umbrella.customers IN ACCESS EXCLUSIVE MODE")
        .unwrap();
    for tenants in STATEMENTS {
        let mut fleet = fleet(&shop, tenants).lock_timeout(Duration::from_millis(50));
        let answer = Customer::query()
            .select(count())
            .across(&mut fleet)
            .unwrap();
        assert_eq!(answer.rows(), [6]);
        assert_eq!(missing(&answer), [("umbrella".to_owned(), Why::Locked)]);
    }
    held.rollback().unwrap();
    let answer = Customer::query()
        .select(count())
        .across(&mut fleet(&shop, 2))
        .unwrap();
    assert_eq!(answer.whole().unwrap(), [8]);
}

#[test]
fn a_role_that_may_not_read_one_is_told() {
    let shop = shop();
    sql(
        &shop,
        "CREATE ROLE across_reader; GRANT USAGE ON SCHEMA tenantry, shared, acme, globex, initech, umbrella TO across_reader; \
         GRANT SELECT ON ALL TABLES IN SCHEMA tenantry, shared, acme, globex, initech, umbrella TO across_reader",
    );
    let mut config = shop.database().config();
    config.options("-c role=across_reader");
    let db = Database::connect_with(&config, NoTls, tenantry::scope::Options::default()).unwrap();
    for tenants in STATEMENTS {
        let mut fleet = db
            .across(&super::Staff)
            .unwrap()
            .tenants_per_statement(tenants);
        let answer = Invoice::query().select(count()).across(&mut fleet).unwrap();
        assert_eq!(answer.rows(), [6]);
        assert_eq!(
            missing(&answer),
            [("o.brien-sons".to_owned(), Why::Refused)]
        );
    }
    drop(db);
    sql(
        &shop,
        "DROP OWNED BY across_reader; DROP ROLE across_reader",
    );
}

#[test]
fn what_is_wrong_with_the_query_is_an_error_at_once() {
    let shop = shop();
    let ratio = Invoice::TOTAL / (Invoice::TOTAL - Invoice::TOTAL);
    let error = Invoice::query()
        .select(ratio)
        .across(&mut fleet(&shop, 2))
        .unwrap_err();
    assert_eq!(error.sqlstate(), Some("22012"), "{error}");
    let error = Invoice::query()
        .for_each_tenant(&mut fleet(&shop, 2), |tenant, _| {
            shop.db().tenants().suspend(tenant).map(drop)?;
            Err(shop.db().tenant_now(tenant).unwrap_err())
        })
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TenantState);
}

#[test]
fn what_writes_is_refused() {
    let shop = shop();
    sql(
        &shop,
        "ALTER TABLE acme.invoices RENAME COLUMN number TO number_; ALTER TABLE acme.invoices RENAME TO invoices_; \
         CREATE FUNCTION acme.bump() RETURNS integer LANGUAGE sql AS \
             'UPDATE acme.invoices_ SET number_ = number_ + 1 RETURNING number_'; \
         CREATE VIEW acme.invoices AS SELECT i.*, acme.bump() AS number FROM acme.invoices_ AS i",
    );
    let error = Invoice::query().across(&mut fleet(&shop, 100)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
}

/// A note, of which an older version of the application has no `author`.
#[tenant_model]
pub(crate) struct Note {
    #[field(key)]
    pub id: i64,
    pub author: String,
}

#[test]
fn tenants_that_are_behind_are_told_with_their_version() {
    let chain = chain(&[
        (
            "0001_notes",
            &[(
                "tenant.up.sql",
                "CREATE TABLE \"{tenant}\".notes (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY);",
            )],
        ),
        (
            "0002_authors",
            &[(
                "tenant.up.sql",
                "ALTER TABLE \"{tenant}\".notes ADD COLUMN author text NOT NULL DEFAULT 'nobody';",
            )],
        ),
    ]);
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    db.migrator(chain.clone()).to("0001_notes").run().unwrap();
    let keys = ["a", "b", "c", "d"].map(key);
    for key in &keys {
        db.tenants().create(key).unwrap();
    }
    db.migrator(chain).only([key("b"), key("d")]).run().unwrap();
    for mut tenant in ["b", "d"].map(|name| db.tenant(&key(name)).unwrap()) {
        Note::insert(NewNote::new("Ann"))
            .execute(&mut tenant)
            .unwrap();
    }
    for tenants in STATEMENTS {
        let mut fleet = db
            .across(&super::Staff)
            .unwrap()
            .tenants_per_statement(tenants);
        let answer = Note::query()
            .order_by(Note::AUTHOR.asc())
            .across(&mut fleet)
            .unwrap();
        let found: Vec<_> = answer.rows().iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(found, ["b", "d"]);
        let behind = Why::Behind {
            version: 1,
            reach: 2,
        };
        assert_eq!(
            missing(&answer),
            ["a", "c"].map(|key| (key.to_owned(), behind))
        );
        assert_eq!(
            answer.left_out()[0].to_string(),
            "tenant `a`: it is at migration 1, and others are at 2"
        );
        // What both versions have is of all, and it is told that there are two.
        let answer = Note::query().select(count()).across(&mut fleet).unwrap();
        assert_eq!(Vec::from_iter(answer.versions().clone()), [(1, 2), (2, 2)]);
        assert_eq!(answer.whole().unwrap(), [2]);
    }
}

#[test]
fn a_thousand_tenants_are_one_answer_while_some_are_dropped() {
    let chain = chain(&[(
        "0001_notes",
        &[(
            "tenant.up.sql",
            "CREATE TABLE \"{tenant}\".notes (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, author text NOT NULL);",
        )],
    )]);
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    db.migrator(chain).run().unwrap();
    let keys: Vec<TenantKey> = (0..1000)
        .map(|number| key(&format!("t{number:04}")))
        .collect();
    for key in &keys {
        db.tenants().create(key).unwrap();
    }
    let authors = "DO $$ DECLARE s name; BEGIN FOR s IN SELECT schema_name FROM tenantry.tenant LOOP \
        EXECUTE format('INSERT INTO %I.notes (author) SELECT %L || n FROM generate_series(1, 3) AS n', s, right(s, 1)); \
        END LOOP; END $$";
    let mut client = Client::connect(database.url(), NoTls).unwrap();
    client.batch_execute(authors).unwrap();
    let mut fleet = db.across(&super::Staff).unwrap();
    let query = Note::query().select((count(), Note::AUTHOR.count_distinct(), Note::ID.max()));
    let answer = query.clone().across(&mut fleet).unwrap();
    assert_eq!(
        (answer.tenants(), answer.whole().unwrap()),
        (1000, vec![(3000, 30, Some(3))])
    );
    let last = Note::query()
        .order_by((Note::AUTHOR).desc())
        .order_by(Note::ID.asc())
        .limit(101);
    let rows = last.across(&mut fleet).unwrap().whole().unwrap();
    assert_eq!(
        (rows[99].1.author.as_str(), rows[100].1.author.as_str()),
        ("93", "92")
    );
    // One is dropped by somebody else, half of the schema at first, after the tenants were listed: its table is gone.
    client.batch_execute("DROP TABLE t0500.notes").unwrap();
    db.tenants().drop(&key("t0999")).unwrap();
    let answer = query.across(&mut fleet).unwrap();
    assert_eq!(missing(&answer), [("t0500".to_owned(), Why::Failed)]);
    assert_eq!(
        (answer.tenants(), answer.into_rows()),
        (998, vec![(2994, 30, Some(3))])
    );
    // The connection has been replaced before it held too many tables.
    assert!(db.pool_status().open <= 2, "{:?}", db.pool_status());
}

#[test]
fn values_of_different_types_are_not_taken_for_each_other() {
    let shop = shop();
    sql(
        &shop,
        "ALTER TABLE globex.invoices ALTER COLUMN number TYPE double precision",
    );
    let query = Invoice::query()
        .select(Invoice::TOTAL)
        .order_by(Invoice::NUMBER.desc())
        .limit(3);
    let error = query.across(&mut fleet(&shop, 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(
        error.to_string().contains("values of different types"),
        "{error}"
    );
}
