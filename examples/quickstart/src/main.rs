//! The shortest tour of tenantry: one shared catalogue, two tenants, a migration, and the SQL that runs.
//!
//! It works in a database of its own, which it drops at the end, on the server of `DATABASE_URL` or on a throw-away one,
//! which is fetched if none is installed.
//! With `--wait` it waits before that, so that you can look around with `psql`.

#![allow(clippy::print_stdout, reason = "it is a tour to read")]

mod show;

use std::process::ExitCode;

use quickstart::{Customer, Invoice, NewCustomer, NewInvoice, NewPlan, Plan};
use show::{fact, heading};
use tenantry::migrate::Chain;
use tenantry::prelude::*;
use tenantry::testing::Server;

/// The application's own migrations, which `manage makemigrations` wrote.
const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");

fn main() -> ExitCode {
    match tour() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn tour() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::start()?;
    let scratch = server.database()?;
    let db = Database::connect(scratch.url())?;

    heading("The models: a struct says once where its table lives");
    for model in quickstart::SCHEMA.models()? {
        fact(format!(
            "{:8} {} in table `{}`",
            model.placement.as_str(),
            model.name,
            model.table
        ));
    }

    heading("1. Migrate: the shared schema first, then every tenant");
    let report = db
        .migrator(Chain::open(MIGRATIONS)?)
        .to("0001_initial")
        .run()?;
    fact(format!("{report}"));

    heading("2. Two tenants, each created in one message and one transaction");
    for key in ["acme", "globex"] {
        let tenant = db.tenants().create(&TenantKey::new(key)?)?;
        fact(format!(
            "tenant `{}` lives in schema `{}`",
            tenant.key(),
            tenant.schema()
        ));
    }

    show::statements();

    heading("3. The shared catalogue is written through the shared scope");
    let mut shared = db.shared()?;
    Plan::insert(NewPlan::new("pro", Decimal::new(4900, 2))).execute(&mut shared)?;

    heading("4. Tenants read it, and have rows of their own");
    let mut acme = db.tenant(&TenantKey::new("acme")?)?;
    let ann = acme.transaction(|tx| {
        let pro = Plan::query().filter(Plan::CODE.eq("pro")).one(tx)?;
        Customer::insert(NewCustomer::new("Ann", "ann@x.example", &pro)).returning(tx)
    })?;
    let mut globex = db.tenant(&TenantKey::new("globex")?)?;
    fact(format!(
        "acme has {} customer, globex has {}",
        count(&mut acme)?,
        count(&mut globex)?
    ));

    heading("5. A row knows where it came from");
    let mut stray = Customer::find(&ann).one(&mut acme)?;
    stray.name = "Anna".to_owned();
    let refused = stray.save(&mut globex).expect_err("the row is acme's");
    fact("saving acme's Ann in globex:");
    refused.to_string().lines().for_each(fact);

    heading("6. The next release: one more migration, over every tenant");
    let chain = Chain::open(MIGRATIONS)?;
    let next = chain.find("0002_add_invoices_notes")?.tenant();
    next.into_iter()
        .flat_map(|part| part.up().lines())
        .for_each(fact);
    let report = db.migrator(chain).run()?;
    fact(format!("{report}"));

    heading("7. Join and filter across tenant and shared tables");
    let today = Date::new(2026, 11, 30)?;
    let invoice = NewInvoice::new(&ann, Decimal::new(4900, 2), today).notes("first month");
    Invoice::insert(invoice).execute(&mut acme)?;
    let open = Invoice::query()
        .filter(
            Invoice::PAID.eq(false) & Invoice::CUSTOMER.on(Customer::PLAN.on(Plan::CODE.eq("pro"))),
        )
        .join(Invoice::CUSTOMER)
        .order_by(Invoice::ISSUED_ON.desc());
    for (invoice, customer) in open.all(&mut acme)? {
        fact(format!(
            "{} owes {} ({})",
            customer.name,
            invoice.total,
            invoice.notes.as_deref().unwrap_or("-")
        ));
    }

    heading("8. Raw SQL names models, so a wrong name does not compile");
    let raw = sql!(
        "UPDATE {Customer} SET {Customer.email} = upper({Customer.email}) WHERE {Customer.id} = $1"
    );
    let changed = acme.sql(raw).bind(ann.id).execute()?;
    fact(format!("{changed} row changed"));

    if std::env::args().any(|argument| argument == "--wait") {
        heading("Look around, then press Enter");
        fact(format!("psql '{}'", scratch.url()));
        std::io::stdin().read_line(&mut String::new())?;
    }
    Ok(())
}

fn count(tenant: &mut TenantScope) -> tenantry::Result<i64> {
    Customer::query().count(tenant)
}
