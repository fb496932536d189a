//! The commands of an application with two releases; the environment says which one is running.

use std::process::ExitCode;

use tenantry_tests::manage::{billed, first, merged, renamed, second, torn};

fn main() -> ExitCode {
    match std::env::var("RELEASE").as_deref() {
        Ok("second") => tenantry::manage(&second::SCHEMA),
        Ok("billed") => tenantry::manage(&billed::SCHEMA),
        Ok("merged") => tenantry::manage(&merged::SCHEMA),
        Ok("renamed") => tenantry::manage(&renamed::SCHEMA),
        Ok("torn") => tenantry::manage(&torn::SCHEMA),
        Ok("over TLS") => over_tls(),
        _ => tenantry::manage(&first::SCHEMA),
    }
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
