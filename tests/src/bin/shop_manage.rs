//! The commands of an application with two releases; the environment says which one is running.

use std::error::Error;
use std::process::ExitCode;

use tenantry::Manage;
use tenantry::migrate::{Functions, KeyBatch};
use tenantry::prelude::*;
use tenantry::scope::InMigration;
use tenantry_tests::manage::first::{Customer, NewPlan, Plan};
use tenantry_tests::manage::{
    accounts, billed, first, inspected, merged, renamed, rolled, second, torn, unchecked,
};

fn main() -> ExitCode {
    match std::env::var("RELEASE").as_deref() {
        Ok("second") => tenantry::manage(&second::SCHEMA),
        Ok("accounts") => tenantry::manage(&accounts::SCHEMA),
        Ok("billed") => tenantry::manage(&billed::SCHEMA),
        Ok("inspected") => tenantry::manage(&inspected::SCHEMA),
        Ok("merged") => tenantry::manage(&merged::SCHEMA),
        Ok("renamed") => tenantry::manage(&renamed::SCHEMA),
        Ok("unchecked") => tenantry::manage(&unchecked::SCHEMA),
        Ok("torn") => tenantry::manage(&torn::SCHEMA),
        Ok("over TLS") => over_tls(),
        Ok("own") => own(),
        Ok("functions") => functions(),
        Ok("taken") => taken(),
        Ok("rolled") => rolled().run(),
        Ok("walked") => with_own(rolled()).run(),
        Ok("rolled twice") => rolled().rollup("traffic", rolled::headcount()).run(),
        _ => tenantry::manage(&first::SCHEMA),
    }
}

/// The first release with commands of its own.
fn own() -> ExitCode {
    with_own(Manage::new(&first::SCHEMA)).run()
}

/// The same commands with those of the application's own.
fn with_own(manage: Manage) -> Manage {
    manage
        .tenant_command("greet", "Greet each tenant", greet)
        .command("plan", "Make plans: plan CODE...", |db, codes| {
            let mut shared = db.shared()?;
            for code in codes {
                Plan::insert(NewPlan::new(code, 1)).execute(&mut shared)?;
            }
            Ok::<(), tenantry::Error>(())
        })
}

/// The first release with a function that migrations call.
fn functions() -> ExitCode {
    Manage::new(&first::SCHEMA)
        .functions(Functions::new().tenant("shout", shout))
        .run()
}

fn shout(
    acme: &mut TenantScope<InMigration<'_>>,
    batch: &KeyBatch,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    for id in batch.keys::<i64>()? {
        let read = sql!("SELECT {Customer.email} FROM {Customer} WHERE {Customer.id} = $1");
        let email: String = acme.sql(read).bind(id).row()?;
        if !email.contains('@') {
            return Err(format!("`{email}` is no address").into());
        }
        let write = sql!("UPDATE {Customer} SET {Customer.email} = $1 WHERE {Customer.id} = $2");
        acme.sql(write)
            .bind(email.to_uppercase())
            .bind(id)
            .execute()?;
    }
    Ok(())
}

#[allow(clippy::print_stdout, reason = "it is a command")]
fn greet(tenant: &mut TenantScope, words: &[String]) -> Result<(), Box<dyn Error + Send + Sync>> {
    match words.first().map(String::as_str) {
        Some("--loud") => println!("HELLO {}", tenant.key()),
        Some("refuse") if tenant.key().as_str() == "acme" => {
            return Err("nobody is at home".into());
        }
        Some("twice") => {
            let plan = || NewPlan::new(tenant.key().as_str(), 1);
            let (one, other) = (plan(), plan());
            Plan::insert(one).execute(&mut tenant.shared_mut())?;
            Plan::insert(other).execute(&mut tenant.shared_mut())?;
        }
        _ => println!("{} {}", words.join(" "), tenant.key()),
    }
    Ok(())
}

/// The first release with roll-ups.
fn rolled() -> Manage {
    Manage::new(&rolled::SCHEMA)
        .rollup("headcount", rolled::headcount())
        .rollup("traffic", rolled::traffic())
}

/// A command that there is already.
fn taken() -> ExitCode {
    let nothing = |_: &Database, _: &[String]| Ok::<(), tenantry::Error>(());
    Manage::new(&first::SCHEMA)
        .command("migrate", "Do something else", nothing)
        .run()
}

/// The first release with a connector that trusts the authority that the environment names.
#[cfg(unix)]
fn over_tls() -> ExitCode {
    let authority = std::env::var_os("AUTHORITY").unwrap_or_default();
    let tls = tenantry_tests::openssl::Openssl::trusting(authority);
    tenantry::manage_with(&first::SCHEMA, tls)
}

#[cfg(not(unix))]
fn over_tls() -> ExitCode {
    tenantry::manage(&first::SCHEMA)
}
