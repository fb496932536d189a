//! `sqlmigrate`: the SQL of a migration.

use super::Verdict;
use super::args::SqlMigrate;
use super::output::Console;
use super::project::Project;
use crate::bookkeeping;
use crate::bookkeeping::batches::at_once;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::{Migration, Part};
use crate::structure::{Slots, fill};
use crate::tenant;

pub(super) fn run(
    project: &Project,
    args: &SqlMigrate,
    console: &mut Console<'_>,
) -> Result<Verdict> {
    let chain = project.chain()?;
    let migration = chain.find(&args.migration)?;
    let tenant = match &args.tenant {
        Some(key) => {
            let mut client = project.connect()?;
            let tenant = tenant::get(&mut client, key)?;
            let shared = bookkeeping::named(&mut client)?;
            let shared = shared.unwrap_or_else(|| project.shared_schema().clone());
            Some((tenant, shared))
        }
        None => None,
    };
    let mut parts = [
        ("shared", migration.shared()),
        ("tenant", migration.tenant()),
    ];
    let direction = if args.down { "down" } else { "up" };
    if args.down {
        // What was done to the shared schema first is undone last.
        parts.reverse();
    }
    let mut texts = Vec::new();
    for (placement, part) in parts {
        let Some(part) = part else { continue };
        let sql = if args.down {
            down(migration, part)?
        } else {
            part.up()
        };
        texts.push((
            format!("{}/{placement}.{direction}.sql", migration.id()),
            sql,
        ));
    }
    for (number, (file, sql)) in texts.iter().enumerate() {
        if number > 0 {
            console.line("");
        }
        console.line(format_args!("-- {file}"));
        match &tenant {
            Some((tenant, shared)) => {
                let slots = Slots {
                    shared,
                    tenant: Some(tenant.schema()),
                };
                // By hand nobody does it in batches.
                console.text(&fill(&at_once(sql), &slots)?);
            }
            None => console.text(sql),
        }
    }
    Ok(Verdict::Fine)
}

fn down<'a>(migration: &Migration, part: &'a Part) -> Result<&'a str> {
    part.down().ok_or_else(|| {
        Error::new(
            ErrorKind::Chain,
            format!(
                "the migration `{}` can't be undone\nhelp: write the SQL that undoes it into its `down` files",
                migration.id()
            ),
        )
    })
}
