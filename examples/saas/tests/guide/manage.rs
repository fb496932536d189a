//! The commands of the guide's applications; the environment says which one, and in which release.

#![allow(unreachable_pub, reason = "models are public in an application")]

use std::process::ExitCode;

use tenantry::Manage;

mod django;
mod later;

fn main() -> ExitCode {
    let schema = match std::env::var("RELEASE").as_deref() {
        Ok("later") => &later::SCHEMA,
        Ok("django") => &django::SCHEMA,
        _ => &saas::SCHEMA,
    };
    Manage::new(schema)
        .command(
            "operator",
            "Have users see all workspaces: operator EMAIL...",
            saas::operators::add,
        )
        .run()
}
