//! Who sees how all workspaces do.

#![allow(clippy::print_stdout, reason = "it is a command")]

use tenantry::prelude::*;

use crate::models::User;

/// Has users see all workspaces, as `manage operator EMAIL...` does.
///
/// # Errors
///
/// When nobody has signed up with an address, or the database refuses.
pub fn add(
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
