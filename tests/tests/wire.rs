//! The text on the wire: qualified names, no `search_path`, no named statements.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::collections::BTreeSet;

use tenantry::migrate::Chain;
use tenantry::prelude::*;
use tenantry::testing::Server;
use tenantry::{Database, Error};
use tenantry_tests::shop::{self, Customer, Invoice, NewCustomer, NewInvoice, NewPlan, Plan};

/// Does all that an application does: migrates, creates tenants, works in them, changes them, drops them.
fn work(db: &Database, chain: Chain) -> Result<(), Error> {
    let (acme, globex) = (TenantKey::new("acme")?, TenantKey::new("glo-bex")?);
    db.migrator(chain.clone()).run()?;
    db.tenants().create(&acme)?;
    db.tenants().create(&globex)?;
    Plan::insert(NewPlan::new("pro", Decimal::ONE)).execute(&mut db.shared()?)?;
    for key in [&acme, &globex] {
        let mut scope = db.tenant(key)?;
        scope.transaction(|tx| {
            let pro = Plan::query().filter(Plan::CODE.eq("pro")).one(tx)?;
            let ann = Customer::insert(NewCustomer::new("Ann", "ann@x.example", &pro)).returning(tx)?;
            let day: Date = "2026-01-31".parse().expect("a date");
            let mut invoice = Invoice::insert(NewInvoice::new(&ann, 1, Decimal::ONE, day)).returning(tx)?;
            invoice.paid = true;
            invoice.save(tx)?;
            invoice.reload(tx)?;
            invoice.follow(Invoice::CUSTOMER, tx)?;
            let failed: Result<(), Error> =
                tx.transaction(|tx| Customer::insert(NewCustomer::new("Ann", "ann@x.example", &pro)).execute(tx));
            assert!(failed.is_err());
            ann.related(Customer::INVOICES).count(tx)?;
            Invoice::query()
                .filter(Invoice::CUSTOMER.on(Customer::PLAN.on(Plan::CODE.eq("pro"))))
                .join(Invoice::CUSTOMER)
                .order_by(Invoice::CUSTOMER.by(Customer::PLAN.by(Plan::CODE.asc())))
                .all(tx)?;
            Plan::query().filter(Plan::CUSTOMERS.exists()).exists(tx)?;
            let raw = sql!("SELECT {Customer.name} FROM {Customer} JOIN {Plan} ON {Plan}.{Plan.id} = {Customer.plan}");
            tx.sql(raw).rows::<(String,)>()?;
            Customer::update_where(Customer::everything()).set(Customer::NAME, "Bob").execute(tx)?;
            Invoice::delete_where(Invoice::CUSTOMER.on(Customer::NAME.eq("Bob"))).execute(tx)?;
            ann.delete(tx)
        })?;
        let prepared = "SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_statements";
        let count: i64 = scope.client().query_typed(prepared, &[])?[0].get(0);
        assert_eq!(count, 0, "a named statement was left on the server");
    }
    db.tenants().suspend(&acme)?;
    db.tenants().resume(&acme)?;
    db.tenants().rename(&acme, &TenantKey::new("ACME.2")?)?;
    db.migrator(chain.clone()).status()?;
    assert_eq!(db.migrator(chain).tenants()?.len(), 2);
    db.tenants().drop(&globex)
}

#[test]
fn only_qualified_names_are_sent_and_no_statement_is_named() {
    let server = Server::builder()
        .setting("log_statement", "all")
        .start()
        .unwrap();
    let database = server.database().unwrap();
    work(
        &Database::connect(database.url()).unwrap(),
        tenantry_tests::chain_of_schema(&shop::SHOP),
    )
    .unwrap();

    let log = server.log().expect("a throw-away server's log can be read");
    let statements = statements(&log, database.name());
    assert!(
        statements.len() > 40,
        "the log has all statements, not {}",
        statements.len()
    );
    for statement in &statements {
        assert!(
            !statement.to_lowercase().contains("search_path"),
            "{statement}"
        );
        assert_eq!(unqualified(statement), BTreeSet::new(), "in: {statement}");
    }
    let named = log
        .lines()
        .filter(|line| line.contains(": execute ") && !line.contains("execute <unnamed>"));
    assert_eq!(named.collect::<Vec<_>>(), [""; 0]);
}

/// The statements that the log has of a database. A statement's further lines are indented by a tab there.
fn statements(log: &str, database: &str) -> Vec<String> {
    let mut statements: Vec<String> = Vec::new();
    let mut ours = false;
    for line in log.lines() {
        if let Some(rest) = line.strip_prefix('\t') {
            if let (true, Some(last)) = (ours, statements.last_mut()) {
                last.push('\n');
                last.push_str(rest);
            }
            continue;
        }
        let text = line
            .split_once("statement: ")
            .or_else(|| line.split_once("execute <unnamed>: "));
        ours = line.contains(database) && text.is_some();
        if let (true, Some((_, text))) = (ours, text) {
            statements.push(text.to_owned());
        }
    }
    statements
}

/// The relations that a statement names without a schema.
fn unqualified(statement: &str) -> BTreeSet<String> {
    let text: String = statement
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join(" ");
    // String literals can hold anything, whole migrations among it.
    let outside: String = text.split('\'').step_by(2).collect::<Vec<_>>().join(" ");
    let spaced = outside.replace('(', " ( ").replace([')', ',', ';'], " ");
    // `FROM` also stands in `EXTRACT(epoch FROM created_at)` and `IS DISTINCT FROM`.
    let spaced = spaced
        .replace("epoch FROM", "epoch,")
        .replace("DISTINCT FROM", "DISTINCT,");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let named_here: BTreeSet<&str> = words
        .windows(2)
        .filter(|pair| pair[1].eq_ignore_ascii_case("AS"))
        .map(|pair| pair[0].trim_matches('"'))
        .collect();
    words
        .windows(3)
        .filter(|words| {
            ["FROM", "JOIN", "INTO", "UPDATE", "TABLE", "REFERENCES"]
                .contains(&words[0].to_uppercase().as_str())
        })
        .filter(|words| words[1] != "(" && !words[1].contains('.') && !is_function(words))
        .map(|words| words[1].trim_matches('"'))
        .filter(|name| {
            !named_here.contains(name) && !KEYWORDS.contains(&name.to_uppercase().as_str())
        })
        .map(str::to_owned)
        .collect()
}

/// `FROM unnest (…)`: PostgreSQL's own functions are not qualified by users either.
fn is_function(words: &[&str]) -> bool {
    ["FROM", "JOIN"].contains(&words[0].to_uppercase().as_str()) && words[2] == "("
}

/// Words that can follow `FROM`, `UPDATE` and the like and are no relation.
const KEYWORDS: [&str; 7] = ["ONLY", "IF", "SET", "SELECT", "LATERAL", "OF", "SKIP"];

#[test]
fn the_test_finds_names_without_a_schema() {
    let found = |sql: &str| unqualified(sql).into_iter().collect::<Vec<_>>();
    assert_eq!(
        found(r#"SELECT 1 FROM "acme"."customers" JOIN plans ON true"#),
        ["plans"]
    );
    assert_eq!(
        found(r#"INSERT INTO "customers" ("id") VALUES (1)"#),
        ["customers"]
    );
    assert_eq!(found("UPDATE customers SET name = 1"), ["customers"]);
    assert_eq!(
        found("WITH c AS (SELECT 1 FROM \"a\".\"b\") SELECT * FROM c WHERE 'FROM x y' = ''"),
        [""; 0]
    );
    assert_eq!(found("DROP TABLE customers CASCADE now"), ["customers"]);
}
