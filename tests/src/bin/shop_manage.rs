//! The commands of an application with two releases; the environment says which one is running.

use std::process::ExitCode;

use tenantry_tests::manage::{first, second, torn};

fn main() -> ExitCode {
    match std::env::var("RELEASE").as_deref() {
        Ok("second") => tenantry::manage(&second::SCHEMA),
        Ok("torn") => tenantry::manage(&torn::SCHEMA),
        _ => tenantry::manage(&first::SCHEMA),
    }
}
