//! `makemigrations`, `migrate`, `status` and the rest, as commands of this application, and one of its own.

use std::process::ExitCode;

use tenantry::Manage;

fn main() -> ExitCode {
    Manage::new(&saas::SCHEMA)
        .command(
            "operator",
            "Have users see all workspaces: operator EMAIL...",
            saas::operators::add,
        )
        .run()
}
