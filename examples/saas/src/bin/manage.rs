//! `makemigrations`, `migrate`, `status` and the rest, as commands of this application, and one of its own.

#![allow(clippy::print_stdout, reason = "it is a command")]

use saas::models::User;
use tenantry::Manage;
use tenantry::prelude::*;

fn main() -> std::process::ExitCode {
    Manage::new(&saas::SCHEMA)
        .command(
            "operator",
            "Have users see all workspaces: operator EMAIL...",
            operators,
        )
        .run()
}

fn operators(
    db: &Database,
    emails: &[String],
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut shared = db.shared()?;
    for email in emails {
        let found = User::query().filter(User::EMAIL.eq(email));
        let Some(mut user) = found.first(&mut shared)? else {
            return Err(format!("nobody has signed up as {email}").into());
        };
        user.is_operator = true;
        user.save(&mut shared)?;
        println!("{email} sees all workspaces");
    }
    Ok(())
}
