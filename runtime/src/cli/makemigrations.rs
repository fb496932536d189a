//! `makemigrations`: from changed models to SQL files.

use super::Verdict;
use super::answers;
use super::make_args::MakeMigrations;
use super::output::Console;
use super::project::Project;
use crate::error::Result;
use crate::migrate::{NewMigration, NewMigrations, Phase, make_empty, make_with};
use crate::structure::Change;

pub(super) fn run(
    project: &Project,
    args: &MakeMigrations,
    console: &mut Console<'_>,
) -> Result<Verdict> {
    let chain = project.chain_or_empty()?;
    let name = args.name.as_deref();
    let new = match name {
        Some(name) if args.empty => Some(make_empty(&chain, name)?),
        _ if args.check => {
            let (models, choices) = (project.models()?, answers::given(args)?);
            if let Some(open) = answers::left_open(&models, &chain, &choices)? {
                console.line(open);
                return Ok(Verdict::Found);
            }
            make_with(&models, &chain, name, &choices)?
        }
        _ => {
            let models = project.models()?;
            let choices = answers::settle(&models, &chain, answers::given(args)?, console)?;
            make_with(&models, &chain, name, &choices)?
        }
    };
    let Some(new) = new else {
        console.line("nothing has changed: the migrations lead to the models");
        return Ok(Verdict::Fine);
    };
    for migration in new.migrations() {
        show_operations(migration, console);
    }
    if args.check {
        return Ok(Verdict::Found);
    }
    if args.dry_run {
        show_files(project, &new, console);
    } else {
        write(project, &new, console)?;
        console.line(if args.empty {
            "write the SQL into these files, then apply it with `migrate`"
        } else {
            "review the SQL, then apply it with `migrate`"
        });
    }
    Ok(Verdict::Fine)
}

fn show_operations(migration: &NewMigration, console: &mut Console<'_>) {
    if migration.operations().is_empty() {
        return;
    }
    let later = match migration.phase() {
        Phase::Backfill => " (backfill)",
        Phase::Contract => " (contract)",
        _ => "",
    };
    console.line(format_args!("{}{later}:", migration.id()));
    for op in migration.operations() {
        let loss = match &op.change {
            Change::DropColumn { column, fill: None } if !column.has_value() => format!(
                " (loses data, and can't be taken back where there are rows, unless `--fill \"{}.{}=…\"` says what they get)",
                op.table, column.name
            ),
            change if change.loses_data() => " (loses data)".to_owned(),
            _ => String::new(),
        };
        console.line(format_args!("  {op}{loss}"));
    }
}

fn show_files(project: &Project, new: &NewMigrations, console: &mut Console<'_>) {
    for migration in new.migrations() {
        let folder = project.migrations().join(migration.id());
        for (name, text) in migration.files() {
            let path = folder.join(name);
            if path.extension().is_some_and(|extension| extension == "sql") {
                console.line(format_args!("\n-- {}", path.display()));
                console.text(text);
            }
        }
    }
}

fn write(project: &Project, new: &NewMigrations, console: &mut Console<'_>) -> Result<()> {
    console.line("written:");
    for path in new.write(project.migrations())? {
        console.line(format_args!("  {}", path.display()));
    }
    Ok(())
}
