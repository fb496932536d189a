//! `tenants`: the registry and the life of tenants.

use postgres::Client;

use super::Verdict;
use super::args::Tenants;
use super::confirm::confirm;
use super::output::{Console, TextTable, moment};
use super::project::Project;
use super::select::{SelectArgs, TagChange};
use super::tenant_row::with_row;
use crate::error::Result;
use crate::name::TenantKey;
use crate::scope::Options;
use crate::tenant::{self, NewTenant};

pub(super) fn run(
    project: &Project,
    command: Tenants,
    console: &mut Console<'_>,
) -> Result<Verdict> {
    match command {
        Tenants::Create {
            key,
            schema,
            tags,
            values,
        } => {
            let mut new = tags.into_iter().fold(NewTenant::new(&key), NewTenant::tag);
            if let Some(schema) = schema {
                new = new.schema(schema);
            }
            create(project, with_row(project, new, &values)?, console)?;
        }
        Tenants::List { select, format } => list(project, &select, format.json, console)?,
        Tenants::Show { key, format } => show(project, &key, format.json, console)?,
        Tenants::Suspend { key } => {
            let tenant = tenant::suspend(&mut project.connect()?, &key)?;
            console.line(format_args!("the tenant `{}` is suspended", tenant.key()));
        }
        Tenants::Resume { key } => {
            let tenant = tenant::resume(&mut project.connect()?, &key)?;
            console.line(format_args!("the tenant `{}` is active", tenant.key()));
        }
        Tenants::Tag { key, changes } => tag(project, &key, &changes, console)?,
        Tenants::Rename { key, new } => {
            let tenant = tenant::rename_key(&mut project.connect()?, &key, &new)?;
            console.line(format_args!(
                "the tenant `{key}` is now `{new}`; its schema is still `{}`",
                tenant.schema()
            ));
        }
        Tenants::Drop { key, yes } => drop(project, &key, yes, console)?,
    }
    Ok(Verdict::Fine)
}

fn create(project: &Project, new: NewTenant, console: &mut Console<'_>) -> Result<()> {
    let tenant = if new.row().is_some() {
        let db = project.open_database(Options::default())?;
        db.tenants().create(new)?
    } else {
        tenant::create(&mut project.connect()?, &new)?
    };
    console.line(format_args!(
        "created the tenant `{}` in the schema `{}`, at version {}",
        tenant.key(),
        tenant.schema(),
        tenant.version()
    ));
    Ok(())
}

fn list(
    project: &Project,
    select: &SelectArgs,
    json: bool,
    console: &mut Console<'_>,
) -> Result<()> {
    let mut client = project.connect()?;
    let filter = select.filter()?;
    let reach = reach(project, &mut client)?;
    let tenants = tenant::list_within(&mut client, &filter, reach)?;
    if json {
        console.json(&tenants);
    } else if tenants.is_empty() && select.is_all()? {
        console.line("there are no tenants yet: `tenants create KEY` makes one");
    } else if tenants.is_empty() {
        console.line("there are no such tenants");
    } else {
        let mut table = TextTable::new(["KEY", "SCHEMA", "STATE", "VERSION", "CREATED", "TAGS"]);
        for tenant in &tenants {
            table.row([
                tenant.key().to_string(),
                tenant.schema().to_string(),
                tenant.state().to_string(),
                tenant.version().to_string(),
                moment(tenant.created_at()),
                tenant.tags().join(" "),
            ]);
        }
        console.line(table);
    }
    Ok(())
}

fn show(project: &Project, key: &TenantKey, json: bool, console: &mut Console<'_>) -> Result<()> {
    let mut client = project.connect()?;
    let reach = reach(project, &mut client)?;
    let tenant = tenant::get_within(&mut client, key, reach)?;
    if json {
        console.json(&tenant);
        return Ok(());
    }
    let mut table = TextTable::new(["key", key.as_str()]);
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("schema", tenant.schema().to_string());
    row("state", tenant.state().to_string());
    row("version", tenant.version().to_string());
    row("created", moment(tenant.created_at()));
    if !tenant.tags().is_empty() {
        row("tags", tenant.tags().join(" "));
    }
    if let Some(error) = tenant.last_error() {
        row("failed", error.to_owned());
    }
    console.line(table);
    Ok(())
}

/// How far migrations lead tenants. A folder that can't be read is the matter of other commands: then as far as anybody
/// was to be brought.
fn reach(project: &Project, client: &mut Client) -> Result<i32> {
    match project.chain_or_empty() {
        Ok(chain) if !chain.migrations().is_empty() => project.migrator(chain).on(client).reach(),
        _ => Ok(i32::MAX),
    }
}

fn tag(
    project: &Project,
    key: &TenantKey,
    changes: &[TagChange],
    console: &mut Console<'_>,
) -> Result<()> {
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for change in changes {
        match change {
            TagChange::Add(tag) => add.push(tag),
            TagChange::Remove(tag) => remove.push(tag),
        }
    }
    let tenant = tenant::tag(&mut project.connect()?, key, &add, &remove)?;
    if tenant.tags().is_empty() {
        console.line(format_args!("the tenant `{key}` has no tags"));
    } else {
        let tags = tenant.tags().join("`, `");
        console.line(format_args!("the tenant `{key}` has the tags `{tags}`"));
    }
    Ok(())
}

fn drop(project: &Project, key: &TenantKey, yes: bool, console: &mut Console<'_>) -> Result<()> {
    let mut client = project.connect()?;
    let tenant = tenant::get(&mut client, key)?;
    if !yes {
        let what = format!(
            "this drops the tenant `{key}` and its schema `{}` with all its data, for good",
            tenant.schema()
        );
        confirm(console, &what, key.as_str())?;
    }
    tenant::drop(&mut client, key)?;
    console.line(format_args!("dropped the tenant `{key}`"));
    Ok(())
}
