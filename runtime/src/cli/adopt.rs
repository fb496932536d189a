//! `adopt`: schemas that something else has made become the shared schema and tenants.

use super::Verdict;
use super::args;
use super::output::{Console, explain};
use super::project::Project;
use super::tenant_row::with_row;
use crate::error::{ErrorKind, Result};
use crate::name::SchemaName;
use crate::structure::{Slots, fill};
use crate::tenant::NewTenant;

pub(super) fn run(
    project: &Project,
    args: &args::Adopt,
    console: &mut Console<'_>,
) -> Result<Verdict> {
    let migrator = project.migrator(project.chain()?).to(&args.at);
    let mut client = project.connect()?;
    if args.sql {
        let shared = project.shared_schema();
        if args.shared {
            let sql = migrator.on(&mut client).mending(None)?;
            show(&sql, shared, None, console)?;
        }
        for (key, schema) in &args.tenants {
            let schema = named(key.as_str(), schema.as_ref())?;
            let sql = migrator.on(&mut client).mending(Some(&schema))?;
            show(&sql, shared, Some(&schema), console)?;
        }
        return Ok(Verdict::Fine);
    }
    if args.shared {
        migrator.on(&mut client).adopt_shared()?;
        let schema = project.shared_schema();
        console.line(format_args!(
            "the shared schema `{schema}` is taken over at {}",
            args.at
        ));
    }
    let mut verdict = Verdict::Fine;
    for (key, schema) in &args.tenants {
        let mut new = NewTenant::new(key);
        if let Some(schema) = schema {
            new = new.schema(schema.clone());
        }
        let adopted = with_row(project, new, &args.values)
            .and_then(|new| migrator.on(&mut client).adopt(&new));
        match adopted {
            Ok(tenant) => console.line(format_args!(
                "the schema `{}` is that of the tenant `{}` now, at version {}",
                tenant.schema(),
                tenant.key(),
                tenant.version()
            )),
            Err(error) if error.kind() == ErrorKind::Connection => return Err(error),
            // The others have nothing to do with it.
            Err(error) => {
                console.complain(explain(&error));
                verdict = Verdict::Found;
            }
        }
    }
    Ok(verdict)
}

fn named(key: &str, schema: Option<&SchemaName>) -> Result<SchemaName> {
    match schema {
        Some(schema) => Ok(schema.clone()),
        None => Ok(SchemaName::new(key)?),
    }
}

fn show(
    sql: &[String],
    shared: &SchemaName,
    tenant: Option<&SchemaName>,
    console: &mut Console<'_>,
) -> Result<()> {
    console.line(format_args!("-- {}", tenant.unwrap_or(shared)));
    for statement in sql {
        let slots = Slots { shared, tenant };
        console.line(format_args!("{};", fill(statement, &slots)?));
    }
    Ok(())
}
